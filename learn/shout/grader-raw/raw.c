// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver that devices of the exercises are graded with: "ask" takes the
 * numbers LENGTH ROOM COUNT, sends so many words of that length with so much
 * room, with one kick, and shows what came of it.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/wait.h>

#include "abi.h"

#define RAW_BYTES 2048 /* of a word, or of the room for its answer */
#define RAW_COUNT 8
#define RAW_TIMEOUT (3 * HZ)

struct raw_word {
	u8 out[RAW_BYTES] __aligned(ARCH_DMA_MINALIGN);
	u8 in[RAW_BYTES] __aligned(ARCH_DMA_MINALIGN);
};

struct raw {
	struct virtqueue *vq;
	wait_queue_head_t interrupted;
	unsigned int interrupts, sent, back, right, used;
	unsigned int len, room;
	struct raw_word words[RAW_COUNT];
};

static void raw_interrupt(struct virtqueue *vq)
{
	struct raw *raw = vq->vdev->priv;

	raw->interrupts++;
	wake_up(&raw->interrupted);
}

static bool raw_is_right(const struct raw *raw, const struct raw_word *word)
{
	for (unsigned int i = 0; i < min(raw->len, raw->room); i++)
		if (word->in[i] != toupper(word->out[i]))
			return false;
	return true;
}

static bool raw_collect(struct raw *raw)
{
	struct raw_word *word;

	while ((word = virtqueue_get_buf(raw->vq, &raw->used))) {
		raw->back++;
		raw->right += raw_is_right(raw, word);
	}
	return raw->back == raw->sent;
}

/* The word in two pieces, as a device may not count on one. */
static int raw_add(struct raw *raw, struct raw_word *word)
{
	struct scatterlist first, second, in, *sgs[3];
	unsigned int cut = raw->len / 2, outs = 0, ins = 0;

	for (unsigned int i = 0; i < raw->len; i++)
		word->out[i] = 'a' + i % 26;
	memset(word->in, 0, sizeof(word->in));
	sg_init_one(&first, word->out, cut);
	sg_init_one(&second, word->out + cut, raw->len - cut);
	sg_init_one(&in, word->in, raw->room);
	if (cut)
		sgs[outs++] = &first;
	if (raw->len > cut)
		sgs[outs++] = &second;
	if (raw->room)
		sgs[outs + ins++] = &in;
	return virtqueue_add_sgs(raw->vq, sgs, outs, ins, word, GFP_KERNEL);
}

static ssize_t ask_store(struct device *dev, struct device_attribute *attr, const char *buf,
			 size_t count)
{
	struct raw *raw = dev_to_virtio(dev)->priv;
	unsigned int words;
	int err;

	if (sscanf(buf, "%u %u %u", &raw->len, &raw->room, &words) != 3 ||
	    raw->len > RAW_BYTES || raw->room > RAW_BYTES || words > RAW_COUNT)
		return -EINVAL;
	raw->interrupts = 0;
	raw->sent = 0;
	raw->back = 0;
	raw->right = 0;
	raw->used = 0;
	while (raw->sent < words) {
		err = raw_add(raw, &raw->words[raw->sent]);
		if (err)
			return err;
		raw->sent++;
	}
	virtqueue_kick(raw->vq);
	/* Also without an interrupt: who was told is a question of its own. */
	wait_event_timeout(raw->interrupted, raw_collect(raw), RAW_TIMEOUT);
	return count;
}

static ssize_t ask_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct raw *raw = dev_to_virtio(dev)->priv;

	return sysfs_emit(buf, "%u %u %u %u\n", raw->back, raw->right, raw->used,
			  raw->interrupts);
}
static DEVICE_ATTR_ADMIN_RW(ask);

static struct attribute *raw_attrs[] = {
	&dev_attr_ask.attr,
	NULL
};
ATTRIBUTE_GROUPS(raw);

static int raw_probe(struct virtio_device *vdev)
{
	struct raw *raw = devm_kzalloc(&vdev->dev, sizeof(*raw), GFP_KERNEL);

	if (!raw)
		return -ENOMEM;
	init_waitqueue_head(&raw->interrupted);
	vdev->priv = raw;
	raw->vq = virtio_find_single_vq(vdev, raw_interrupt, "requests");
	return PTR_ERR_OR_ZERO(raw->vq);
}

static void raw_remove(struct virtio_device *vdev)
{
	virtio_reset_device(vdev);
	vdev->config->del_vqs(vdev);
}

static const struct virtio_device_id raw_ids[] = {
	{ VIRTIO_ID_SHOUT, VIRTIO_DEV_ANY_ID },
	{ 0 }
};

static struct virtio_driver raw_driver = {
	.driver.name = "shout",
	.driver.dev_groups = raw_groups,
	.id_table = raw_ids,
	.probe = raw_probe,
	.remove = raw_remove,
};
module_virtio_driver(raw_driver);

MODULE_DESCRIPTION("Grades the device of an exercise");
MODULE_LICENSE("GPL");
