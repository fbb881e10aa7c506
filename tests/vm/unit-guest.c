/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that lie, stop and die. This program is its own QEMU: started as one
 * it plays a script on the descriptors that kc hands down.
 */
#include "vm/exec.h"
#include "vm/guest.h"
#include "../unit.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS 10 /* far more than a healthy case takes */

enum ending { STAYS, HANGS_UP, EXITS, ABORTS };

struct script {
	const char *name;
	const char *qmp; /* said on the monitor, or NULL */
	const char *stderr_text;
	enum ending ending;
	struct {
		enum kc_frame_type type;
		const char *payload;
		int len; /* -1: a header with an absurd length */
	} frames[8];
};

#define READY KC_READY, "\3\0\0\0006.12", 9
#define OK KC_OK, "", 0

/* kc's first commands are qmp_capabilities and query-status: a STOP brings about the third. */
#define STOP(state)               \
	"{\"event\": \"STOP\"}\n" \
	"{\"id\": 3, \"return\": {\"running\": false, \"status\": \"" state "\"}}\n"
#define DRIVES(status)                                                                             \
	"{\"id\": 4, \"return\": [{\"device\": \"c\", \"io-status\": \"ok\"}, "                    \
	"{\"device\": \"d\", \"io-status\": \"" status "\", \"inserted\": {\"file\": \"/d.raw\"}}" \
	"]}\n"
#define IO_ERROR(action, nospace, reason)                                                      \
	"{\"event\": \"BLOCK_IO_ERROR\", \"data\": {\"device\": \"d\", \"node-name\": \"n\", " \
	"\"operation\": \"write\", \"action\": \"" action "\", \"nospace\": " nospace ", "     \
	"\"reason\": \"" reason "\"}}\n"

static const struct script scripts[] = {
	{.name = "silent"},
	{.name = "good",
	 .frames = {{READY},
		    {READY},
		    {OK},
		    {KC_KMSG, "6,1,5,-;", 8},
		    {KC_STDERR, "# said\n", 7},
		    {KC_KMSG, "log\n", 4},
		    {KC_EXIT, "\7\0\0\0", 4}}},
	{.name = "begins wrong", .frames = {{OK}}},
	{.name = "other version", .frames = {{KC_READY, "\x63\0\0\0x", 6}}},
	{.name = "short ready", .frames = {{KC_READY, "\1", 1}}},
	{.name = "refuses setup", .frames = {{READY}, {KC_ERROR, "no\033[2J", 7}}},
	{.name = "absurd length", .frames = {{READY}, {OK}, {KC_STDOUT, "", -1}}},
	{.name = "a host's frame", .frames = {{READY}, {OK}, {KC_EXEC, "", 0}}},
	{.name = "strange exit", .frames = {{READY}, {OK}, {KC_EXIT, "\0\1\0\0", 4}}},
	{.name = "short exit", .frames = {{READY}, {OK}, {KC_EXIT, "\0", 1}}},
	{.name = "too much input", .frames = {{READY}, {OK}, {KC_STDIN_ACK, "\1\0\0\0", 4}}},
	{.name = "data in a run", .frames = {{READY}, {OK}, {KC_DATA, "x", 1}}},
	{.name = "starts anew", .frames = {{READY}, {OK}, {READY}}},
	{.name = "endless text", .frames = {{READY}, {OK}, {KC_ERROR, "no nul", 6}}},
	{.name = "stops", .frames = {{READY}, {OK}}},
	{.name = "hangs up", .ending = HANGS_UP, .frames = {{READY}, {OK}}},
	{.name = "panics",
	 .ending = EXITS,
	 .frames = {{READY}, {OK}},
	 .qmp = "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, "
		"\"reason\": \"guest-panic\"}}\r\n"},
	{.name = "powers off",
	 .ending = EXITS,
	 .frames = {{READY}, {OK}},
	 .qmp = "nonsense\n[1]\n{\"event\": 5}\n{}\n{\"event\": \"SHUTDOWN\", "
		"\"data\": {\"guest\": true, \"reason\": \"guest-shutdown\"}}\n"},
	{.name = "no space",
	 .frames = {{READY}, {OK}},
	 .qmp = IO_ERROR("stop", "true", "No space left on device") STOP("io-error")
		 DRIVES("nospace")},
	{.name = "no space, untold",
	 .frames = {{READY}, {OK}},
	 .qmp = STOP("io-error") DRIVES("nospace")},
	{.name = "an I/O error",
	 .frames = {{READY}, {OK}},
	 .qmp = IO_ERROR("report", "false", "another")
		 IO_ERROR("stop", "false", "Input/output error") STOP("io-error") DRIVES("failed")},
	{.name = "a reported error",
	 .frames = {{READY}, {OK}},
	 .qmp = IO_ERROR("report", "false", "another")},
	{.name = "goes on",
	 .frames = {{READY}, {OK}},
	 .qmp = STOP("io-error") "{\"event\": \"RESUME\"}\n" DRIVES("nospace")},
	{.name = "internal error", .frames = {{READY}, {OK}}, .qmp = STOP("internal-error")},
	{.name = "watchdog pauses",
	 .frames = {{READY}, {OK}},
	 .qmp = "{\"event\": \"WATCHDOG\", \"data\": {\"action\": \"pause\"}}\n" STOP("watchdog")},
	{.name = "watchdog resets",
	 .ending = EXITS,
	 .frames = {{READY}, {OK}},
	 .qmp = "{\"event\": \"WATCHDOG\", \"data\": {\"action\": \"reset\"}}\n"
		"{\"event\": \"SHUTDOWN\", \"data\": {\"reason\": \"guest-reset\"}}\n"},
	{.name = "watchdog powers off",
	 .ending = EXITS,
	 .frames = {{READY}, {OK}},
	 .qmp = "{\"event\": \"WATCHDOG\", \"data\": {\"action\": \"poweroff\"}}\n"},
	{.name = "panics and stays",
	 .frames = {{READY}, {OK}},
	 .qmp = "{\"event\": \"GUEST_PANICKED\", \"data\": {\"action\": \"pause\"}}\n" STOP(
		 "guest-panicked")},
	{.name = "ends and stays", .frames = {{READY}, {OK}}, .qmp = STOP("shutdown")},
	{.name = "is paused", .frames = {{READY}, {OK}}, .qmp = STOP("paused")},
	{.name = "is saved", .frames = {{READY}, {OK}}, .qmp = STOP("finish-migrate")},
	{.name = "never started",
	 .qmp = "{\"id\": 2, \"return\": {\"running\": false, \"status\": \"prelaunch\"}}\n"},
	{.name = "aborts", .ending = ABORTS, .frames = {{READY}, {OK}}},
	{.name = "no such device",
	 .ending = EXITS,
	 .stderr_text = "qemu: -device foo: 'foo' is not a valid device model name\n"},
	{.name = "gives a file",
	 .frames = {{READY}, {OK}, {KC_DATA, "wh", 2}, {KC_DATA, "ole", 3}, {KC_EOF, "", 0}}},
	{.name = "gives two files",
	 .frames = {{READY},
		    {OK},
		    {KC_DATA, "fir", 3},
		    {KC_DATA, "st", 2},
		    {KC_EOF, "", 0},
		    {KC_STDOUT, "late", 4},
		    {KC_DATA, "second", 6},
		    {KC_EOF, "", 0}}},
	{.name = "gives half a file",
	 .ending = HANGS_UP,
	 .frames = {{READY}, {OK}, {KC_DATA, "half", 4}}},
	{.name = "refuses a file", .frames = {{READY}, {OK}, {KC_ERROR, "none", 5}}},
};

static void say(int fd, const void *data, size_t len)
{
	if (write(fd, data, len) != (ssize_t)len)
		_exit(99);
}

static void say_frame(enum kc_frame_type type, const char *payload, int len)
{
	struct kc_frame header = {.magic = KC_FRAME_MAGIC, .type = type, .len = len};

	say(MACHINE_FD_AGENT, &header, sizeof(header));
	if (len > 0)
		say(MACHINE_FD_AGENT, payload, len);
}

static void flood(void)
{
	static char payload[KC_FRAME_MAX] = "#";

	say_frame(KC_READY,
		  "\3\0\0\0"
		  "6.12",
		  9);
	say_frame(KC_OK, "", 0);
	for (;;)
		say_frame(KC_STDERR, payload, 0);
}

static void wait_for_quit(void)
{
	char said[1024];
	ssize_t n;

	while ((n = read(MACHINE_FD_QMP, said, sizeof(said) - 1)) > 0) {
		said[n] = '\0';
		if (strstr(said, "\"quit\""))
			_exit(0);
	}
	_exit(97);
}

static void play(const struct script *script)
{
	for (size_t i = 0; i < G_N_ELEMENTS(script->frames) && script->frames[i].type; i++)
		say_frame(script->frames[i].type, script->frames[i].payload, script->frames[i].len);
	if (script->stderr_text)
		say(STDERR_FILENO, script->stderr_text, strlen(script->stderr_text));
	if (script->qmp)
		say(MACHINE_FD_QMP, script->qmp, strlen(script->qmp));
	if (script->ending == ABORTS)
		abort();
	if (script->ending == EXITS)
		_exit(script->stderr_text ? 1 : 0);
	if (script->ending == HANGS_UP)
		close(MACHINE_FD_AGENT);
	wait_for_quit();
}

/* The channels are not blocking, and this QEMU has nothing else to do. */
static int act_as_qemu(void)
{
	const char *name = getenv("KC_UNIT_SCRIPT");

	g_unix_set_fd_nonblocking(MACHINE_FD_AGENT, FALSE, NULL);
	g_unix_set_fd_nonblocking(MACHINE_FD_QMP, FALSE, NULL);
	if (g_str_equal(name, "flood"))
		flood();
	for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++)
		if (g_str_equal(scripts[i].name, name))
			play(&scripts[i]);
	return 98;
}

static char *self;

static struct vm *start(const char *script)
{
	const struct machine machine = {
		.qemu = self,
		.smp = 1,
		.memory_mib = 1,
		.kernel = "none",
	};
	struct vm *vm;

	g_setenv("KC_UNIT_SCRIPT", script, TRUE);
	vm = vm_start(&machine, -1, -1, NULL);
	assert_non_null(vm);
	return vm;
}

/* Up to the point where files and commands can be given. */
static struct vm *start_ready(const char *script)
{
	struct vm *vm = start(script);

	assert_true(guest_wait_ready(vm, SECONDS, LOOP_NEVER, NULL));
	assert_true(guest_setup(vm, loop_deadline(SECONDS), NULL));
	return vm;
}

static const char *const argv[] = {"true", NULL};

static void run_refused(const char *script, double seconds, enum status status, const char *words)
{
	struct vm *vm = start_ready(script);
	const struct exec exec = {.argv = argv};
	GError *error = NULL;
	int exit_status;

	assert_false(exec_run(vm, &exec, loop_deadline(seconds), &exit_status, &error));
	assert_refused(error, status, words);
	vm_stop(vm);
}

static void keep(const char *records, size_t len, struct stalls *stalls, void *log)
{
	(void)stalls;
	g_string_append_len(log, records, len);
}

static void a_command_returns_its_status(void **state)
{
	g_autoptr(GString) log = g_string_new("");
	struct vm *vm = start("good");
	const struct exec exec = {.argv = argv};
	int status = 0;

	(void)state;
	vm_watch_kmsg(vm, keep, log);
	assert_true(guest_wait_ready(vm, SECONDS, LOOP_NEVER, NULL));
	assert_true(guest_setup(vm, loop_deadline(SECONDS), NULL));
	assert_true(exec_run(vm, &exec, loop_deadline(SECONDS), &status, NULL));
	assert_int_equal(status, 7);
	assert_string_equal(log->str, "6,1,5,-;log\n");
	vm_stop(vm);
}

static void boot_refused(const char *script, double seconds, enum status status, const char *words)
{
	struct vm *vm = start(script);
	GError *error = NULL;

	assert_false(guest_wait_ready(vm, seconds, LOOP_NEVER, &error));
	assert_refused(error, status, words);
	vm_stop(vm);
}

static void a_guest_that_does_not_come_up(void **state)
{
	(void)state;
	boot_refused("silent", 0.2, STATUS_NEVER_BOOTED, "0.2 s");
	boot_refused("begins wrong", SECONDS, STATUS_AGENT_LOST, "OK instead of READY");
	boot_refused("other version", SECONDS, STATUS_AGENT_LOST, "version 99");
	boot_refused("short ready", SECONDS, STATUS_AGENT_LOST, "version 0");
}

static void a_qemu_that_does_not_start(void **state)
{
	(void)state;
	boot_refused("no such device", SECONDS, STATUS_QEMU_DIED, "does not know the device 'foo'");
}

static void a_guest_that_refuses_setup(void **state)
{
	struct vm *vm = start("refuses setup");
	GError *error = NULL;

	(void)state;
	assert_true(guest_wait_ready(vm, SECONDS, LOOP_NEVER, NULL));
	assert_false(guest_setup(vm, loop_deadline(SECONDS), &error));
	assert_null(strchr(error->message, '\033'));
	assert_refused(error, STATUS_NOT_CARRIED, "SETUP");
	vm_stop(vm);
}

static void an_agent_that_speaks_nonsense(void **state)
{
	static const struct {
		const char *script, *words;
	} cases[] = {
		{"absurd length", "4294967295 bytes"},
		{"a host's frame", "EXEC"},
		{"strange exit", "256"},
		{"short exit", "1 bytes"},
		{"too much input", "1 bytes of input"},
		{"data in a run", "DATA"},
		{"starts anew", "restarted"},
		{"endless text", "NUL"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		run_refused(cases[i].script, SECONDS, STATUS_AGENT_LOST, cases[i].words);
}

static void an_agent_that_goes_away(void **state)
{
	(void)state;
	run_refused("hangs up", SECONDS, STATUS_AGENT_LOST, "ended");
	run_refused("powers off", SECONDS, STATUS_AGENT_LOST, "powered off");
	run_refused("panics", SECONDS, STATUS_PANIC, "panicked");
	run_refused("aborts", SECONDS, STATUS_QEMU_DIED, "signal 6");
}

static void an_agent_that_never_ends(void **state)
{
	(void)state;
	run_refused("stops", 0.2, STATUS_HANG, "time limit");
	run_refused("flood", 0.3, STATUS_HANG, "time limit");
}

static void a_machine_that_qemu_stopped(void **state)
{
	static const struct {
		const char *script, *words;
		enum status status;
	} cases[] = {
		{"no space", "QEMU stopped the machine: no space for drive d (/d.raw)",
		 STATUS_STOPPED},
		{"no space, untold", "no space for drive d (/d.raw)", STATUS_STOPPED},
		{"an I/O error", "a write of drive d (/d.raw) failed: Input/output error",
		 STATUS_STOPPED},
		{"internal error", "an internal error of QEMU's", STATUS_STOPPED},
		{"watchdog pauses", "watchdog", STATUS_STOPPED},
		{"watchdog resets", "watchdog in time, which ended it", STATUS_STOPPED},
		{"watchdog powers off", "watchdog in time, which ended it", STATUS_STOPPED},
		{"panics and stays", "the guest kernel panicked", STATUS_PANIC},
		{"ends and stays", "powered off or rebooted", STATUS_AGENT_LOST},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		run_refused(cases[i].script, SECONDS, cases[i].status, cases[i].words);
}

/* Only who stopped it can say when it goes on: that is no verdict, but an explanation. */
static void a_machine_that_is_held(void **state)
{
	(void)state;
	run_refused("is paused", 0.2, STATUS_HANG, "ended; the machine is paused, by a monitor");
	run_refused("is saved", 0.2, STATUS_HANG, "being saved");
	boot_refused("never started", 0.2, STATUS_NEVER_BOOTED, "QEMU has not started the machine");
}

static void a_machine_that_runs_is_not_stopped(void **state)
{
	static const char *const names[] = {"goes on", "a reported error"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct vm *vm = start_ready(names[i]);
		const struct exec exec = {.argv = argv};
		g_autoptr(GError) error = NULL;
		int status;

		assert_false(exec_run(vm, &exec, loop_deadline(0.2), &status, &error));
		assert_int_equal(error->code, STATUS_HANG);
		assert_null(vm_stands(vm));
		assert_null(strstr(error->message, "QEMU"));
		vm_stop(vm);
	}
}

static gboolean send_term(void *data)
{
	(void)data;
	raise(SIGTERM);
	return G_SOURCE_REMOVE;
}

/* @signals of them, half a second apart; returns how long it took. */
static double interrupt(const char *script, bool passed_on, guint signals, int *code)
{
	struct vm *vm = start_ready(script);
	const struct exec exec = {.argv = argv, .signals = passed_on};
	gint64 begin = g_get_monotonic_time();
	g_autoptr(GError) error = NULL;
	int status = 0;

	for (guint i = 0; i < signals; i++)
		g_timeout_add(500 * (i + 1), send_term, NULL);
	assert_false(exec_run(vm, &exec, LOOP_NEVER, &status, &error));
	*code = error->code;
	vm_stop(vm);
	loop_take_signal();
	loop_signal_answered();
	return (g_get_monotonic_time() - begin) / 1e6;
}

static void a_signal_that_is_not_answered(void **state)
{
	double took;
	int code;

	(void)state;
	loop_catch_signals();
	took = interrupt("stops", true, 1, &code);
	assert_int_equal(code, 128 + SIGTERM);
	assert_true(took >= EXEC_GRACE_SECONDS && took < LOOP_ANSWER_SECONDS);
	took = interrupt("stops", true, 2, &code);
	assert_int_equal(code, 128 + SIGTERM);
	assert_true(took < EXEC_GRACE_SECONDS);
	took = interrupt("stops", false, 1, &code);
	assert_int_equal(code, 128 + SIGTERM);
	assert_true(took < EXEC_GRACE_SECONDS);
}

/* No command of QEMU's monitor swallows it. */
static void a_signal_ends_a_call(void **state)
{
	struct vm *vm = start_ready("stops");
	g_autoptr(GError) error = NULL;

	(void)state;
	loop_catch_signals();
	raise(SIGHUP);
	assert_null(qmp_call(vm_qmp(vm), "query-status", NULL, &error));
	assert_int_equal(error->code, 128 + SIGHUP);
	assert_int_equal(loop_take_signal(), SIGHUP);
	loop_signal_answered();
	vm_stop(vm);
}

static char *in_tmp(const char *name)
{
	return g_strdup_printf("%s/kc-unit-%d-%s", g_get_tmp_dir(), getpid(), name);
}

static void a_file_is_got_whole(void **state)
{
	struct vm *vm = start_ready("gives a file");
	g_autofree char *path = in_tmp("whole");
	g_autofree char *text = NULL;

	(void)state;
	assert_true(guest_get(vm, "/x", path, loop_deadline(SECONDS), NULL));
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, "whole");
	unlink(path);
	vm_stop(vm);
}

/* What the host cannot keep is read all the same: behind it comes another file. */
static void a_file_that_cannot_be_written_is_passed(void **state)
{
	struct vm *vm = start_ready("gives two files");
	g_autofree char *path = in_tmp("second");
	g_autofree char *text = NULL;
	GError *error = NULL;

	(void)state;
	assert_false(guest_get(vm, "/x", "/dev/full", loop_deadline(SECONDS), &error));
	assert_refused(error, STATUS_NOT_CARRIED, "/dev/full");
	assert_true(guest_get(vm, "/y", path, loop_deadline(SECONDS), NULL));
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_string_equal(text, "second");
	unlink(path);
	vm_stop(vm);
}

static void a_file_is_not_got_by_half(void **state)
{
	static const struct {
		const char *script, *words;
		enum status status;
	} cases[] = {
		{"gives half a file", "ended", STATUS_AGENT_LOST},
		{"refuses a file", "none", STATUS_NOT_CARRIED},
		{"starts anew", "READY", STATUS_AGENT_LOST},
	};
	g_autofree char *path = in_tmp("half");

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct vm *vm = start_ready(cases[i].script);
		GError *error = NULL;

		assert_false(guest_get(vm, "/x", path, loop_deadline(SECONDS), &error));
		assert_refused(error, cases[i].status, cases[i].words);
		assert_int_equal(access(path, F_OK), -1);
		vm_stop(vm);
	}
}

/* Nobody takes the data, and the answer is no. */
static void a_put_that_is_refused_ends(void **state)
{
	struct vm *vm = start_ready("refuses a file");
	GError *error = NULL;

	(void)state;
	assert_false(guest_put(vm, self, "/x", loop_deadline(SECONDS), &error));
	assert_refused(error, STATUS_NOT_CARRIED, "none");
	assert_false(guest_put(vm, "/dev/zero", "/x", loop_deadline(SECONDS), &error));
	assert_refused(error, STATUS_NOT_CARRIED, "not a regular file");
	vm_stop(vm);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_command_returns_its_status),
	cmocka_unit_test(a_guest_that_does_not_come_up),
	cmocka_unit_test(a_qemu_that_does_not_start),
	cmocka_unit_test(a_guest_that_refuses_setup),
	cmocka_unit_test(an_agent_that_speaks_nonsense),
	cmocka_unit_test(an_agent_that_goes_away),
	cmocka_unit_test(an_agent_that_never_ends),
	cmocka_unit_test(a_machine_that_qemu_stopped),
	cmocka_unit_test(a_machine_that_is_held),
	cmocka_unit_test(a_machine_that_runs_is_not_stopped),
	cmocka_unit_test(a_signal_that_is_not_answered),
	cmocka_unit_test(a_signal_ends_a_call),
	cmocka_unit_test(a_file_is_got_whole),
	cmocka_unit_test(a_file_that_cannot_be_written_is_passed),
	cmocka_unit_test(a_file_is_not_got_by_half),
	cmocka_unit_test(a_put_that_is_refused_ends),
};

int main(int argc, char **words)
{
	if (argc > 1 && g_str_equal(words[1], "-nodefaults"))
		return act_as_qemu();
	self = realpath(words[0], NULL);
	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
