// SPDX-License-Identifier: GPL-2.0-or-later
#include "virtqueue-pci.h"
#include "../unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

/* microvm's, see QEMU's include/hw/i386/microvm.h */
#define ECAM 0xe0000000ull
#define SLOTS 32
#define SLOT_BYTES (1 << 15)

/* Where its BAR goes, and what QEMU has in it */
#define BAR 0xc0000000ull
#define COMMON(field) (BAR + VIRTIO_PCI_COMMON_##field)
#define DOORBELLS (BAR + 0x3000)
#define DOORBELL_BYTES 4

#define COMMAND_MEMORY_MASTER 6

static void set16(struct qtest *qtest, guint64 reg, guint16 value)
{
	value = GUINT16_TO_LE(value);
	qtest_write(qtest, reg, &value, sizeof(value));
}

static guint16 get16(struct qtest *qtest, guint64 reg)
{
	guint16 value;

	qtest_read(qtest, reg, &value, sizeof(value));
	return GUINT16_FROM_LE(value);
}

static void set_status(struct qtest *qtest, guint8 status)
{
	qtest_write(qtest, COMMON(STATUS), &status, 1);
}

static guint8 get_status(struct qtest *qtest)
{
	guint8 status;

	qtest_read(qtest, COMMON(STATUS), &status, 1);
	return status;
}

/* What firmware would do: the BAR gets an address, and the device may use memory. */
static void find(struct qtest *qtest, unsigned id)
{
	guint32 wanted = (0x1040 + id) << 16 | 0x1af4;
	guint64 at = ECAM;

	while (qtest_get(qtest, at) != wanted) {
		at += SLOT_BYTES;
		if (at == ECAM + SLOTS * SLOT_BYTES)
			fail_msg("no device %u on the PCI bus", id);
	}
	qtest_set(qtest, at + 0x20, BAR);
	qtest_set(qtest, at + 0x24, 0);
	set16(qtest, at + 4, COMMAND_MEMORY_MASTER);
}

guint64 vq_pci_negotiate(struct qtest *qtest, unsigned id, guint64 want)
{
	guint8 status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	guint64 offered = 0;

	find(qtest, id);
	set_status(qtest, 0);
	set_status(qtest, status);
	for (unsigned half = 0; half < 2; half++) {
		guint32 bits;

		qtest_set(qtest, COMMON(DFSELECT), half);
		bits = qtest_get(qtest, COMMON(DF));
		offered |= (guint64)bits << (half * 32);
		qtest_set(qtest, COMMON(GFSELECT), half);
		qtest_set(qtest, COMMON(GF), want >> (half * 32) & bits);
	}
	set_status(qtest, status |= VIRTIO_CONFIG_S_FEATURES_OK);
	assert_int_equal(get_status(qtest), status);
	return offered;
}

void vq_pci_set_up(struct vq *vq, struct qtest *qtest, enum vq_ring ring, unsigned index)
{
	guint64 desc, avail, used;

	vq_clear(vq, qtest, ring, index);
	vq_place(vq, &desc, &avail, &used);
	vq->doorbell = DOORBELLS + index * DOORBELL_BYTES;
	set16(qtest, COMMON(Q_SELECT), index);
	set16(qtest, COMMON(Q_SIZE), VQ_NUM);
	qtest_set(qtest, COMMON(Q_DESCLO), desc);
	qtest_set(qtest, COMMON(Q_AVAILLO), avail);
	qtest_set(qtest, COMMON(Q_USEDLO), used);
	set16(qtest, COMMON(Q_ENABLE), 1);
}

void vq_pci_driver_ok(struct qtest *qtest)
{
	set_status(qtest, get_status(qtest) | VIRTIO_CONFIG_S_DRIVER_OK);
}

void vq_pci_reset(struct vq *vq)
{
	set16(vq->qtest, COMMON(Q_SELECT), vq->index);
	set16(vq->qtest, COMMON(Q_RESET), 1);
	assert_int_equal(get16(vq->qtest, COMMON(Q_RESET)), 0);
	assert_int_equal(get16(vq->qtest, COMMON(Q_ENABLE)), 0);
}
