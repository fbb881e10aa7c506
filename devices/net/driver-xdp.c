// SPDX-License-Identifier: GPL-2.0-only
/*
 * XDP: a program looks at each packet while it is still in its buffer, and
 * drops it, sends it back or elsewhere, or lets it pass.
 */
#include <linux/bpf.h>
#include <linux/bpf_trace.h>
#include <linux/filter.h>
#include <linux/netlink.h>

#include "driver.h"

/*
 * A buffer that was posted before there was a program has less room for headers
 * than one may count on. Where the packet fits behind more room it is moved.
 */
static void craft_net_make_headroom(struct xdp_buff *xdp)
{
	void *data = xdp->data_hard_start + XDP_PACKET_HEADROOM;
	unsigned int len = xdp->data_end - xdp->data;

	if (xdp->data >= data || data + len > xdp_data_hard_end(xdp))
		return;
	memmove(data, xdp->data, len);
	xdp->data = data;
	xdp->data_meta = data;
	xdp->data_end = data + len;
}

static enum craft_net_verdict craft_net_send_back(struct craft_net_rx *rx, struct xdp_buff *xdp)
{
	struct xdp_frame *frame = xdp_convert_buff_to_frame(xdp);
	struct craft_net *net = rx->net;

	craft_net_count(&rx->counts, CRAFT_NET_RX_XDP_TX, 1);
	if (!frame) {
		xdp_return_buff(xdp);
		return CRAFT_NET_GONE;
	}
	if (craft_net_send_frames(net, rx - net->rx, &frame, 1, false) == 1)
		return CRAFT_NET_SENT;
	xdp_return_frame_rx_napi(frame);
	return CRAFT_NET_GONE;
}

static enum craft_net_verdict craft_net_redirect(struct craft_net_rx *rx, struct bpf_prog *prog,
						 struct xdp_buff *xdp)
{
	craft_net_count(&rx->counts, CRAFT_NET_RX_XDP_REDIRECTS, 1);
	if (!xdp_do_redirect(rx->net->dev, xdp, prog))
		return CRAFT_NET_REDIRECTED;
	xdp_return_buff(xdp);
	return CRAFT_NET_GONE;
}

/* The device was told to leave sums and segments alone; a packet may have been on its way. */
static bool craft_net_may_run(const struct bpf_prog *prog, const struct craft_net_hdr *hdr,
			      const struct xdp_buff *xdp)
{
	return hdr->gso_type == CRAFT_NET_GSO_NONE && !(hdr->flags & CRAFT_NET_HDR_NEEDS_CSUM) &&
		(prog->aux->xdp_has_frags || !xdp_buff_has_frags(xdp));
}

enum craft_net_verdict craft_net_run_xdp(struct craft_net_rx *rx, struct bpf_prog *prog,
					 struct craft_net_hdr_hash *hdr, struct xdp_buff *xdp)
{
	u32 act = XDP_DROP;

	craft_net_count(&rx->counts, CRAFT_NET_RX_XDP_PACKETS, 1);
	if (likely(craft_net_may_run(prog, &hdr->hdr, xdp))) {
		craft_net_make_headroom(xdp);
		act = bpf_prog_run_xdp(prog, xdp);
	}
	switch (act) {
	case XDP_PASS:
		/* What the device knew of the packet may be true no more. */
		hdr->hdr.flags = 0;
		hdr->hash_report = CRAFT_NET_REPORT_NONE;
		return CRAFT_NET_PASS;
	case XDP_TX:
		return craft_net_send_back(rx, xdp);
	case XDP_REDIRECT:
		return craft_net_redirect(rx, prog, xdp);
	default:
		bpf_warn_invalid_xdp_action(rx->net->dev, prog, act);
		fallthrough;
	case XDP_ABORTED:
		trace_xdp_exception(rx->net->dev, prog, act);
		fallthrough;
	case XDP_DROP:
		craft_net_count(&rx->counts, CRAFT_NET_RX_XDP_DROPS, 1);
		xdp_return_buff(xdp);
		return CRAFT_NET_GONE;
	}
}

void craft_net_flush_xdp(struct craft_net_rx *rx, bool sent, bool redirected)
{
	if (redirected)
		xdp_do_flush();
	if (sent)
		craft_net_send_frames(rx->net, rx - rx->net->rx, NULL, 0, true);
}

/* Setting up */

int craft_net_check_xdp(struct craft_net *net, const struct bpf_prog *prog, int mtu,
			struct netlink_ext_ack *extack)
{
	if ((!net->mergeable || !prog->aux->xdp_has_frags) && mtu > craft_net_max_mtu(true)) {
		NL_SET_ERR_MSG_MOD(extack, "MTU is larger than a buffer; XDP takes single ones");
		return -EINVAL;
	}
	if (craft_net_has(net, CRAFT_NET_F_GUEST_CSUM) &&
	    !craft_net_has(net, CRAFT_NET_F_CTRL_GUEST_OFFLOADS)) {
		NL_SET_ERR_MSG_MOD(extack, "device cannot be told to finish checksums and packets");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int craft_net_set_xdp(struct craft_net *net, struct bpf_prog *prog,
			     struct netlink_ext_ack *extack)
{
	struct bpf_prog *old = rtnl_dereference(net->xdp);
	int err = 0;

	if (prog)
		err = craft_net_check_xdp(net, prog, net->dev->mtu, extack);
	if (!err && !old != !prog)
		err = craft_net_set_offloads(net, net->dev->features, prog);
	if (err)
		return err;
	rcu_assign_pointer(net->xdp, prog);
	if (old)
		bpf_prog_put(old);
	return 0;
}

int craft_net_bpf(struct net_device *dev, struct netdev_bpf *bpf)
{
	if (bpf->command != XDP_SETUP_PROG)
		return -EINVAL;
	return craft_net_set_xdp(netdev_priv(dev), bpf->prog, bpf->extack);
}
