// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What only the host can do to virtio-echo: send events, change the greeting,
 * plug and unplug, save and restore; each while the guest is in the middle of
 * something that checks every byte that comes back (echo_test's tools).
 */
#include "vm/exec.h"
#include "vm/guest.h"
#include "lab/lab.h"
#include "vm/launch.h"
#include "base/loop.h"
#include "vm/qmp.h"
#include "vm/vm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT_SECONDS 90

struct guest {
	struct launch_options options;
	struct launch launch;
	const char *devices[2];
	struct vm *vm;
	GString *output; /* of the command that runs */
	int status; /* of the last one; -1 while it runs */
};

static void must_at(bool ok, const GError *error, int line)
{
	if (!ok)
		fail_msg("line %d: %s", line, error ? error->message : "failed without a word");
}

/* Not a function: @error is what it is after @call. */
#define must(call, error)                      \
	do {                                   \
		bool ok_ = (call);             \
		must_at(ok_, error, __LINE__); \
	} while (0)

static void boot(struct guest *guest, enum transport transport, const char *device)
{
	GError *error = NULL;

	*guest = (struct guest){.options = {LAUNCH_DEFAULTS}, .output = g_string_new(NULL)};
	guest->devices[0] = device;
	guest->options.transport = transport;
	guest->options.devices = device ? guest->devices : NULL;
	guest->options.no_device = !device;
	must(launch_prepare(&guest->launch, &guest->options, &error), error);
	guest->vm = vm_start(&guest->launch.machine, -1, -1, &error);
	must(guest->vm, error);
	must(guest_wait_ready(guest->vm, 60, loop_deadline(60), &error), error);
}

static void end(struct guest *guest)
{
	vm_stop(guest->vm);
	launch_clear(&guest->launch);
	g_string_free(guest->output, TRUE);
}

/* Starts a shell command in the guest. */
static void begin(struct guest *guest, const char *command)
{
	struct kc_exec head = {.argc = 3};
	GByteArray *request = g_byte_array_new();

	g_byte_array_append(request, (const guint8 *)&head, sizeof(head));
	g_byte_array_append(request, (const guint8 *)"sh\0-c", 6);
	g_byte_array_append(request, (const guint8 *)command, strlen(command) + 1);
	g_byte_array_append(request, (const guint8 *)"", 1);
	agent_send(vm_agent(guest->vm), KC_EXEC, request->data, request->len);
	agent_send(vm_agent(guest->vm), KC_STDIN, NULL, 0);
	g_byte_array_unref(request);
	g_string_truncate(guest->output, 0);
	guest->status = -1;
}

static void take(struct guest *guest)
{
	struct frame frame;
	GError *error = NULL;
	guint32 status;

	must(guest_next_frame(guest->vm, "the test ended", &frame, loop_deadline(LIMIT_SECONDS),
			      &error),
	     error);
	if (frame.type == KC_STDOUT || frame.type == KC_STDERR) {
		g_string_append_len(guest->output, frame.payload, frame.len);
	} else if (frame.type == KC_EXIT) {
		must(frame_u32(&frame, &status, &error), error);
		guest->status = status;
	}
}

static void await_words(struct guest *guest, const char *words)
{
	while (!strstr(guest->output->str, words)) {
		if (guest->status >= 0)
			fail_msg("ended with %d before it said \"%s\"; it said:\n%s", guest->status,
				 words, guest->output->str);
		take(guest);
	}
}

static void finish_with(struct guest *guest, int status)
{
	while (guest->status < 0)
		take(guest);
	if (guest->status != status)
		fail_msg("status %d, not %d; it said:\n%s", guest->status, status,
			 guest->output->str);
}

static void run(struct guest *guest, const char *command)
{
	begin(guest, command);
	finish_with(guest, 0);
}

/* Runs a QMP command; @arguments is JSON. */
static JsonNode *qmp(struct guest *guest, const char *command, const char *arguments,
		     GError **error)
{
	JsonNode *node = json_from_string(arguments, error);

	assert_non_null(node);
	return qmp_call(vm_qmp(guest->vm), command, json_node_dup_object(node), error);
}

static void must_qmp(struct guest *guest, const char *command, const char *arguments)
{
	GError *error = NULL;
	JsonNode *answer = qmp(guest, command, arguments, &error);

	must(answer, error);
	json_node_unref(answer);
}

static void set_property(struct guest *guest, const char *name, const char *json)
{
	g_autofree char *arguments = g_strdup_printf(
		"{\"path\": \"/machine/peripheral/echo0\", \"property\": \"%s\", \"value\": %s}",
		name, json);

	must_qmp(guest, "qom-set", arguments);
}

static void insert_driver(struct guest *guest)
{
	run(guest, "modprobe echo_virtio");
}

/* The kernel's log is as clean as the results. */
static void no_splat(struct guest *guest)
{
	run(guest,
	    "dmesg >/tmp/log && [ -s /tmp/log ] && ! grep -E 'BUG:|WARNING:|Oops|detected stalls|lockup' /tmp/log");
}

static const char *device_on(enum transport transport, const char *properties)
{
	static char device[256];

	g_snprintf(device, sizeof(device), "virtio-echo-%s,id=echo0%s",
		   transport == TRANSPORT_PCI ? "pci" : "device", properties);
	return device;
}

static void check_events_and_greeting(enum transport transport)
{
	struct guest guest;

	boot(&guest, transport, device_on(transport, ",greeting=first"));
	insert_driver(&guest);
	run(&guest, "grep -qx first /sys/class/echo/echo0/greeting");
	begin(&guest, "echo_test wait-greeting second");
	await_words(&guest, "ready");
	set_property(&guest, "greeting", "\"second\"");
	finish_with(&guest, 0);
	begin(&guest, "echo_test wait-event three");
	await_words(&guest, "ready");
	set_property(&guest, "event", "\"one\"");
	set_property(&guest, "event", "\"two\"");
	set_property(&guest, "event", "\"three\"");
	finish_with(&guest, 0);
	assert_non_null(strstr(guest.output->str, "one\ntwo\nthree\n"));
	no_splat(&guest);
	end(&guest);
}

static void test_events_and_greeting_pci(void **state)
{
	(void)state;
	check_events_and_greeting(TRANSPORT_PCI);
}

static void test_events_and_greeting_mmio(void **state)
{
	(void)state;
	check_events_and_greeting(TRANSPORT_MMIO);
}

static void test_bad_values(void **state)
{
	static const char *const bad[] = {
		"\"property\": \"greeting\", \"value\": \"line\\nbreak\"",
		"\"property\": \"greeting\", \"value\": \"0123456789012345678901234567890123456789"
		"0123456789012345678901234\"",
		"\"property\": \"latency-us\", \"value\": 99999999999",
		"\"property\": \"queue-size\", \"value\": 8",
		"\"property\": \"in-flight\", \"value\": 8",
	};
	struct guest guest;

	(void)state;
	boot(&guest, TRANSPORT_PCI, device_on(TRANSPORT_PCI, ",greeting=kept"));
	insert_driver(&guest);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *arguments = g_strdup_printf(
			"{\"path\": \"/machine/peripheral/echo0\", %s}", bad[i]);
		g_autoptr(GError) error = NULL;

		assert_null(qmp(&guest, "qom-set", arguments, &error));
		assert_non_null(error);
	}
	run(&guest, "grep -qx kept /sys/class/echo/echo0/greeting");
	end(&guest);
}

/* QEMU frees the name a moment after the guest has let go. */
static void plug(struct guest *guest)
{
	static const char arguments[] =
		"{\"driver\": \"virtio-echo-pci\", \"id\": \"echo0\", \"bus\": \"hotplug0\"}";

	for (int i = 0; i < 100; i++) {
		g_autoptr(GError) error = NULL;
		JsonNode *answer = qmp(guest, "device_add", arguments, &error);

		if (answer) {
			json_node_unref(answer);
			return;
		}
		if (!strstr(error->message, "Duplicate"))
			fail_msg("%s", error->message);
		g_usleep(100000);
	}
	fail_msg("the unplugged device did not go away within 10 s");
}

static void test_unplug_under_load(void **state)
{
	struct guest guest;

	(void)state;
	boot(&guest, TRANSPORT_PCI, NULL);
	insert_driver(&guest);
	for (int round = 0; round < 2; round++) {
		plug(&guest);
		run(&guest,
		    "for i in $(seq 100); do [ -c /dev/echo0 ] && exit; sleep 0.1; done; exit 1");
		begin(&guest, "echo_test load 60 64 100000 --unplug-ok");
		await_words(&guest, "ready");
		must_qmp(&guest, "device_del", "{\"id\": \"echo0\"}");
		/* 3: the device went away under it */
		finish_with(&guest, 3);
		run(&guest,
		    "for i in $(seq 100); do [ -c /dev/echo0 ] || exit 0; sleep 0.1; done; exit 1");
	}
	run(&guest, "rmmod echo_virtio");
	no_splat(&guest);
	end(&guest);
}

static void test_unbind_with_files_open(void **state)
{
	struct guest guest;

	(void)state;
	boot(&guest, TRANSPORT_PCI, device_on(TRANSPORT_PCI, ",latency-us=300000"));
	insert_driver(&guest);
	run(&guest, "exec 3<>/dev/echo0; echo x >&3; ! rmmod echo_virtio 2>/dev/null && "
		    "d=$(basename $(readlink -f /sys/class/echo/echo0/device)) && "
		    "echo $d >/sys/bus/virtio/drivers/echo_virtio/unbind && "
		    "! head -c 1 <&3 2>/dev/null | grep -q . && exec 3>&- && rmmod echo_virtio");
	no_splat(&guest);
	end(&guest);
}

static char *migration_status(struct guest *guest)
{
	GError *error = NULL;
	JsonNode *answer = qmp(guest, "query-migrate", "{}", &error);
	char *status;

	must(answer, error);
	status = g_strdup(json_object_get_string_member_with_default(json_node_get_object(answer),
								     "status", "none"));
	json_node_unref(answer);
	return status;
}

static void await_migration(struct guest *guest)
{
	gint64 deadline = loop_deadline(LIMIT_SECONDS);

	for (;;) {
		g_autofree char *status = migration_status(guest);

		if (g_str_equal(status, "completed"))
			return;
		if (g_str_equal(status, "failed") || g_get_monotonic_time() > deadline)
			fail_msg("migration: %s", status);
		g_usleep(20000);
	}
}

/* To a file, and from it into another QEMU. */
static void migrate(struct guest *guest)
{
	g_autofree char *file = NULL;
	g_autofree char *uri = NULL;
	g_autofree char *arguments = NULL;
	GError *error = NULL;
	int fd = g_file_open_tmp("kc-XXXXXX", &file, &error);

	must(fd >= 0, error);
	close(fd);
	uri = g_strdup_printf("file:%s", file);
	arguments = g_strdup_printf("{\"uri\": \"%s\"}", uri);
	must_qmp(guest, "migrate", arguments);
	await_migration(guest);
	vm_stop(guest->vm);
	guest->launch.machine.incoming = uri;
	guest->vm = vm_start(&guest->launch.machine, -1, -1, &error);
	must(guest->vm, error);
	must(guest_wait_ready(guest->vm, 60, loop_deadline(60), &error), error);
	unlink(file);
	guest->launch.machine.incoming = NULL;
}

static void check_migration(enum transport transport, const char *properties)
{
	struct guest guest;

	boot(&guest, transport, device_on(transport, properties));
	insert_driver(&guest);
	begin(&guest, "exec 3<>/dev/echo0; echo unread >&3; echo_test stream 600 3000 && "
		      "head -n 1 <&3");
	await_words(&guest, "ready");
	migrate(&guest);
	/* The ring was full of requests that are late by 200 ms. */
	finish_with(&guest, 0);
	assert_non_null(strstr(guest.output->str, "600 messages"));
	assert_non_null(strstr(guest.output->str, "unread"));
	set_property(&guest, "greeting", "\"after\"");
	run(&guest, "sleep 0.2; grep -qx after /sys/class/echo/echo0/greeting");
	run(&guest, "echo_test sizes order");
	no_splat(&guest);
	end(&guest);
}

static void test_migration_split(void **state)
{
	(void)state;
	check_migration(TRANSPORT_PCI, ",latency-us=200000");
}

static void test_migration_packed(void **state)
{
	(void)state;
	check_migration(TRANSPORT_PCI, ",latency-us=200000,packed=on,reorder=on");
}

static void test_migration_mmio(void **state)
{
	(void)state;
	check_migration(TRANSPORT_MMIO, ",latency-us=200000,packed=on");
}

static void test_monitor_knows_it(void **state)
{
	struct guest guest;
	JsonNode *answer;
	g_autofree char *text = NULL;
	GError *error = NULL;

	(void)state;
	boot(&guest, TRANSPORT_PCI, device_on(TRANSPORT_PCI, ""));
	insert_driver(&guest);
	answer = qmp(&guest, "x-query-virtio", "{}", &error);
	must(answer, error);
	text = json_to_string(answer, FALSE);
	assert_non_null(strstr(text, "virtio-echo"));
	json_node_unref(answer);
	must_qmp(&guest, "x-query-virtio-status",
		 "{\"path\": \"/machine/peripheral/echo0/virtio-backend\"}");
	run(&guest, "grep -q 0x003d /sys/class/echo/echo0/device/device");
	end(&guest);
}

/* With an argument: only the tests whose names match it. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_and_greeting_pci),
		cmocka_unit_test(test_events_and_greeting_mmio),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_unplug_under_load),
		cmocka_unit_test(test_unbind_with_files_open),
		cmocka_unit_test(test_migration_split),
		cmocka_unit_test(test_migration_packed),
		cmocka_unit_test(test_migration_mmio),
		cmocka_unit_test(test_monitor_knows_it),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("host-echo", tests, NULL, NULL);
}
