/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() */
#include "lab/accel.h"
#include "base/loop.h"
#include "lab/probe-rom.h"
#include "base/spawn.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define TRIAL_SECONDS 2
#define ROM_FD 3

bool accel_option(const char *value, void *field, GError **error)
{
	static const char *const names[] = {"auto", "kvm", "tcg"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_str_equal(value, names[i])) {
			*(enum accel_choice *)field = i;
			return true;
		}
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is neither auto, kvm nor tcg", value);
	return false;
}

static int rom_fd(void)
{
	g_autofree guint8 *rom = g_malloc(PROBE_ROM_BYTES);
	int fd = memfd_create("kc-probe-rom", MFD_CLOEXEC);

	probe_rom_fill(rom);
	if (fd >= 0 && write(fd, rom, PROBE_ROM_BYTES) == PROBE_ROM_BYTES)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void on_child_exit(GObject *child, GAsyncResult *result, void *data)
{
	g_subprocess_wait_finish(G_SUBPROCESS(child), result, NULL);
	*(bool *)data = true;
}

static bool has_exited(void *data)
{
	return *(bool *)data;
}

/* What QEMU complained of: its first line that is no warning. */
static char *complaint(GSubprocess *child)
{
	GInputStream *stream = g_subprocess_get_stderr_pipe(child);
	char text[4096] = "";
	gsize len = 0;
	g_auto(GStrv) lines = NULL;

	g_input_stream_read_all(stream, text, sizeof(text) - 1, &len, NULL, NULL);
	text[len] = '\0';
	lines = g_strsplit(text, "\n", -1);
	for (int i = 0; lines[i]; i++) {
		const char *message = strstr(lines[i], ": ");

		if (message && !strstr(message, "warning"))
			return g_strdup(message + 2);
	}
	return g_strdup("it said nothing");
}

static char *judge_trial(GSubprocess *child)
{
	g_autofree char *said = NULL;

	if (g_subprocess_get_if_exited(child) &&
	    g_subprocess_get_exit_status(child) == PROBE_ROM_STATUS)
		return NULL;
	said = complaint(child);
	if (g_subprocess_get_if_signaled(child))
		return g_strdup_printf("QEMU died of signal %d in a trial: %s",
				       g_subprocess_get_term_sig(child), said);
	return g_strdup_printf("QEMU failed in a trial: %s", said);
}

static char *run_trial(GSubprocess *child)
{
	bool exited = false;
	enum loop_end end;

	g_subprocess_wait_async(child, NULL, on_child_exit, &exited);
	end = loop_until(has_exited, &exited, loop_deadline(TRIAL_SECONDS));
	if (end == LOOP_DONE)
		return judge_trial(child);
	g_subprocess_force_exit(child);
	while (!exited)
		g_main_context_iteration(NULL, TRUE);
	return g_strdup_printf("a guest's first instructions did not finish within %d s",
			       TRIAL_SECONDS);
}

/* A QEMU that aborts in a trial is expected and leaves no core behind. */
static GSubprocess *spawn_coreless(const char *const *argv, const struct spawn_fd *fd,
				   GError **error)
{
	struct rlimit limit;
	GSubprocess *child;
	rlim_t soft;

	getrlimit(RLIMIT_CORE, &limit);
	soft = limit.rlim_cur;
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_CORE, &limit);
	child = spawn(argv, NULL, fd, 1, error);
	limit.rlim_cur = soft;
	setrlimit(RLIMIT_CORE, &limit);
	return child;
}

/* Why KVM cannot be opened; NULL: it can. */
static char *open_kvm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0 && errno == EACCES)
		return g_strdup("no permission for /dev/kvm: add yourself to its group");
	if (kvm < 0)
		return g_strdup_printf("/dev/kvm: %s", g_strerror(errno));
	close(kvm);
	return NULL;
}

/* Why KVM does not work; NULL: it does. */
static char *try_kvm(const char *qemu)
{
	const char *argv[] = {qemu,
			      "-nodefaults",
			      "-no-user-config",
			      "-display",
			      "none",
			      "-machine",
			      "q35",
			      "-accel",
			      "kvm",
			      "-cpu",
			      "host",
			      "-m",
			      "16M",
			      "-bios",
			      "/proc/self/fd/3",
			      "-device",
			      "isa-debug-exit,iobase=0xf4,iosize=1",
			      NULL};
	struct spawn_fd rom = {.theirs = ROM_FD};
	g_autoptr(GSubprocess) child = NULL;
	g_autoptr(GError) error = NULL;

	rom.ours = rom_fd();
	if (rom.ours < 0)
		return g_strdup_printf("no memory file for a trial: %s", g_strerror(errno));
	child = spawn_coreless(argv, &rom, &error);
	return child ? run_trial(child) : g_strdup(error->message);
}

/* Another boot of the host may bring other modules; another QEMU other bugs. */
static char *trial_key(const char *qemu)
{
	g_autofree char *boot = NULL;
	g_autofree char *build = lab_build_of(qemu);

	if (!build || !g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
		return NULL;
	return g_strdup_printf("%s %s", g_strstrip(boot), build);
}

/* The kept outcome is three lines: the key, kvm or tcg, and why. */
static bool recall(struct accel *accel, const char *file, const char *key)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!key || !g_file_get_contents(file, &text, NULL, NULL))
		return false;
	lines = g_strsplit(text, "\n", 4);
	if (g_strv_length(lines) != 4 || !g_str_equal(lines[0], key))
		return false;
	accel->kvm = g_str_equal(lines[1], "kvm");
	accel->why = g_strdup(lines[2]);
	return true;
}

/* A folder that cannot be written to only costs the next start its trial. */
static void keep(const struct accel *accel, const char *file, const char *key)
{
	g_autofree char *folder = g_path_get_dirname(file);
	g_autofree char *text = NULL;

	if (!key || g_mkdir_with_parents(folder, 0777) < 0)
		return;
	text = g_strdup_printf("%s\n%s\n%s\n", key, accel->kvm ? "kvm" : "tcg", accel->why);
	g_file_set_contents(file, text, -1, NULL);
}

static void find_out(struct accel *accel, const struct lab *lab, const char *qemu, bool fresh)
{
	g_autofree char *file = g_build_filename(lab->root, "build", "cache", "accel", NULL);
	g_autofree char *key = trial_key(qemu);
	char *obstacle = open_kvm();

	/* A permission comes and goes: only what a trial showed is kept. */
	accel->kvm = false;
	accel->why = obstacle;
	if (obstacle || (!fresh && recall(accel, file, key)))
		return;
	obstacle = try_kvm(qemu);
	accel->kvm = !obstacle;
	accel->why = obstacle ? obstacle : g_strdup("a trial guest ran");
	keep(accel, file, key);
}

bool accel_choose(struct accel *accel, enum accel_choice choice, const struct lab *lab,
		  const char *qemu, bool fresh, GError **error)
{
	const char *source = "--accel asks for it";
	const char *wish = g_getenv("KC_ACCEL");

	if (choice == ACCEL_AUTO && wish && *wish) {
		source = "KC_ACCEL asks for it";
		if (!accel_option(wish, &choice, error)) {
			g_prefix_error(error, "KC_ACCEL: ");
			return false;
		}
	}
	if (choice == ACCEL_AUTO) {
		find_out(accel, lab, qemu, fresh);
	} else {
		accel->kvm = choice == ACCEL_KVM;
		accel->why = g_strdup(source);
	}
	return true;
}
