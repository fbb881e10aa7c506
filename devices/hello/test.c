// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a device is tested from inside the guest: by a program, in KTAP, that
 * sees what any program sees. What only a host can do it asks for by kc-host.
 */
#include <kc-test.h>
#include "abi.h"

#define DRIVER "/sys/bus/virtio/drivers/hello_virtio"
#define DEVICE DRIVER "/virtio*"
#define MESSAGE DEVICE "/message"

/* Letters go to the device, and come back as capitals. */
static bool exchange(size_t size)
{
	char text[VIRTIO_HELLO_MAX], got[sizeof(text)];
	bool ok;

	for (size_t i = 0; i < size; i++)
		text[i] = 'a' + (i * 7 + size) % 26;
	ok = kc_ask(MESSAGE, text, size, got, sizeof(got)) == (ssize_t)size;
	for (size_t i = 0; i < size && ok; i++)
		ok = got[i] == text[i] - 'a' + 'A';
	return ok;
}

static bool probe(void)
{
	return kc_await(MESSAGE, true);
}

static bool sizes(void)
{
	for (size_t size = 1; size < VIRTIO_HELLO_MAX; size += 1 + size / 4)
		if (!exchange(size))
			return false;
	/* The last is too long for a file of sysfs. */
	return exchange(VIRTIO_HELLO_MAX - 1) && !exchange(VIRTIO_HELLO_MAX);
}

static bool reset(void)
{
	return kc_rebind(DRIVER) && sizes();
}

static bool unplug(void)
{
	return kc_replug("hello0", "virtio-hello-pci", MESSAGE) && sizes();
}

int main(int argc, char **argv)
{
	kc_test_begin(argc, argv);
	kc_test("probe", probe);
	kc_test("sizes", sizes);
	kc_test("reset", reset);
	kc_test_by_name("unplug", unplug); /* needs a port such as hotplug0 */
	return kc_test_end();
}
