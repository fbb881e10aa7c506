// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on the control queue, one at a time and under the RTNL. A device that
 * does not answer is not waited for again until it has: what it owes stays its
 * own, and is freed when it answers or is reset.
 */
#include <linux/jiffies.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "driver.h"

#define CRAFT_NET_ANSWER_TIME	(10 * HZ)
#define CRAFT_NET_NO_ANSWER	0xff

struct craft_net_order {
	struct craft_net_ctrl head;
	/* What the device writes is alone in its lines of the cache. */
	__aligned(ARCH_DMA_MINALIGN) u8 ack;
	__aligned(ARCH_DMA_MINALIGN) u8 data[];
};

void craft_net_control_interrupt(struct virtqueue *vq)
{
	struct craft_net *net = vq->vdev->priv;

	complete(&net->answered);
}

static int craft_net_send_order(struct craft_net *net, struct craft_net_order *order, size_t len)
{
	struct scatterlist head, data, ack, *sgs[] = { &head, &data, &ack };
	unsigned int out = len ? 2 : 1;
	int err;

	sg_init_one(&head, &order->head, sizeof(order->head));
	sg_init_one(&ack, &order->ack, sizeof(order->ack));
	if (len)
		sg_init_one(&data, order->data, len);
	else
		sgs[1] = &ack;
	err = virtqueue_add_sgs(net->control, sgs, out, 1, order, GFP_KERNEL);
	if (err)
		return err;
	reinit_completion(&net->answered);
	virtqueue_kick(net->control);
	return 0;
}

/* An interrupt may be lost, and the device may go: look now and then. */
static int craft_net_await_order(struct craft_net *net, struct craft_net_order *order)
{
	unsigned long limit = jiffies + CRAFT_NET_ANSWER_TIME;
	unsigned int used;

	while (virtqueue_get_buf(net->control, &used) != order) {
		if (virtqueue_is_broken(net->control)) {
			craft_net_recover(net);
			return -EIO;
		}
		if (time_after(jiffies, limit)) {
			dev_warn(&net->vdev->dev, "no answer to command %u of class %u\n",
				 order->head.command, order->head.class);
			return -ETIMEDOUT;
		}
		wait_for_completion_timeout(&net->answered, HZ / 10);
	}
	return 0;
}

/* The one that was not answered, if any, is answered, or nothing more is asked. */
static int craft_net_settle(struct craft_net *net)
{
	unsigned int used;

	if (!net->owed)
		return 0;
	if (virtqueue_get_buf(net->control, &used) != net->owed)
		return -EBUSY;
	kfree(net->owed);
	net->owed = NULL;
	return 0;
}

int craft_net_command(struct craft_net *net, u8 class, u8 command, const void *data, size_t len)
{
	struct craft_net_order *order;
	int err;

	ASSERT_RTNL();
	if (!net->control)
		return -ENODEV;
	err = craft_net_settle(net);
	if (err)
		return err;
	order = kzalloc(struct_size(order, data, len), GFP_KERNEL);
	if (!order)
		return -ENOMEM;
	order->head.class = class;
	order->head.command = command;
	order->ack = CRAFT_NET_NO_ANSWER;
	memcpy(order->data, data, len);
	err = craft_net_send_order(net, order, len);
	if (!err) {
		err = craft_net_await_order(net, order);
		if (err) {
			net->owed = order;
			return err;
		}
		err = order->ack == CRAFT_NET_ACK_OK ? 0 : -EINVAL;
	}
	kfree(order);
	return err;
}

/* The control queue is reset. */
void craft_net_free_owed(struct craft_net *net)
{
	kfree(net->owed);
	net->owed = NULL;
}
