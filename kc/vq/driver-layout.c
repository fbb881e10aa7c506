/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/driver-layout.h"
#include "kernel/virtqueue.h"

static const struct {
	const char *structure, *path;
} places[VQ_LAYOUT_FIELDS] = {
	[KSET_LIST] = {"kset", "list"},
	[KOBJECT_ENTRY] = {"kobject", "entry"},
	[SUBSYS_KOBJECT] = {"subsys_private", "subsys.kobj"},
	[SUBSYS_BUS] = {"subsys_private", "bus"},
	[SUBSYS_DEVICES] = {"subsys_private", "klist_devices"},
	[KLIST_LIST] = {"klist", "k_list"},
	[NODE_NODE] = {"klist_node", "n_node"},
	[PRIVATE_BUS] = {"device_private", "knode_bus"},
	[PRIVATE_DEVICE] = {"device_private", "device"},
	[VIRTIO_DEVICE] = {VIRTIO_DEVICE_DEV},
	[VIRTIO_INDEX] = {VIRTIO_DEVICE_INDEX},
	[VIRTIO_KIND] = {VIRTIO_DEVICE_ID},
	[VIRTIO_QUEUES] = {VIRTIO_DEVICE_VQS},
	[QUEUE_ENTRY] = {VIRTQUEUE_LIST},
	[QUEUE_NAME] = {VIRTQUEUE_NAME},
	[QUEUE_CALLBACK] = {VIRTQUEUE_CALLBACK},
	[QUEUE_FREE] = {VIRTQUEUE_NUM_FREE},
	[RING_PACKED] = {VRING_PACKED},
	[RING_BROKEN] = {VRING_BROKEN},
	[RING_ADDED] = {VRING_NUM_ADDED},
	[RING_LAST_USED] = {VRING_LAST_USED_IDX},
	[SPLIT_FLAGS] = {VRING_SPLIT_FLAGS},
	[SPLIT_ADDRESS] = {VRING_SPLIT_ADDRESS},
	[SPLIT_STATES] = {VRING_SPLIT_STATES},
	[SPLIT_DATA] = {VRING_SPLIT_DATA},
	[PACKED_FLAGS] = {VRING_PACKED_FLAGS},
	[PACKED_ADDRESS] = {VRING_PACKED_ADDRESS},
	[PACKED_STATES] = {VRING_PACKED_STATES},
	[PACKED_DATA] = {VRING_PACKED_DATA},
};

bool vq_layout_read(struct vq_layout *layout, const struct kernel_types *types, char **why)
{
	for (int i = 0; i < VQ_LAYOUT_FIELDS; i++) {
		if (kernel_types_field(types, places[i].structure, places[i].path,
				       &layout->fields[i]))
			continue;
		*why = g_strdup_printf("this kernel's struct %s has no %s", places[i].structure,
				       places[i].path);
		return false;
	}
	layout->ring_bytes = kernel_types_size(types, "vring_virtqueue");
	layout->split_state_bytes = kernel_types_size(types, "vring_desc_state_split");
	layout->packed_state_bytes = kernel_types_size(types, "vring_desc_state_packed");
	if (layout->ring_bytes <= VQ_LAYOUT_STRUCTURE_MAX &&
	    kernel_types_symbol(types, "bus_kset", &layout->bus_kset) &&
	    kernel_types_symbol(types, "virtio_bus", &layout->virtio_bus))
		return true;
	*why = g_strdup(layout->bus_kset ? "this kernel has no virtio_bus built in"
					 : "its symbols were stripped");
	return false;
}
