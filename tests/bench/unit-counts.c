/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels and QEMU count, as they print it. */
#include "bench/count-guest.h"
#include "bench/count-host.h"
#include "bench/count-qemu.h"
#include "../unit.h"

#include <math.h>
#include <unistd.h>

static const char guest[] =
	"cpu  100 20 300 4000 5 60 7 8 0 0\n"
	"cpu0 100 20 300 4000 5 60 7 8 0 0\n"
	"intr 12345 1 2\n"
	"ctxt 99\n"
	"            CPU0       CPU1       \n"
	"   4:        100          1  IO-APIC   4-edge      ttyS0\n"
	"  25:         10         20  PCI-MSIX-0000:00:06.0   1-edge      virtio3-req.0\n"
	"  26:          1          2  PCI-MSIX-0000:00:06.0   2-edge      virtio3-req.1\n"
	"  27:          5  IO-APIC   5-fasteoi   virtio0\n"
	" NMI:          9          9   Non-maskable interrupts\n"
	" LOC:       1000       2000   Local timer interrupts\n"
	" RES:          3          4   Rescheduling interrupts\n"
	" CAL:          5          6   Function call interrupts\n"
	" TLB:          7          8   TLB shootdowns\n"
	" ERR:          0\n";

static void a_guest_is_read(void **state)
{
	struct counts counts;

	(void)state;
	counts_unknown(&counts);
	count_guest_read(&counts, guest, "virtio0\nvirtio31\n");
	assert_true(fabs(counts.of[COUNT_GUEST_KERNEL] - 3.67) < 1e-9);
	assert_true(fabs(counts.of[COUNT_GUEST_CPU] - 4.87) < 1e-9);
	assert_int_equal(counts.of[COUNT_TAKEN], 33);
	assert_int_equal(counts.of[COUNT_TIMER], 3000);
	assert_int_equal(counts.of[COUNT_IPI], 33);
	assert_true(isnan(counts.of[COUNT_KICKS]));
	counts_unknown(&counts);
	count_guest_read(&counts, "cpu\n:\n 5:\nLOC\n", "");
	assert_true(isnan(counts.of[COUNT_GUEST_CPU]) && isnan(counts.of[COUNT_TIMER]));
}

static void exits_are_known_under_kvm_alone(void **state)
{
	g_autoptr(JsonNode) kvm = json_from_string(
		"[{\"provider\": \"kvm\", \"qom-path\": \"/machine/unattached/device[0]\", "
		"\"stats\": [{\"name\": \"exits\", \"value\": 700}]}, {\"provider\": \"kvm\", "
		"\"stats\": [{\"name\": \"io_exits\", \"value\": 1}, {\"name\": \"exits\", "
		"\"value\": 77}]}]",
		NULL);
	g_autoptr(JsonNode) tcg = json_from_string("[]", NULL);
	g_autoptr(JsonNode) other = json_from_string("[{\"stats\": []}]", NULL);

	(void)state;
	assert_int_equal(count_qemu_exits(kvm), 777);
	assert_true(isnan(count_qemu_exits(tcg)));
	assert_true(isnan(count_qemu_exits(other)));
	assert_true(isnan(count_qemu_exits(NULL)));
}

static void a_device_that_was_reset_is_not_counted(void **state)
{
	struct counts before = {.of[COUNT_KICKS] = 100, .of[COUNT_TIMER] = 5};
	struct counts after = {.of[COUNT_KICKS] = 7, .of[COUNT_TIMER] = 9};

	(void)state;
	counts_subtract(&after, &before);
	assert_true(isnan(after.of[COUNT_KICKS]));
	assert_int_equal(after.of[COUNT_TIMER], 4);
}

/* This process, which is at hand. */
static void the_time_of_a_process_is_read(void **state)
{
	const struct host_threads unknown = {NULL, NULL};
	struct counts before, after;
	volatile unsigned spin = 0;

	(void)state;
	counts_unknown(&before);
	counts_unknown(&after);
	count_host_read(&before, getpid(), &unknown);
	while (count_host_own() < before.of[COUNT_HOST_CPU] + 0.05)
		spin++;
	count_host_read(&after, getpid(), &unknown);
	assert_true(after.of[COUNT_HOST_CPU] - before.of[COUNT_HOST_CPU] >= 0.05);
	assert_true(isnan(after.of[COUNT_HOST_VCPUS]) && isnan(after.of[COUNT_HOST_REST]));
	assert_true(count_host_busy() > 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_guest_is_read),
	cmocka_unit_test(exits_are_known_under_kvm_alone),
	cmocka_unit_test(a_device_that_was_reset_is_not_counted),
	cmocka_unit_test(the_time_of_a_process_is_read),
};

UNIT_MAIN(tests)
