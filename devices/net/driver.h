/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the virtio-net driver. A received packet is put together from
 * its buffers (driver-buffer.c), which are pages of a pool (driver-pool.c), shown
 * to a program of XDP if there is one (driver-xdp.c), and given to the stack
 * (driver-rx.c). One
 * to be sent goes out by driver-tx.c. driver-control.c asks the device for what
 * driver-modes.c, driver-rss.c and driver-offload.c want of it. driver-config.c reads what it
 * says of itself, and driver-life.c stops it, starts it again, and gives it up.
 */
#ifndef CRAFT_NET_DRIVER_H
#define CRAFT_NET_DRIVER_H

#include <linux/cache.h>
#include <linux/completion.h>
#include <linux/dim.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/scatterlist.h>
#include <linux/u64_stats_sync.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/workqueue.h>
#include <net/xdp.h>

#include "abi.h"

struct bpf_prog;
struct netlink_ext_ack;
struct craft_net_buffer;
struct craft_net_order;
struct ethtool_rxfh_param;
struct ethtool_rxnfc;
struct page_pool;

/* Counters of a queue. What has a name in driver-ethtool.c is shown there. */
enum craft_net_rx_count {
	CRAFT_NET_RX_PACKETS,
	CRAFT_NET_RX_BYTES,
	CRAFT_NET_RX_DROPS,		/* no memory, or no room for so many buffers */
	CRAFT_NET_RX_LENGTH_ERRORS,	/* a used length or num_buffers that cannot be */
	CRAFT_NET_RX_HEADER_ERRORS,	/* a header that the packet does not bear out */
	CRAFT_NET_RX_XDP_PACKETS,
	CRAFT_NET_RX_XDP_DROPS,
	CRAFT_NET_RX_XDP_TX,
	CRAFT_NET_RX_XDP_REDIRECTS,
	CRAFT_NET_RX_KICKS,
	CRAFT_NET_RX_COUNTS
};

enum craft_net_tx_count {
	CRAFT_NET_TX_PACKETS,
	CRAFT_NET_TX_BYTES,
	CRAFT_NET_TX_DROPS,
	CRAFT_NET_TX_XDP,
	CRAFT_NET_TX_XDP_DROPS,
	CRAFT_NET_TX_KICKS,
	CRAFT_NET_TX_TIMEOUTS,
	CRAFT_NET_TX_STOPS,
	CRAFT_NET_TX_WAKES,
	CRAFT_NET_TX_COUNTS
};

static_assert((int)CRAFT_NET_TX_COUNTS <= (int)CRAFT_NET_RX_COUNTS);

struct craft_net_counts {
	struct u64_stats_sync sync;
	u64_stats_t of[CRAFT_NET_RX_COUNTS];
};

static inline void craft_net_count(struct craft_net_counts *counts, unsigned int which, u64 by)
{
	u64_stats_update_begin(&counts->sync);
	u64_stats_add(&counts->of[which], by);
	u64_stats_update_end(&counts->sync);
}

/* Notifications that the device may hold back */
struct craft_net_coalesce {
	u32 packets;
	u32 usecs;
};

struct craft_net_rx {
	struct virtqueue *vq;
	struct craft_net *net;
	struct napi_struct napi;
	struct page_pool *pool;
	struct xdp_rxq_info xdp_rxq;
	bool open;			/* NAPI runs */
	struct timer_list retry;	/* of filling, where there was no memory */
	struct scatterlist sg[1 + MAX_SKB_FRAGS];
	struct craft_net_counts counts;
	struct craft_net_coalesce coalesce;
	bool adaptive;			/* dim sets that */
	u16 interrupts;
	struct dim dim;
	char name[20];
} ____cacheline_aligned_in_smp;

/* All under the lock of the netdev's queue */
struct craft_net_tx {
	struct virtqueue *vq;
	struct craft_net *net;
	struct napi_struct napi;
	struct timer_list late;		/* collects what no interrupt was asked for */
	bool paused;			/* the virtqueue must not be touched */
	unsigned int in_flight;		/* packets that the device has */
	unsigned int timeouts;		/* in a row */
	unsigned long progress;		/* when something was sent last, in jiffies */
	unsigned int room;		/* descriptors that a packet may need */
	struct scatterlist sg[2 + MAX_SKB_FRAGS];
	struct craft_net_counts counts;
	struct craft_net_coalesce coalesce;
	char name[20];
} ____cacheline_aligned_in_smp;

enum craft_net_state {
	CRAFT_NET_AWAY,			/* not started yet, asleep, or gone */
	CRAFT_NET_RUNNING,
	CRAFT_NET_DEAD,			/* given up, or on its way out */
};

/* Which receive queue a packet goes to */
struct craft_net_scaling {
	u32 types;			/* CRAFT_NET_HASH_*, of what hashes are computed */
	u16 table[CRAFT_NET_RSS_TABLE_LENGTH];
	u8 key[CRAFT_NET_RSS_KEY_BYTES];
};

/* All that is not of a queue is under the RTNL. */
struct craft_net {
	struct virtio_device *vdev;
	struct net_device *dev;
	enum craft_net_state state;
	bool open;			/* the queues are */
	bool mergeable;			/* a packet may fill several buffers */
	unsigned int pages;		/* of a buffer: 1, more for big packets */
	unsigned int hdr_len;		/* of each packet's header */
	unsigned int pairs;		/* that there are, and ... */
	unsigned int active;		/* ... that are in use */
	struct craft_net_rx *rx;
	struct craft_net_tx *tx;
	struct bpf_prog __rcu *xdp;

	struct virtqueue *control;
	struct completion answered;
	struct craft_net_order *owed;	/* the device has it still */
	DECLARE_BITMAP(vlans, VLAN_N_VID);

	struct craft_net_scaling rss;
	u32 speed;
	u8 duplex;
	unsigned long last_recovery;	/* in jiffies */
	struct workqueue_struct *wq;
	struct work_struct config_work;
	struct work_struct rx_mode_work;
	struct delayed_work recovery;
};

static inline bool craft_net_has(const struct craft_net *net, unsigned int feature)
{
	return virtio_has_feature(net->vdev, feature);
}

/* From any context. A device that fails again and again is reset once a second. */
static inline void craft_net_recover(struct craft_net *net)
{
	unsigned long next = READ_ONCE(net->last_recovery) + HZ;

	queue_delayed_work(net->wq, &net->recovery,
			   time_before(jiffies, next) ? next - jiffies : 0);
}

/* Each pair has rings of its own, used or not. */
#define CRAFT_NET_PAIRS_SENSIBLE	512

/* driver-config.c */
extern const unsigned int craft_net_features[];
extern const unsigned int craft_net_num_features;
int craft_net_read_config(struct virtio_device *vdev, struct craft_net_config *config);
int craft_net_validate(struct virtio_device *vdev);
void craft_net_read_mac(struct craft_net *net, const struct craft_net_config *config);
void craft_net_read_link(struct craft_net *net, const struct craft_net_config *config);

/* driver-pool.c */
int craft_net_create_pool(struct craft_net_rx *rx);
void craft_net_destroy_pool(struct craft_net_rx *rx);
struct page *craft_net_get_part(struct craft_net_rx *rx, unsigned int *offset, unsigned int *size);
void craft_net_put_page(struct craft_net_rx *rx, struct page *page, bool napi);
void craft_net_mark_recycled(struct sk_buff *skb);

/* driver-buffer.c */
unsigned int craft_net_pages(unsigned int packet);
unsigned int craft_net_max_mtu(bool xdp);
bool craft_net_fits_halves(unsigned int mtu, unsigned int halves);
unsigned int craft_net_buffers(const struct craft_net *net, unsigned int mtu);
bool craft_net_fill(struct craft_net_rx *rx);
bool craft_net_take(struct craft_net_rx *rx, struct craft_net_buffer *buffer, unsigned int len,
		    struct craft_net_hdr_hash *hdr, struct xdp_buff *xdp);
void craft_net_free_rx_buffer(struct virtqueue *vq, void *buffer);

/* driver-rx.c */
void craft_net_init_rx(struct craft_net *net, unsigned int i);
void craft_net_open_rx(struct craft_net_rx *rx);
void craft_net_close_rx(struct craft_net_rx *rx);
void craft_net_rx_interrupt(struct virtqueue *vq);

/* driver-tx.c */
void craft_net_init_tx(struct craft_net *net, unsigned int i);
void craft_net_open_tx(struct craft_net_tx *tx);
void craft_net_close_tx(struct craft_net_tx *tx);
void craft_net_pause_tx(struct craft_net_tx *tx, bool paused);
netdev_tx_t craft_net_xmit(struct sk_buff *skb, struct net_device *dev);
void craft_net_collect_tx(struct craft_net_tx *tx);
void craft_net_reset_tx(struct craft_net_tx *tx);
void craft_net_free_tx_buffer(struct virtqueue *vq, void *buffer);
void craft_net_tx_interrupt(struct virtqueue *vq);
void craft_net_tx_timeout(struct net_device *dev, unsigned int queue);
int craft_net_send_frames(struct craft_net *net, unsigned int queue, struct xdp_frame **frames,
			  int n, bool kick);
int craft_net_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags);

/* driver-xdp.c */
enum craft_net_verdict {
	CRAFT_NET_PASS,
	CRAFT_NET_SENT,			/* back to where it came from */
	CRAFT_NET_REDIRECTED,
	CRAFT_NET_GONE,
};

enum craft_net_verdict craft_net_run_xdp(struct craft_net_rx *rx, struct bpf_prog *prog,
					 struct craft_net_hdr_hash *hdr, struct xdp_buff *xdp);
void craft_net_flush_xdp(struct craft_net_rx *rx, bool sent, bool redirected);
int craft_net_bpf(struct net_device *dev, struct netdev_bpf *bpf);
int craft_net_check_xdp(struct craft_net *net, const struct bpf_prog *prog, int mtu,
			struct netlink_ext_ack *extack);

/* driver-control.c */
int craft_net_command(struct craft_net *net, u8 class, u8 command, const void *data, size_t len);
void craft_net_control_interrupt(struct virtqueue *vq);
void craft_net_free_owed(struct craft_net *net);

/* driver-modes.c */
int craft_net_set_mac(struct net_device *dev, void *address);
void craft_net_set_rx_mode(struct net_device *dev);
void craft_net_rx_mode_work(struct work_struct *work);
int craft_net_add_vlan(struct net_device *dev, __be16 proto, u16 vid);
int craft_net_kill_vlan(struct net_device *dev, __be16 proto, u16 vid);
void craft_net_restore_filters(struct craft_net *net);

/* driver-offload.c */
#define CRAFT_NET_RECEIVING	(NETIF_F_RXCSUM | NETIF_F_GRO_HW)

void craft_net_init_offloads(struct craft_net *net);
bool craft_net_receives_gso(struct virtio_device *vdev);
int craft_net_set_offloads(struct craft_net *net, netdev_features_t features, bool xdp);
int craft_net_set_features(struct net_device *dev, netdev_features_t features);

/* driver-ethtool.c */
extern const struct ethtool_ops craft_net_ethtool_ops;
void craft_net_read_counts(const struct craft_net_counts *counts, unsigned int n, u64 *data);

/* driver-rss.c */
bool craft_net_hashes(const struct craft_net *net);
void craft_net_init_rss(struct craft_net *net, const struct craft_net_config *config);
int craft_net_send_rss(struct craft_net *net, unsigned int pairs);
void craft_net_set_hash(const struct craft_net *net, struct sk_buff *skb,
			const struct craft_net_hdr_hash *hdr);
u32 craft_net_get_rxfh_key_size(struct net_device *dev);
u32 craft_net_get_rxfh_indir_size(struct net_device *dev);
int craft_net_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param);
int craft_net_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param,
		       struct netlink_ext_ack *extack);
u32 craft_net_get_rx_ring_count(struct net_device *dev);
int craft_net_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *rules);

/* driver-dim.c */
int craft_net_send_coalesce(struct craft_net *net, const struct virtqueue *vq,
			    const struct craft_net_coalesce *coalesce);
bool craft_net_adapts(const struct craft_net *net);
void craft_net_init_dim(struct craft_net_rx *rx);
void craft_net_stop_dim(struct craft_net_rx *rx);
void craft_net_watch_dim(struct craft_net_rx *rx);

/* driver-rings.c */
bool craft_net_fits_rings(const struct craft_net *net, unsigned int mtu);
int craft_net_resize(struct craft_net *net, unsigned int rx, unsigned int tx);
int craft_net_set_active(struct craft_net *net, unsigned int pairs);
int craft_net_coalesce_queue(struct craft_net *net, unsigned int i,
			     const struct craft_net_coalesce *rx,
			     const struct craft_net_coalesce *tx);
int craft_net_coalesce_all(struct craft_net *net, const struct craft_net_coalesce *rx,
			   const struct craft_net_coalesce *tx);
void craft_net_restore_coalesce(struct craft_net *net);

/* driver-life.c */
unsigned int craft_net_least_ring(const struct craft_net *net);
int craft_net_open(struct net_device *dev);
int craft_net_stop(struct net_device *dev);
int craft_net_attach(struct craft_net *net);
void craft_net_detach(struct craft_net *net);
int craft_net_change_mtu(struct net_device *dev, int mtu);
void craft_net_recovery(struct work_struct *work);
int craft_net_freeze(struct virtio_device *vdev);
int craft_net_restore(struct virtio_device *vdev);

#endif
