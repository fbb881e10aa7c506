// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways in which the driver does wrong. What is cited in the table are
 * sections of the virtio specification, those of split rings; packed rings
 * have rules to the same effect.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "driver.h"

#define FAULT_NOWHERE		0x7f0000000000ULL	/* no machine has so much memory */
#define FAULT_CHAIN		1025			/* QEMU's rings have 1024 at most */
#define FAULT_VECTOR		1			/* 0 is the configuration's */

/* Kicks */

static void kick_not(struct fault *fault)
{
}

static void kick_anyway(struct fault *fault)
{
	virtqueue_notify(fault->vq);
}

static void kick_after_reset(struct fault *fault)
{
	virtio_reset_device(fault->vdev);
	virtqueue_notify(fault->vq);
}

/* Callbacks */

static void collect_nothing(struct fault *fault)
{
}

static int start_deaf(struct fault *fault)
{
	virtqueue_disable_cb(fault->vq);
	return 0;
}

/* In an interrupt the core only notes the wish, unless they were enabled anew. */
static void collect_once(struct fault *fault)
{
	virtqueue_enable_cb(fault->vq);
	virtqueue_disable_cb(fault->vq);
	fault_take(fault);
}

static int fault_find_irq(struct virtio_device *vdev)
{
	struct device *parent = vdev->dev.parent;

	/* Without MSI-X the line is shared with devices that we need. */
	if (dev_is_pci(parent))
		return to_pci_dev(parent)->msix_enabled ?
			pci_irq_vector(to_pci_dev(parent), FAULT_VECTOR) : -EOPNOTSUPP;
	if (dev_is_platform(parent))
		return platform_get_irq(to_platform_device(parent), 0);
	return -EOPNOTSUPP;
}

/* Linux masks the interrupt once one comes, which is lost: nothing is pending. */
static int start_disabled(struct fault *fault)
{
	int irq = fault_find_irq(fault->vdev);

	if (irq < 0) {
		dev_err(&fault->vdev->dev, "no interrupt of its own to mask (vectors=0?)\n");
		return irq;
	}
	disable_irq(irq);
	fault->irq = irq;
	return 0;
}

/* At once, not when the first interrupt comes. */
static int start_masked(struct fault *fault)
{
	int irq = fault_find_irq(fault->vdev);

	if (irq >= 0)
		irq_set_status_flags(irq, IRQ_DISABLE_UNLAZY);
	return start_disabled(fault);
}

static void stop_masked(struct fault *fault)
{
	if (!fault->irq)
		return;
	enable_irq(fault->irq);
	irq_clear_status_flags(fault->irq, IRQ_DISABLE_UNLAZY);
	fault->irq = 0;
}

/* What is in the ring, behind the core's back */

static struct vring *fault_split(struct fault *fault)
{
	return (struct vring *)virtqueue_get_vring(fault->vq);
}

/* The first buffer after a reset is at the ring's start, split or packed. */
static void spoil_address(struct fault *fault)
{
	__le64 *addr = phys_to_virt(virtqueue_get_desc_addr(fault->vq));

	*addr = cpu_to_le64(FAULT_NOWHERE);
}

static void spoil_index(struct fault *fault)
{
	struct vring *ring = fault_split(fault);
	__virtio16 *idx = &ring->avail->idx;

	*idx = cpu_to_virtio16(fault->vdev, virtio16_to_cpu(fault->vdev, *idx) + ring->num + 1);
}

static void spoil_loop(struct fault *fault)
{
	struct vring_desc *desc = fault_split(fault)->desc;

	fault->spoiled = *desc;
	fault->is_spoiled = true;
	desc->flags = cpu_to_virtio16(fault->vdev, VRING_DESC_F_NEXT);
	desc->next = 0;
}

/*
 * The core follows the chain when it takes the buffer back; also from a device
 * that was awake and had read the descriptor before it was spoiled.
 */
static void mend_loop(struct fault *fault)
{
	if (fault->is_spoiled)
		*fault_split(fault)->desc = fault->spoiled;
	fault->is_spoiled = false;
}

/* Split: an index. Packed: a position, and the wrap counter in bit 15. */
static void collect_and_lag(struct fault *fault)
{
	bool packed = virtio_has_feature(fault->vdev, VIRTIO_F_RING_PACKED);
	u16 num = virtqueue_get_vring_size(fault->vq), at;
	__le16 *event;

	do {
		virtqueue_disable_cb(fault->vq);
		fault_take(fault);
	} while (!virtqueue_enable_cb(fault->vq));
	event = phys_to_virt(virtqueue_get_avail_addr(fault->vq));
	if (!packed)
		event = (__le16 *)&vring_used_event(fault_split(fault));
	at = le16_to_cpu(*event);
	if (packed && !(at & ~BIT(VRING_PACKED_EVENT_F_WRAP_CTR)))
		at = (at ^ BIT(VRING_PACKED_EVENT_F_WRAP_CTR)) + num;
	*event = cpu_to_le16(at - 1);
}

/* Chains */

static int add_empty(struct fault *fault, struct fault_request *request)
{
	struct scatterlist out, in, *sgs[] = { &out, &in };

	sg_init_one(&out, &request->req, 0);
	sg_init_one(&in, &request->resp, sizeof(request->resp));
	return virtqueue_add_sgs(fault->vq, sgs, 1, 1, request, GFP_ATOMIC);
}

static int add_long(struct fault *fault, struct fault_request *request)
{
	struct scatterlist *table, *sgs[1];
	int i, err;

	table = kmalloc_array(FAULT_CHAIN, sizeof(*table), GFP_ATOMIC);
	if (!table)
		return -ENOMEM;
	sg_init_table(table, FAULT_CHAIN);
	for (i = 0; i < FAULT_CHAIN; i++)
		sg_set_buf(&table[i], &request->resp, sizeof(request->resp));
	sgs[0] = table;
	err = virtqueue_add_sgs(fault->vq, sgs, 0, 1, request, GFP_ATOMIC);
	kfree(table);
	return err;
}

static const struct fault_kind fault_kinds[] = {
	{ "none" },
	/* Available Buffer Notification Suppression: MUST notify unless exempt */
	{ "no-kick", .kick = kick_not },
	/* None: a device MUST handle spurious notifications */
	{ "kick-only", .only_kick = true, .kick = kick_anyway },
	/* Receiving Used Buffers From The Device: it takes them from the ring */
	{ "never-collects", .collect = collect_nothing },
	{ "queue-full", .fill = true, .collect = collect_nothing },
	/* The same: who suppresses notifications has to look or to enable them */
	{ "callbacks-off", .start = start_deaf, .collect = collect_nothing },
	{ "no-reenable", .collect = collect_once },
	/* None: PCI lets a vector be masked, but then somebody has to look */
	{ "masked-vector", .start = start_masked, .stop = stop_masked },
	{ "disabled-irq", .start = start_disabled, .stop = stop_masked },
	/* Used Buffer Notification Suppression: used_event is the index waited for */
	{ "event-behind", FAULT_NEEDS_EVENT_IDX, .collect = collect_and_lag },
	/* Device Initialization: MUST NOT notify before DRIVER_OK */
	{ "reset", .kick = kick_after_reset },
	/* The Virtqueue Descriptor Table: addr is where the guest has memory */
	{ "bad-address", FAULT_NEEDS_RING, .spoil = spoil_address },
	/* None: but QEMU takes no empty descriptor */
	{ "zero-length", .add = add_empty },
	/* Indirect Descriptors: MUST NOT be longer than the queue's size */
	{ "long-chain", FAULT_NEEDS_INDIRECT, .add = add_long },
	/* Updating idx: it grows with what is added, at most the queue's size */
	{ "bogus-avail", FAULT_NEEDS_SPLIT, .spoil = spoil_index, .kick = kick_anyway,
	  .goes_on = true },
	/* The Virtqueue Descriptor Table: loops are forbidden */
	{ "loop", FAULT_NEEDS_SPLIT, .spoil = spoil_loop, .mend = mend_loop },
};

const struct fault_kind *fault_chosen = &fault_kinds[0];

int fault_check_needs(struct fault *fault)
{
	static const char *const why[] = {
		[FAULT_NEEDS_RING] = "a device without an IOMMU",
		[FAULT_NEEDS_SPLIT] = "a split ring and no IOMMU",
		[FAULT_NEEDS_EVENT_IDX] = "event_idx=on and no IOMMU",
		[FAULT_NEEDS_INDIRECT] = "indirect_desc=on",
	};
	struct virtio_device *vdev = fault->vdev;
	bool ring = !virtio_has_feature(vdev, VIRTIO_F_ACCESS_PLATFORM);
	const bool met[] = {
		[FAULT_NEEDS_NOTHING] = true,
		[FAULT_NEEDS_RING] = ring,
		[FAULT_NEEDS_SPLIT] = ring && !virtio_has_feature(vdev, VIRTIO_F_RING_PACKED),
		[FAULT_NEEDS_EVENT_IDX] = ring && virtio_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX),
		[FAULT_NEEDS_INDIRECT] = virtio_has_feature(vdev, VIRTIO_RING_F_INDIRECT_DESC),
	};
	enum fault_needs needs = fault->kind->needs;

	if (met[needs])
		return 0;
	dev_err(&vdev->dev, "fault=%s needs %s\n", fault->kind->name, why[needs]);
	return -EOPNOTSUPP;
}

/* The module's parameter */

static int fault_kind_set(const char *name, const struct kernel_param *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++) {
		if (sysfs_streq(name, fault_kinds[i].name)) {
			fault_chosen = &fault_kinds[i];
			return 0;
		}
	}
	pr_err("%s: fault=%s is not known; there are:\n", KBUILD_MODNAME, name);
	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++)
		pr_err("%s:   %s\n", KBUILD_MODNAME, fault_kinds[i].name);
	return -EINVAL;
}

static int fault_kind_get(char *buf, const struct kernel_param *param)
{
	return sysfs_emit(buf, "%s\n", fault_chosen->name);
}

const struct kernel_param_ops fault_kind_ops = {
	.set = fault_kind_set,
	.get = fault_kind_get,
};
