// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest test of virtio-blk, on the first virtio disk, whatever its driver
 * and device. 'take' first gives the devices to our driver.
 */
#include "test.h"

int main(int argc, char **argv)
{
	kc_test_begin(argc, argv);
	kc_test_by_name("take", test_take);
	kc_test_by_name("take-polled", test_take_polled);
	kc_test_by_name("take-direct", test_take_direct);
	kc_test("sizes", test_sizes);
	kc_test("vectors", test_vectors);
	kc_test("cached", test_cached);
	kc_test("flush", test_flush);
	kc_test("write-zeroes", test_write_zeroes);
	kc_test("discard", test_discard);
	kc_test("beyond", test_beyond);
	kc_test("parallel", test_parallel);
	kc_test_by_name("polled", test_polled); /* needs 'take-polled' */
	kc_test("serial", test_serial);
	kc_test("cache", test_cache);
	kc_test("partitions", test_partitions);
	kc_test("rebind", test_rebind);
	kc_test("suspend", test_suspend);
	kc_test("cache-sleeps", test_cache_sleeps);
	kc_test_by_name("read-only", test_read_only); /* needs a drive that is */
	kc_test_by_name("unplug", test_unplug); /* needs a port such as hotplug0 */
	return kc_test_end();
}
