// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver of virtio-shout: a line that is written to the file "words" goes to
 * the device, each word in a buffer of its own, and is read in capitals.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "abi.h"

#define SHOUT_WORDS 16 /* of one line */
#define SHOUT_TIMEOUT (4 * HZ)

struct shout_word {
	size_t len; /* of the word */
	size_t answer_len;
	u8 out[VIRTIO_SHOUT_MAX] __aligned(ARCH_DMA_MINALIGN);
	u8 in[VIRTIO_SHOUT_MAX] __aligned(ARCH_DMA_MINALIGN);
};

struct shout {
	struct virtio_device *vdev;
	struct virtqueue *vq;
	struct mutex line; /* one line at a time */
	spinlock_t lock; /* the queue, and in_flight */
	unsigned int in_flight; /* words that the device has */
	wait_queue_head_t answered;
	struct work_struct work; /* reads the configuration */
	size_t max; /* bytes: the longest word that may be sent */
	unsigned int count;
	struct shout_word words[SHOUT_WORDS];
};

/* Gives a word and room for its answer to the device. Called with the lock held. */
static int shout_send(struct shout *shout, struct shout_word *word)
{
	struct scatterlist out, in, *sgs[] = { &out, &in };
	int err;

	/* learn: cut send */
	sg_init_one(&out, word->out, word->len);
	sg_init_one(&in, word->in, sizeof(word->in));
	err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_ATOMIC);
	if (err)
		return err;
	shout->in_flight++;
	virtqueue_kick(shout->vq);
	return 0;
	/* learn: instead */
	/* learn: + (void)out, (void)in, (void)sgs; */
	/* learn: + err = -EOPNOTSUPP; */
	/* learn: + return err; */
	/* learn: mistake no-kick */
	/* learn: - virtqueue_kick(shout->vq); */
	/* learn: mistake swapped */
	/* learn: - err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_ATOMIC); */
	/* learn: + sgs[0] = &in; */
	/* learn: + sgs[1] = &out; */
	/* learn: + err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_ATOMIC); */
	/* learn: mistake all-writable */
	/* learn: - err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_ATOMIC); */
	/* learn: + err = virtqueue_add_sgs(shout->vq, sgs, 0, 2, word, GFP_ATOMIC); */
	/* learn: mistake no-room */
	/* learn: - err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_ATOMIC); */
	/* learn: + err = virtqueue_add_sgs(shout->vq, sgs, 1, 0, word, GFP_ATOMIC); */
	/* learn: mistake all-of-it */
	/* learn: - sg_init_one(&out, word->out, word->len); */
	/* learn: + sg_init_one(&out, word->out, sizeof(word->out)); */
	/* learn: mistake may-sleep */
	/* learn: - err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_ATOMIC); */
	/* learn: + err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_KERNEL); */
	/* learn: mistake error-ignored */
	/* learn: - if (err) */
	/* learn: - return err; */
	/* learn: mistake error-hidden */
	/* learn: - return err; */
	/* learn: + return 0; */
	/* learn: mistake wrong-room */
	/* learn: - sg_init_one(&in, word->in, sizeof(word->in)); */
	/* learn: + sg_init_one(&in, word->out, sizeof(word->in)); */
	/* learn: mistake miscounted */
	/* learn: - err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_ATOMIC); */
	/* learn: + err = virtqueue_add_sgs(shout->vq, sgs, 1, 2, word, GFP_ATOMIC); */
	/* learn: mistake uncounted */
	/* learn: - shout->in_flight++; */
	/* learn: mistake wrong-token */
	/* learn: - err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, word, GFP_ATOMIC); */
	/* learn: + err = virtqueue_add_sgs(shout->vq, sgs, 1, 1, shout, GFP_ATOMIC); */
	/* learn: mistake small-room */
	/* learn: - sg_init_one(&in, word->in, sizeof(word->in)); */
	/* learn: + sg_init_one(&in, word->in, word->len); */
	/* learn: end */
}

/* The device says that it wrote @used bytes of answer. */
static void shout_take(struct shout_word *word, unsigned int used)
{
	/* learn: cut hostile-length */
	/* The answer is as long as the word, whatever the device claims. */
	word->answer_len = min_t(size_t, used, word->len);
	/* learn: instead */
	/* learn: + word->answer_len = 0; */
	/* learn: mistake trusted */
	/* learn: - word->answer_len = min_t(size_t, used, word->len); */
	/* learn: + word->answer_len = used; */
	/* learn: mistake room */
	/* learn: - word->answer_len = min_t(size_t, used, word->len); */
	/* learn: + word->answer_len = min_t(size_t, used, sizeof(word->in)); */
	/* learn: mistake discarded */
	/* learn: - word->answer_len = min_t(size_t, used, word->len); */
	/* learn: + word->answer_len = used <= word->len ? used : 0; */
	/* learn: mistake crashes */
	/* learn: - word->answer_len = min_t(size_t, used, word->len); */
	/* learn: + BUG_ON(used > word->len); */
	/* learn: + word->answer_len = used; */
	/* learn: mistake used-ignored */
	/* learn: - word->answer_len = min_t(size_t, used, word->len); */
	/* learn: + word->answer_len = word->len; */
	/* learn: end */
}

/* The queue's interrupt: buffers have been used, one or several. */
static void shout_done(struct virtqueue *vq)
{
	struct shout *shout = vq->vdev->priv;
	struct shout_word *word;
	unsigned long flags;
	unsigned int used;

	/* learn: cut collect */
	spin_lock_irqsave(&shout->lock, flags);
	do {
		virtqueue_disable_cb(vq);
		while ((word = virtqueue_get_buf(vq, &used))) {
			shout_take(word, used);
			shout->in_flight--;
		}
		/* False: more has come meanwhile, and no interrupt will say so. */
	} while (!virtqueue_enable_cb(vq));
	spin_unlock_irqrestore(&shout->lock, flags);
	wake_up(&shout->answered);
	/* learn: instead */
	/* learn: + (void)shout, (void)word, (void)flags, (void)used; */
	/* learn: mistake lost-wake-up */
	/* learn: - } while (!virtqueue_enable_cb(vq)); */
	/* learn: + } while (0); */
	/* learn: + virtqueue_enable_cb(vq); */
	/* learn: mistake one-only */
	/* learn: - do { */
	/* learn: - virtqueue_disable_cb(vq); */
	/* learn: - while ((word = virtqueue_get_buf(vq, &used))) { */
	/* learn: + do { */
	/* learn: +	word = virtqueue_get_buf(vq, &used); */
	/* learn: +	if (word) { */
	/* learn: - } while (!virtqueue_enable_cb(vq)); */
	/* learn: + } while (0); */
	/* learn: mistake never-enabled */
	/* learn: - do { */
	/* learn: - } while (!virtqueue_enable_cb(vq)); */
	/* learn: mistake not-counted */
	/* learn: - shout->in_flight--; */
	/* learn: mistake all-at-once */
	/* learn: - shout->in_flight--; */
	/* learn: + shout->in_flight = 0; */
	/* learn: mistake no-lock */
	/* learn: - spin_lock_irqsave(&shout->lock, flags); */
	/* learn: + (void)flags; */
	/* learn: - spin_unlock_irqrestore(&shout->lock, flags); */
	/* learn: mistake no-wake */
	/* learn: - wake_up(&shout->answered); */
	/* learn: mistake wake-first */
	/* learn: - spin_lock_irqsave(&shout->lock, flags); */
	/* learn: + wake_up(&shout->answered); */
	/* learn: + spin_lock_irqsave(&shout->lock, flags); */
	/* learn: - wake_up(&shout->answered); */
	/* learn: mistake no-take */
	/* learn: - shout_take(word, used); */
	/* learn: + (void)shout_take; */
	/* learn: mistake inverted */
	/* learn: - } while (!virtqueue_enable_cb(vq)); */
	/* learn: + } while (virtqueue_enable_cb(vq)); */
	/* learn: mistake never-unlocked */
	/* learn: - spin_unlock_irqrestore(&shout->lock, flags); */
	/* learn: mistake not-disabled */
	/* learn: - virtqueue_disable_cb(vq); */
	/* learn: mistake length-ignored */
	/* learn: - shout_take(word, used); */
	/* learn: + shout_take(word, word->len); */
	/* learn: end */
}

static bool shout_all_answered(struct shout *shout)
{
	guard(spinlock_irqsave)(&shout->lock);
	return shout->in_flight == 0;
}

static int shout_cut(struct shout *shout, const char *line, size_t count)
{
	const char *end = line + count;

	shout->count = 0;
	while (line < end) {
		struct shout_word *word = &shout->words[shout->count];
		size_t len = strcspn(line, "\n ");

		if (len > shout->max)
			return -EMSGSIZE;
		if (len && shout->count == SHOUT_WORDS)
			return -E2BIG;
		if (len) {
			memcpy(word->out, line, len);
			word->len = len;
			word->answer_len = 0;
			shout->count++;
		}
		line += len + 1;
	}
	return 0;
}

static int shout_send_all(struct shout *shout)
{
	guard(spinlock_irqsave)(&shout->lock);
	for (unsigned int i = 0; i < shout->count; i++) {
		int err = shout_send(shout, &shout->words[i]);

		if (err)
			return err;
	}
	return 0;
}

static ssize_t words_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct shout *shout = dev_to_virtio(dev)->priv;
	int err;

	guard(mutex)(&shout->line);
	/* After a time-out the buffers are still the device's: let them be. */
	if (!shout_all_answered(shout))
		return -EBUSY;
	err = shout_cut(shout, buf, count);
	if (err)
		return err;
	err = shout_send_all(shout);
	if (!wait_event_timeout(shout->answered, shout_all_answered(shout), SHOUT_TIMEOUT))
		err = -ETIMEDOUT;
	return err ?: count;
}

static ssize_t words_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct shout *shout = dev_to_virtio(dev)->priv;
	size_t len = 0;

	guard(mutex)(&shout->line);
	for (unsigned int i = 0; i < shout->count; i++) {
		const struct shout_word *word = &shout->words[i];

		if (len + word->answer_len + 1 > PAGE_SIZE)
			break;
		memcpy(buf + len, word->in, word->answer_len);
		len += word->answer_len;
		buf[len++] = i + 1 < shout->count ? ' ' : '\n';
	}
	return len;
}
static DEVICE_ATTR_ADMIN_RW(words);

static struct attribute *shout_attrs[] = {
	&dev_attr_words.attr,
	NULL
};
ATTRIBUTE_GROUPS(shout);

/* In a process, as reading the configuration may sleep. */
static void shout_read_config(struct work_struct *work)
{
	struct shout *shout = container_of(work, struct shout, work);
	u16 max;

	virtio_cread(shout->vdev, struct virtio_shout_config, max, &max);
	/* learn: cut config-change */
	guard(mutex)(&shout->line);
	/* The device may claim more than there is room for. */
	shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX);
	/* learn: instead */
	/* learn: + if (shout->max == 0) */
	/* learn: +	shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX); */
	/* learn: mistake unclamped */
	/* learn: - shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX); */
	/* learn: + shout->max = max; */
	/* learn: mistake not-kept */
	/* learn: - shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX); */
	/* learn: + if (shout->max == 0) */
	/* learn: +	shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX); */
	/* learn: mistake only-shrinks */
	/* learn: - shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX); */
	/* learn: + shout->max = shout->max ? min_t(size_t, max, shout->max) : max; */
	/* learn: mistake no-mutex */
	/* learn: - guard(mutex)(&shout->line); */
	/* learn: mistake never-unlocked */
	/* learn: - guard(mutex)(&shout->line); */
	/* learn: + mutex_lock(&shout->line); */
	/* learn: mistake huge-refused */
	/* learn: - shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX); */
	/* learn: + if (max <= VIRTIO_SHOUT_MAX) */
	/* learn: +	shout->max = max; */
	/* learn: mistake off-by-one */
	/* learn: - shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX); */
	/* learn: + shout->max = min_t(size_t, max, VIRTIO_SHOUT_MAX) - 1; */
	/* learn: end */
}

/* In the interrupt that says that the configuration has changed. */
static void shout_config_changed(struct virtio_device *vdev)
{
	struct shout *shout = vdev->priv;

	/* learn: cut config-change */
	schedule_work(&shout->work);
	/* learn: instead */
	/* learn: + (void)shout; */
	/* learn: mistake not-read */
	/* learn: - schedule_work(&shout->work); */
	/* learn: + (void)shout; */
	/* learn: mistake in-interrupt */
	/* learn: - schedule_work(&shout->work); */
	/* learn: + shout_read_config(&shout->work); */
	/* learn: end */
}

static int shout_probe(struct virtio_device *vdev)
{
	struct shout *shout;
	struct virtqueue *vq;

	/* learn: cut probe */
	shout = devm_kzalloc(&vdev->dev, sizeof(*shout), GFP_KERNEL);
	if (!shout)
		return -ENOMEM;
	shout->vdev = vdev;
	mutex_init(&shout->line);
	spin_lock_init(&shout->lock);
	init_waitqueue_head(&shout->answered);
	INIT_WORK(&shout->work, shout_read_config);
	vdev->priv = shout;
	vq = virtio_find_single_vq(vdev, shout_done, "requests");
	if (IS_ERR(vq))
		return PTR_ERR(vq);
	shout->vq = vq;
	virtio_device_ready(vdev);
	shout_read_config(&shout->work);
	return 0;
	/* learn: instead */
	/* learn: + (void)shout, (void)vq; */
	/* learn: + return -ENODEV; */
	/* learn: mistake no-priv */
	/* learn: - vdev->priv = shout; */
	/* learn: mistake not-initialised */
	/* learn: - init_waitqueue_head(&shout->answered); */
	/* learn: mistake no-work */
	/* learn: - INIT_WORK(&shout->work, shout_read_config); */
	/* learn: mistake unchecked-queue */
	/* learn: - if (IS_ERR(vq)) */
	/* learn: - return PTR_ERR(vq); */
	/* learn: mistake ready-first */
	/* learn: - vq = virtio_find_single_vq(vdev, shout_done, "requests"); */
	/* learn: + virtio_device_ready(vdev); */
	/* learn: + vq = virtio_find_single_vq(vdev, shout_done, "requests"); */
	/* learn: - virtio_device_ready(vdev); */
	/* learn: mistake not-ready */
	/* learn: - virtio_device_ready(vdev); */
	/* learn: mistake late-priv */
	/* learn: - vdev->priv = shout; */
	/* learn: - virtio_device_ready(vdev); */
	/* learn: + virtio_device_ready(vdev); */
	/* learn: + vdev->priv = shout; */
	/* learn: mistake not-devm */
	/* learn: - shout = devm_kzalloc(&vdev->dev, sizeof(*shout), GFP_KERNEL); */
	/* learn: + shout = kzalloc(sizeof(*shout), GFP_KERNEL); */
	/* learn: mistake too-small */
	/* learn: - shout = devm_kzalloc(&vdev->dev, sizeof(*shout), GFP_KERNEL); */
	/* learn: + shout = devm_kzalloc(&vdev->dev, sizeof(shout), GFP_KERNEL); */
	/* learn: mistake no-callback */
	/* learn: - vq = virtio_find_single_vq(vdev, shout_done, "requests"); */
	/* learn: + (void)shout_done; */
	/* learn: + vq = virtio_find_single_vq(vdev, NULL, "requests"); */
	/* learn: mistake not-zeroed */
	/* learn: - shout = devm_kzalloc(&vdev->dev, sizeof(*shout), GFP_KERNEL); */
	/* learn: + shout = devm_kmalloc(&vdev->dev, sizeof(*shout), GFP_KERNEL); */
	/* learn: mistake no-config */
	/* learn: - shout_read_config(&shout->work); */
	/* learn: mistake other-error */
	/* learn: - return PTR_ERR(vq); */
	/* learn: + return -ENODEV; */
	/* learn: mistake ready-twice */
	/* learn: - virtio_device_ready(vdev); */
	/* learn: + virtio_device_ready(vdev); */
	/* learn: + virtio_device_ready(vdev); */
	/* learn: mistake returns-more */
	/* learn: - return 0; */
	/* learn: + return 1; */
	/* learn: mistake no-vdev */
	/* learn: - shout->vdev = vdev; */
	/* learn: mistake no-vq */
	/* learn: - shout->vq = vq; */
	/* learn: end */
}

static void shout_remove(struct virtio_device *vdev)
{
	struct shout *shout = vdev->priv;

	/* learn: cut reset */
	/* Reset, a device gives back every buffer and raises no more interrupts. */
	virtio_reset_device(vdev);
	cancel_work_sync(&shout->work);
	vdev->config->del_vqs(vdev);
	/* learn: instead */
	/* learn: + (void)shout; */
	/* learn: mistake no-reset */
	/* learn: - virtio_reset_device(vdev); */
	/* learn: mistake late-reset */
	/* learn: - virtio_reset_device(vdev); */
	/* learn: - cancel_work_sync(&shout->work); */
	/* learn: - vdev->config->del_vqs(vdev); */
	/* learn: + cancel_work_sync(&shout->work); */
	/* learn: + vdev->config->del_vqs(vdev); */
	/* learn: + virtio_reset_device(vdev); */
	/* learn: mistake freed */
	/* learn: - vdev->config->del_vqs(vdev); */
	/* learn: + vdev->config->del_vqs(vdev); */
	/* learn: + kfree(shout); */
	/* learn: mistake work-left */
	/* learn: - cancel_work_sync(&shout->work); */
	/* learn: mistake cancel-first */
	/* learn: - virtio_reset_device(vdev); */
	/* learn: - cancel_work_sync(&shout->work); */
	/* learn: + cancel_work_sync(&shout->work); */
	/* learn: + virtio_reset_device(vdev); */
	/* learn: mistake queue-left */
	/* learn: - vdev->config->del_vqs(vdev); */
	/* learn: end */
}

static const struct virtio_device_id shout_ids[] = {
	{ VIRTIO_ID_SHOUT, VIRTIO_DEV_ANY_ID },
	{ 0 }
};
MODULE_DEVICE_TABLE(virtio, shout_ids);

static struct virtio_driver shout_driver = {
	.driver.name = "shout",
	.driver.dev_groups = shout_groups,
	.id_table = shout_ids,
	.probe = shout_probe,
	.remove = shout_remove,
	.config_changed = shout_config_changed,
};
module_virtio_driver(shout_driver);

MODULE_DESCRIPTION("Driver of the virtio-shout device");
MODULE_LICENSE("GPL");
