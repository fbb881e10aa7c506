// SPDX-License-Identifier: GPL-2.0-or-later
#include "blk-machine.h"
#include "../unit.h"
#include "bare-machine.h"

#include <string.h>

#define LIMIT_SECONDS 20

struct blk_machine machine;

static struct bare_machine bare;

int machine_set_up(void **state)
{
	(void)state;
	bare_set_up(&bare);
	machine.disk = g_build_filename(bare.folder, "disk", NULL);
	return 0;
}

int machine_drop(void **state)
{
	(void)state;
	g_free(machine.disk);
	bare_drop(&bare);
	return 0;
}

int machine_tear_down(void **state)
{
	(void)state;
	if (machine.qtest.process)
		qtest_end(&machine.qtest);
	return 0;
}

char *machine_file(const char *name)
{
	return g_build_filename(bare.lab->root, name, NULL);
}

void machine_put_disk(void)
{
	g_autofree char *data = g_malloc(DISK_SECTORS * SECTOR);
	GError *error = NULL;

	for (size_t i = 0; i < DISK_SECTORS * SECTOR; i++)
		data[i] = i / SECTOR + 1;
	if (!g_file_set_contents(machine.disk, data, DISK_SECTORS * SECTOR, &error) ||
	    !g_file_set_contents(bare.rom, data, DISK_SECTORS * SECTOR, &error))
		fail_msg("%s", error->message);
}

void machine_resume(const char *device, const char *properties, const char *drive,
		    const char *incoming)
{
	g_autofree char *file = g_strdup_printf(
		"driver=file,node-name=file,discard=unmap,filename=%s", machine.disk);
	g_autofree char *node = g_strdup_printf("node-name=d,discard=unmap,%s", drive);
	g_autofree char *option = g_strdup_printf("%s,drive=d,bus=virtio-mmio-bus.0%s", device,
						  properties);
	char *options[] = {"-object",
			   "throttle-group,id=slow,x-bps-total=16",
			   "-object",
			   "iothread,id=thread",
			   "-blockdev",
			   file,
			   "-blockdev",
			   node,
			   "-device",
			   option,
			   incoming ? "-incoming" : NULL,
			   (char *)incoming,
			   NULL};

	bare_start(&bare, &machine.qtest, "2M", options);
}

void machine_start(const char *device, const char *properties, const char *drive)
{
	machine_put_disk();
	machine_resume(device, properties, drive, NULL);
}

void machine_check_disk(const char *what, guint64 sector, const void *data, size_t len)
{
	g_autofree char *disk = NULL;
	gsize size;

	assert_true(g_file_get_contents(machine.disk, &disk, &size, NULL));
	if (memcmp(disk + sector * SECTOR, data, len) != 0)
		fail_msg("%s: the disk has not what it should", what);
}

void machine_speed_up(void)
{
	JsonObject *arguments = json_object_new(), *limits = json_object_new();
	g_autoptr(JsonNode) node = NULL;
	GError *error = NULL;

	json_object_set_int_member(limits, "bps-total", 0);
	json_object_set_string_member(arguments, "path", "/objects/slow");
	json_object_set_string_member(arguments, "property", "limits");
	json_object_set_object_member(arguments, "value", limits);
	node = qmp_call(machine.qtest.qmp, "qom-set", arguments, &error);
	if (!node)
		fail_msg("qom-set: %s", error->message);
}

void machine_await(const char *wanted)
{
	g_autofree char *state = NULL;

	for (int i = 0; i < LIMIT_SECONDS * 100; i++) {
		g_free(state);
		state = qtest_state(&machine.qtest);
		if (g_strcmp0(state, wanted) == 0)
			return;
		g_usleep(10000);
	}
	fail_msg("the state is \"%s\", not \"%s\"", state ? state : "none", wanted);
}
