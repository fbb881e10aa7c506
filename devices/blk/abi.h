/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * virtio-blk: what the driver and the device agree on.
 *
 * This is the protocol of the block device of virtio 1.4, in words of our
 * own, with one extension: writes that are on stable storage when they
 * complete (CRAFT_BLK_F_FUA). Each half also speaks with the stock other
 * half, which does not know the extension. All fields are little-endian;
 * the device is modern only (VIRTIO_F_VERSION_1). Every length, sector and
 * status is checked by its reader. Zones are left out.
 */
#ifndef CRAFT_BLK_ABI_H
#define CRAFT_BLK_ABI_H

#include <linux/types.h>

/* The standard's; PCI device id 0x1042. */
#define VIRTIO_ID_BLOCK			2

#define CRAFT_BLK_SECTOR		512	/* bytes, whatever block_size is */
#define CRAFT_BLK_SERIAL_BYTES		20

/* Feature bits. Each guards the fields of the configuration named with it. */
#define CRAFT_BLK_F_SIZE_MAX		1	/* size_max */
#define CRAFT_BLK_F_SEG_MAX		2	/* seg_max */
#define CRAFT_BLK_F_GEOMETRY		4	/* geometry */
#define CRAFT_BLK_F_RO			5	/* writes fail with IOERR */
#define CRAFT_BLK_F_BLOCK_SIZE		6	/* block_size */
#define CRAFT_BLK_F_FLUSH		9	/* FLUSH; else all writes are stable */
#define CRAFT_BLK_F_TOPOLOGY		10	/* topology */
#define CRAFT_BLK_F_CONFIG_WCE		11	/* writeback, which the driver may write */
#define CRAFT_BLK_F_MQ			12	/* num_queues; else there is one */
#define CRAFT_BLK_F_DISCARD		13	/* DISCARD, discard */
#define CRAFT_BLK_F_WRITE_ZEROES	14	/* WRITE_ZEROES, write_zeroes */
#define CRAFT_BLK_F_LIFETIME		15	/* GET_LIFETIME */
#define CRAFT_BLK_F_SECURE_ERASE	16	/* SECURE_ERASE, secure_erase */
/*
 * Ours, the last bit that the standard leaves to a device type below its own
 * at 24: OUT_FUA. Only with FLUSH: without it all writes are stable.
 */
#define CRAFT_BLK_F_FUA			23

struct craft_blk_geometry {
	__le16 cylinders;
	__u8 heads;
	__u8 sectors;
};

/* In logical blocks of block_size bytes. */
struct craft_blk_topology {
	/* log2 of the logical blocks in a physical one */
	__u8 physical_block_exp;
	/* of the first aligned logical block */
	__u8 alignment_offset;
	/* suggested minimum; 0: not known */
	__le16 min_io_size;
	/* optimal, which is suggested as the maximum; 0: not known */
	__le32 opt_io_size;
};

/* Limits of a request that is a list of struct craft_blk_range. */
struct craft_blk_range_limits {
	/* sectors of one range */
	__le32 max_sectors;
	/* ranges of one request */
	__le32 max_ranges;
};

/*
 * The device configuration. Its bytes are read-only but for writeback with
 * CRAFT_BLK_F_CONFIG_WCE. The device raises a configuration-change interrupt
 * when capacity changes.
 */
struct craft_blk_config {
	/* in sectors of 512 bytes; there with any features */
	__le64 capacity;
	/* bytes of one data descriptor */
	__le32 size_max;
	/* data descriptors of one request, header and status not counted */
	__le32 seg_max;
	struct craft_blk_geometry geometry;
	/* bytes of a logical block: a power of two, 512 or more */
	__le32 block_size;
	struct craft_blk_topology topology;
	/* 0: writes are stable when they complete; 1: when a FLUSH does */
	__u8 writeback;
	__u8 unused0;
	__le16 num_queues;
	struct craft_blk_range_limits discard;
	/* sectors that ranges to discard are best aligned to */
	__le32 discard_alignment;
	struct craft_blk_range_limits write_zeroes;
	/* 1: with CRAFT_BLK_RANGE_UNMAP sectors may be deallocated */
	__u8 write_zeroes_may_unmap;
	__u8 unused1[3];
	struct craft_blk_range_limits secure_erase;
	/* sectors that ranges to erase must be aligned to */
	__le32 secure_erase_alignment;
};

/*
 * Types of a request, and its data: R device-readable, W device-writable.
 */
#define CRAFT_BLK_T_IN			0	/* W blocks from sector on */
#define CRAFT_BLK_T_OUT			1	/* R blocks from sector on */
#define CRAFT_BLK_T_FLUSH		4	/* none; sector is 0 */
#define CRAFT_BLK_T_GET_ID		8	/* W CRAFT_BLK_SERIAL_BYTES */
#define CRAFT_BLK_T_GET_LIFETIME	10	/* W struct craft_blk_lifetime */
#define CRAFT_BLK_T_DISCARD		11	/* R struct craft_blk_range, 1 or more */
#define CRAFT_BLK_T_WRITE_ZEROES	13	/* R struct craft_blk_range, 1 or more */
#define CRAFT_BLK_T_SECURE_ERASE	14	/* R struct craft_blk_range, 1 or more */
/*
 * Ours. As OUT, but the blocks are on stable storage when the request
 * completes with OK, as if a FLUSH had followed; nothing is said of other
 * writes. The cache mode makes no difference. Far from the standard's types,
 * and odd, as OUT is.
 */
#define CRAFT_BLK_T_OUT_FUA		0x101

/*
 * A request is one descriptor chain of any shape:
 *
 *   device-readable: struct craft_blk_header, then data to the device
 *   device-writable: data to the driver, then __u8 status, CRAFT_BLK_S_*
 *
 * Neither part need start or end at a descriptor boundary: the header is the
 * first 16 bytes that the device can read, the status the last one that it
 * can write. Requests complete in any order unless VIRTIO_F_IN_ORDER is
 * negotiated. The used length covers data to the driver and the status.
 *
 * A chain without room for the header or the status breaks the device
 * (DEVICE_NEEDS_RESET): there is no telling what is asked, or nowhere to
 * answer.
 */
struct craft_blk_header {
	__le32 type;
	/* 0; the device does not look */
	__le32 reserved;
	/* of 512 bytes; 0 but for IN, OUT and OUT_FUA */
	__le64 sector;
};

#define CRAFT_BLK_S_OK			0
#define CRAFT_BLK_S_IOERR		1	/* also: beyond the disk, or read-only */
#define CRAFT_BLK_S_UNSUPP		2	/* the type or a flag is not known */

/* WRITE_ZEROES only: the sectors may be deallocated. */
#define CRAFT_BLK_RANGE_UNMAP		(1u << 0)

struct craft_blk_range {
	__le64 sector;
	__le32 num_sectors;
	/* CRAFT_BLK_RANGE_*; all others are 0 */
	__le32 flags;
};

/* How much of the storage's life is used up, as eMMC says it. */
#define CRAFT_BLK_EOL_UNDEFINED		0
#define CRAFT_BLK_EOL_NORMAL		1
#define CRAFT_BLK_EOL_WARNING		2	/* 80 % of the reserved blocks used */
#define CRAFT_BLK_EOL_URGENT		3	/* 90 % */

struct craft_blk_lifetime {
	/* CRAFT_BLK_EOL_* */
	__le16 pre_eol_info;
	/* 0: not known; n: up to n * 10 % used; 11: all of it */
	__le16 estimate_a;	/* of single-level cells */
	__le16 estimate_b;	/* of multi-level cells */
};

_Static_assert(sizeof(struct craft_blk_config) == 72, "configuration");
_Static_assert(sizeof(struct craft_blk_header) == 16, "header");
_Static_assert(sizeof(struct craft_blk_range) == 16, "range");
_Static_assert(sizeof(struct craft_blk_lifetime) == 6, "lifetime");

#endif
