// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the driver does right with its queue: the healthy half of each fault.
 * What changes it is called under the lock.
 */
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "driver.h"

int fault_add(struct fault *fault, struct fault_request *request)
{
	struct scatterlist out, in, *sgs[] = { &out, &in };

	sg_init_one(&out, &request->req, sizeof(request->req));
	sg_init_one(&in, &request->resp, sizeof(request->resp));
	return virtqueue_add_sgs(fault->vq, sgs, 1, 1, request, GFP_ATOMIC);
}

/* Asked before adding: the core kicks a ring that it finds full. */
bool fault_has_room(struct fault *fault)
{
	bool indirect = virtio_has_feature(fault->vdev, VIRTIO_RING_F_INDIRECT_DESC);

	return fault->vq->num_free >= (indirect ? 1 : 2);
}

bool fault_is_broken(struct fault *fault)
{
	return !fault->ready || READ_ONCE(fault->needs_reset) || virtqueue_is_broken(fault->vq);
}

static void fault_check(struct fault *fault, struct fault_request *request, u32 len)
{
	__le64 cookie = READ_ONCE(request->resp.cookie);

	fault->in_flight--;
	if (len == sizeof(request->resp) && cookie == request->cookie)
		return;
	fault->refused++;
	dev_err_ratelimited(&fault->vdev->dev,
			    "refused: used length %u, not %zu, cookie %llu, not %llu\n",
			    len, sizeof(request->resp), le64_to_cpu(cookie),
			    le64_to_cpu(request->cookie));
}

void fault_take(struct fault *fault)
{
	struct fault_request *request;
	unsigned int len;

	if (fault->kind->mend)
		fault->kind->mend(fault);
	while ((request = virtqueue_get_buf(fault->vq, &len))) {
		fault_check(fault, request, len);
		kfree(request);
	}
}

void fault_collect(struct fault *fault)
{
	do {
		virtqueue_disable_cb(fault->vq);
		fault_take(fault);
	} while (!virtqueue_enable_cb(fault->vq));
}
