// SPDX-License-Identifier: GPL-2.0-or-later
/* What the guest's kernel offers, and the virtio devices that it has. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "../agent/protocol.h"
#include "tracer.h"

#define DEVICES "/sys/bus/virtio/devices"

static void last_part_of_link(const char *path, char *part, size_t room)
{
	char target[512];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	const char *slash;

	target[n > 0 ? n : 0] = '\0';
	slash = strrchr(target, '/');
	snprintf(part, room, "%s", slash ? slash + 1 : target);
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
	fact("cpus %d", for_each_cpu(TRACEFS, NULL));
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

void look(char **names)
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
}
