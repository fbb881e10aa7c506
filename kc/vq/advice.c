/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For each finding the side, and the call or field in its source, to look at next. */
#include "vq/internal.h"

static const struct {
	const char *code, *text;
} places[] = {
	{"never-kicked",
	 "in the driver, what follows virtqueue_add_*(): virtqueue_kick(), or virtqueue_notify() "
	 "whenever virtqueue_kick_prepare() gave true; a work item that never ran"},
	{"not-taken", "in the driver, virtqueue_kick() after virtqueue_add_*(); in the device, the "
		      "handler given to virtio_add_queue()"},
	{"kick-suppressed", "in the device, each way out of the code between "
			    "virtio_queue_set_notification(vq, 0) and (vq, 1)"},
	{"kick-event-index",
	 "in the device, what computes avail_event: it is the index of the next "
	 "buffer that it has not popped, and runs from 65535 on to 0"},
	{"not-looked-again", "in the device, the end of its loop: pop until virtqueue_pop() gives "
			     "NULL, switch notifications on, and look once more"},
	{"never-popped",
	 "in the device, the handler given to virtio_add_queue(): is it there, does "
	 "its bottom half or timer run, what makes it return early?"},
	{"not-popped-yet", "in the device, the same as never-popped; --still 10 waits longer"},
	{"never-completed", "in the device, each way that a popped element takes: it ends with "
			    "virtqueue_push() and virtio_notify(); then its back end on the host"},
	{"not-completed-yet",
	 "in the device, the same as never-completed; --still 10 waits longer"},
	{"not-flushed", "in the device, virtqueue_flush() after virtqueue_fill()"},
	{"lost", "in the device, each way that a popped element takes: none may end without "
		 "virtqueue_push(); in the driver, what it does after a reset"},
	{"no-interrupt", "in the device, virtio_notify(vdev, vq) after virtqueue_push(vq): for the "
			 "same queue, and not before"},
	{"no-vector", "in the driver, what it gives virtio_find_vqs(); in the device, "
		      "virtio_queue_set_vector()"},
	{"wrong-vector", "in the device, virtio_queue_set_vector(), and which queue it gives "
			 "virtio_notify()"},
	{"interrupt-not-taken",
	 "in the guest, who masked or disabled it: disable_irq(), free_irq(), "
	 "pci_intx(); /proc/interrupts counts those that were taken"},
	{"callbacks-off", "in the driver, virtqueue_enable_cb() after the last "
			  "virtqueue_get_buf(): where it gives false, more is there to take"},
	{"interrupt-event-index",
	 "in the driver, who writes used_event: it is the index of the next "
	 "buffer to collect, and runs from 65535 on to 0"},
	{"not-collected", "in the driver, the queue's callback: virtqueue_get_buf() on this queue "
			  "until it gives NULL; what it hands on to a thread or work item"},
	{"queue-broken", "the guest's kernel log, for why"},
	{"used-id", "in the device, the element that it gives virtqueue_push(): the one that was "
		    "popped, once"},
	{"used-length",
	 "in the device, the length that it gives virtqueue_push(): what it wrote to "
	 "the buffer, no more"},
	{"completed-twice", "in the device, who frees an element after virtqueue_push()"},
	{"needs-reset", "what QEMU said; in the driver, the buffer that the device rejected"},
	{"reset", "who resets it: in the driver virtio_reset_device() without del_vqs(), in the "
		  "device virtio_reset()"},
	{"not-ready",
	 "in the driver, virtio_device_ready() before the first kick; pci_clear_master() "
	 "and pci_disable_device() while it is in use"},
	{"polled", "in the driver, what calls virtqueue_get_buf(): a queue given to "
		   "virtio_find_vqs() without a callback is never told of anything"},
	{"bad-chain", "in the driver, the scatterlist given to virtqueue_add_*()"},
	{"available-index", "in the driver, who writes to the available ring behind virtio_ring.c"},
	{"used-index",
	 "who writes to the used ring: a stray write of the driver's or the device's"},
};

const char *vq_advice(const char *code)
{
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		if (g_str_equal(code, places[i].code))
			return places[i].text;
	return NULL;
}
