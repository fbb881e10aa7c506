/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of a virtqueue, which Linux declares in no header: kc tells where they lie. */
#ifndef KC_PROBES_FIELDS_H
#define KC_PROBES_FIELDS_H

#include <linux/types.h>

/* In the order in which kc gives their places. */
enum vq_field {
	VQ_VDEV,
	VQ_INDEX,
	VQ_NUM_FREE,
	VQ_PACKED_RING,
	VQ_FREE_HEAD,
	VQ_LAST_USED,
	VQ_RING_NUM,
	VQ_SPLIT_AVAIL,
	VQ_PACKED_WRAP,
	VQ_PACKED_NEXT,
	VQ_FIELDS
};

extern unsigned int vq_places[VQ_FIELDS];

static __always_inline u16 vq_u16(const char *vq, enum vq_field field)
{
	return *(const u16 *)(vq + vq_places[field]);
}

static __always_inline u8 vq_u8(const char *vq, enum vq_field field)
{
	return *(const u8 *)(vq + vq_places[field]);
}

/* A struct virtio_device begins with its number. */
static __always_inline u16 vq_device(const char *vq)
{
	return **(const u16 *const *)(vq + vq_places[VQ_VDEV]);
}

#endif
