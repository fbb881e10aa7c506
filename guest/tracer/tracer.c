// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's half of kc trace: says what the kernel offers, carries out what
 * kc has thought out, and afterwards hands over the kernel's ring buffer page
 * by page. While the traced command runs it does not.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../agent/protocol.h"
#include "dump.h"

#define TRACEFS "/sys/kernel/tracing"
#define DEVICES "/sys/bus/virtio/devices"
#define PORTS "/sys/class/virtio-ports"
#define PINGS 16

static void fail(const char *what)
{
	fprintf(stderr, "tracer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const void *data, size_t len)
{
	if (fwrite(data, 1, len, stdout) != len)
		fail("standard output");
}

static void put_block(enum kc_dump_kind kind, int cpu, const void *data, size_t len)
{
	struct kc_dump head = {KC_DUMP_MAGIC, kind, cpu, len};

	put(&head, sizeof(head));
	put(data, len);
}

__attribute__((format(printf, 1, 2))) static void fact(const char *format, ...)
{
	char line[1024];
	va_list values;

	va_start(values, format);
	vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	put_block(KC_DUMP_FACT, 0, line, strlen(line));
}

/* The whole of a small file; returns its length, or -1. */
static ssize_t slurp(const char *path, char *data, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (len < room - 1 && (n = read(fd, data + len, room - 1 - len)) > 0)
		len += n;
	close(fd);
	data[len] = '\0';
	return n < 0 ? -1 : (ssize_t)len;
}

/* A file's first line, without its end; "" where there is none. */
static void first_line(const char *path, char *line, size_t room)
{
	if (slurp(path, line, room) < 0)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static void last_part_of_link(const char *path, char *part, size_t room)
{
	char target[512];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	target[n > 0 ? n : 0] = '\0';
	slash = strrchr(target, '/');
	snprintf(part, room, "%s", slash ? slash + 1 : target);
}

/* Kernels without tracefs of its own have it in debugfs; both mount it on demand. */
static void mount_tracefs(void)
{
	if (access(TRACEFS "/trace_clock", F_OK) == 0)
		return;
	if (mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		fail("cannot mount tracefs, without which this kernel cannot be traced");
}

/* Also what a compiler made of one, such as NAME.isra.0; but not its unlikely part. */
static bool is_wanted(const char *name, char **names)
{
	for (; *names; names++) {
		size_t len = strlen(*names);

		if (!strncmp(*names, name, len) &&
		    (!name[len] || (name[len] == '.' && strcmp(name + len, ".cold"))))
			return true;
	}
	return false;
}

/* Lines are "NAME" or "NAME [MODULE]". Returns whether there are such at all. */
static bool tell_traceable(char **names)
{
	FILE *file = fopen(TRACEFS "/available_filter_functions", "re");
	char line[512], name[256];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%255s", name) == 1 && is_wanted(name, names))
			fact("function %s", name);
	fclose(file);
	return true;
}

/*
 * Lines are "ADDRESS TYPE NAME" or "ADDRESS TYPE NAME [MODULE]". By its address
 * a function can be probed that shares its name.
 */
static void tell_symbols(char **names, bool traceable)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], name[256], address[32], type;

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %c %255s", address, &type, name) != 3 ||
		    !strchr("tT", type) || !is_wanted(name, names))
			continue;
		if (!traceable)
			fact("function %s", name);
		fact("address %s %s", address, name);
	}
	fclose(file);
}

/* A kernel without the function tracer has kprobes all the same. */
static void tell_functions(char **names, bool by_name)
{
	bool traceable = tell_traceable(names);

	if (!traceable || !by_name)
		tell_symbols(names, traceable);
}

/* Returns whether the kernel takes names that several functions share. */
static bool tell_abilities(void)
{
	static char readme[65536];
	bool fprobe;

	if (slurp(TRACEFS "/README", readme, sizeof(readme)) < 0)
		fail(TRACEFS "/README");
	fprobe = strstr(readme, "f[:[<group>/]");
	if (fprobe)
		fact("fprobe");
	if (strstr(readme, "p[:[<group>/]"))
		fact("kprobe");
	if (strstr(readme, "kernel return probes support: $retval, $arg<N>"))
		fact("return-arguments");
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		fact("btf");
	if (access("/sys/kernel/btf/virtio_ring", R_OK) == 0)
		fact("btf-module");
	return fprobe;
}

static void tell_kernel(void)
{
	struct utsname name;
	char clock[64];

	uname(&name);
	first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", clock,
		   sizeof(clock));
	fact("release %s", name.release);
	fact("cpus %ld", sysconf(_SC_NPROCESSORS_CONF));
	fact("clocksource %s", *clock ? clock : "?");
}

/* Where the bus puts it: the last folder of the device's path but one. */
static void parent_name(const char *name, char *parent, size_t room)
{
	char path[512], target[512];
	char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), DEVICES "/%s", name);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	slash = strrchr(target, '/');
	if (slash)
		*slash = '\0';
	slash = strrchr(target, '/');
	snprintf(parent, room, "%s", slash ? slash + 1 : "?");
}

static void tell_device(const char *name)
{
	char path[512], id[32], features[128], parent[512], driver[512];

	snprintf(path, sizeof(path), DEVICES "/%s/device", name);
	first_line(path, id, sizeof(id));
	snprintf(path, sizeof(path), DEVICES "/%s/features", name);
	first_line(path, features, sizeof(features));
	snprintf(path, sizeof(path), DEVICES "/%s/driver", name);
	last_part_of_link(path, driver, sizeof(driver));
	parent_name(name, parent, sizeof(parent));
	fact("device %s %s %s %s %s", name, *id ? id : "0", parent, *features ? features : "-",
	     *driver ? driver : "-");
}

/* The device over which kc speaks with its agent is not to be traced. */
static void tell_port(const char *port)
{
	char path[512], name[64], device[512];

	snprintf(path, sizeof(path), PORTS "/%s/name", port);
	first_line(path, name, sizeof(name));
	if (strcmp(name, KC_PORT_NAME))
		return;
	snprintf(path, sizeof(path), PORTS "/%s/device", port);
	last_part_of_link(path, device, sizeof(device));
	fact("agent %s", device);
}

static void for_each_entry(const char *folder, void (*tell)(const char *))
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			tell(entry->d_name);
	if (dir)
		closedir(dir);
}

/* Lines of a table of the kernel's, such as /proc/interrupts, that name a virtio device. */
static void tell_lines(const char *path, const char *what, const char *pattern)
{
	FILE *file = fopen(path, "re");
	char line[4096];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, pattern))
			fact("%s %s", what, line);
	}
	if (file)
		fclose(file);
}

static int look(char **names)
{
	bool by_name;

	mount_tracefs();
	tell_kernel();
	by_name = tell_abilities();
	if (*names)
		tell_functions(names, by_name);
	for_each_entry(DEVICES, tell_device);
	for_each_entry(PORTS, tell_port);
	tell_lines("/proc/interrupts", "interrupt", "virtio");
	tell_lines("/proc/iomem", "memory", "LNRO0005");
	tell_lines("/proc/iomem", "memory", "virtio-mmio");
	put_block(KC_DUMP_END, 0, NULL, 0);
	return 0;
}

/* The kernel's own words for a probe that it would not take. */
static void print_error_log(void)
{
	static char log[65536];
	ssize_t n = slurp(TRACEFS "/error_log", log, sizeof(log));
	char *last = n > 0 ? strstr(log, "error:") : NULL;

	for (char *next = last; next; next = strstr(next + 1, "error:"))
		last = next;
	if (last)
		fprintf(stderr, "tracer: the kernel says: %s", last);
}

static int expect(const char *path, const char *text)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	bool holds = false;

	if (!file)
		return -1;
	while (!holds && fgets(line, sizeof(line), file))
		holds = strstr(line, text);
	fclose(file);
	if (!holds)
		fact("unseen");
	return 0;
}

static int write_file(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

static int load_module(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int failed = fd < 0 ? -1 : syscall(SYS_finit_module, fd, parameters, 0);

	if (fd >= 0)
		close(fd);
	return failed;
}

/*
 * One line of a script, in TRACEFS: "mkdir PATH", "rmdir PATH", "write PATH
 * TEXT" or "append PATH TEXT", or, with a whole path, "load PATH PARAMETERS";
 * with a '-' in front it may fail. "expect PATH TEXT" says whether it is not
 * there, and goes on.
 */
static int carry_out(char *line)
{
	bool may_fail = *line == '-';
	char *verb = strtok(line + may_fail, " ");
	char *name = strtok(NULL, " ");
	char *text = strtok(NULL, "");
	char path[512];
	int failed;

	if (!verb || !name)
		return 0;
	snprintf(path, sizeof(path), "%s%s", *name == '/' ? "" : TRACEFS "/", name);
	if (!strcmp(verb, "load"))
		failed = load_module(path, text ? text : "");
	else if (!strcmp(verb, "mkdir"))
		failed = mkdir(path, 0700);
	else if (!strcmp(verb, "rmdir"))
		failed = rmdir(path);
	else if (!strcmp(verb, "expect"))
		failed = expect(path, text ? text : "");
	else
		failed = write_file(path, text ? text : "",
				    strcmp(verb, "append") ? O_TRUNC : O_APPEND);
	if (!failed || may_fail)
		return 0;
	fprintf(stderr, "tracer: %s %s %s: %s\n", verb, path, text ? text : "", strerror(errno));
	print_error_log();
	return 1;
}

static int carry_out_all(const char *script)
{
	FILE *file = fopen(script, "re");
	char line[4096];

	if (!file)
		fail(script);
	mount_tracefs();
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (carry_out(line))
			return 1;
	}
	fclose(file);
	put_block(KC_DUMP_END, 0, NULL, 0);
	return 0;
}

static void dump_file(enum kc_dump_kind kind, int cpu, const char *path)
{
	static char data[KC_DUMP_MAX];
	ssize_t n = slurp(path, data, sizeof(data));

	if (n < 0)
		fail(path);
	put_block(kind, cpu, data, n);
}

static void dump_formats(const char *group)
{
	char path[512];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), TRACEFS "/events/%s", group);
	dir = opendir(path);
	if (!dir)
		fail(path);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), TRACEFS "/events/%s/%s/format", group, entry->d_name);
		if (entry->d_name[0] != '.' && access(path, R_OK) == 0)
			dump_file(KC_DUMP_FORMAT, 0, path);
	}
	closedir(dir);
}

/* Nothing is written any more: what is there is all. */
static void dump_pages(const char *folder, int cpu)
{
	static char page[KC_DUMP_MAX];
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/trace_pipe_raw", folder);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	while ((n = read(fd, page, sizeof(page))) > 0)
		put_block(KC_DUMP_PAGE, cpu, page, n);
	if (n < 0 && errno != EAGAIN)
		fail(path);
	close(fd);
}

static void dump_cpu(const char *instance, int cpu)
{
	char folder[256], path[512];

	snprintf(folder, sizeof(folder), TRACEFS "/instances/%s/per_cpu/cpu%d", instance, cpu);
	snprintf(path, sizeof(path), "%s/stats", folder);
	if (access(path, R_OK))
		return;
	dump_file(KC_DUMP_STATS, cpu, path);
	dump_pages(folder, cpu);
}

static int dump(const char *group, const char *instance)
{
	dump_file(KC_DUMP_PAGE_HEADER, 0, TRACEFS "/events/header_page");
	dump_formats(group);
	tell_lines(TRACEFS "/kprobe_profile", "profile", group);
	for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++)
		dump_cpu(instance, cpu);
	put_block(KC_DUMP_END, 0, NULL, 0);
	return 0;
}

static bool is_clock_port(const char *port)
{
	char path[512], name[64];

	snprintf(path, sizeof(path), PORTS "/%s/name", port);
	first_line(path, name, sizeof(name));
	return !strcmp(name, KC_CLOCK_PORT_NAME);
}

/*
 * A port that is opened or closed tells its device so, and the driver waits
 * for the answer without sleeping: no buffers are quicker, and the quickest say
 * most of the clocks.
 */
static void ping_port(const char *port)
{
	char path[512];

	if (!is_clock_port(port))
		return;
	snprintf(path, sizeof(path), "/dev/%s", port);
	for (int i = 0; i < PINGS; i++) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd < 0)
			fail(path);
		close(fd);
	}
}

static int ping(void)
{
	for_each_entry(PORTS, ping_port);
	return 0;
}

static void run_child(char **argv, const sigset_t *signals)
{
	sigprocmask(SIG_SETMASK, signals, NULL);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0],
		errno == ENOENT ? "not found in the guest" : strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/*
 * Signals go to the whole group: the command decides on them. Only SIGKILL ends
 * this process, whether or not the command dies of it.
 */
static int run(char **argv)
{
	sigset_t all, before;
	int status;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid)
		run_child(argv, &before);
	if (waitpid(pid, &status, 0) < 0)
		fail("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	int status = 2;

	if (argc >= 2 && !strcmp(argv[1], "look"))
		status = look(argv + 2);
	else if (argc == 3 && !strcmp(argv[1], "do"))
		status = carry_out_all(argv[2]);
	else if (argc == 2 && !strcmp(argv[1], "ping"))
		status = ping();
	else if (argc == 4 && !strcmp(argv[1], "dump"))
		status = dump(argv[2], argv[3]);
	else if (argc >= 3 && !strcmp(argv[1], "run"))
		status = run(argv + 2);
	else
		fprintf(stderr,
			"usage: tracer look FUNCTION... | do SCRIPT | ping | run COMMAND... "
			"| dump GROUP INSTANCE\n");
	if (fflush(stdout))
		fail("standard output");
	return status;
}
