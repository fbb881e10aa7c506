// SPDX-License-Identifier: GPL-2.0-only
/* Checksums and segmentation that one side leaves to the other. */
#include <linux/netdev_features.h>

#include "driver.h"

struct craft_net_offload {
	u8 feature;
	netdev_features_t as;
};

/* What the device does for us, and ... */
static const struct craft_net_offload craft_net_sending[] = {
	{ CRAFT_NET_F_CSUM, NETIF_F_HW_CSUM | NETIF_F_SG },
	{ CRAFT_NET_F_HOST_TSO4, NETIF_F_TSO },
	{ CRAFT_NET_F_HOST_TSO6, NETIF_F_TSO6 },
	{ CRAFT_NET_F_HOST_ECN, NETIF_F_TSO_ECN },
	{ CRAFT_NET_F_HOST_USO, NETIF_F_GSO_UDP_L4 },
};

/* ... what we take from it */
static const struct craft_net_offload craft_net_receiving[] = {
	{ CRAFT_NET_F_GUEST_CSUM, NETIF_F_RXCSUM },
	{ CRAFT_NET_F_GUEST_TSO4, NETIF_F_GRO_HW },
	{ CRAFT_NET_F_GUEST_TSO6, NETIF_F_GRO_HW },
	{ CRAFT_NET_F_GUEST_ECN, NETIF_F_GRO_HW },
	{ CRAFT_NET_F_GUEST_USO4, NETIF_F_GRO_HW },
	{ CRAFT_NET_F_GUEST_USO6, NETIF_F_GRO_HW },
};

static netdev_features_t craft_net_offers(const struct craft_net *net,
					  const struct craft_net_offload *offload, int count)
{
	netdev_features_t features = 0;

	for (; count; count--, offload++)
		if (craft_net_has(net, offload->feature))
			features |= offload->as;
	return features;
}

/* Packets larger than the network's, put together by the device or never taken apart */
bool craft_net_receives_gso(struct virtio_device *vdev)
{
	return virtio_has_feature(vdev, CRAFT_NET_F_GUEST_TSO4) ||
		virtio_has_feature(vdev, CRAFT_NET_F_GUEST_TSO6) ||
		virtio_has_feature(vdev, CRAFT_NET_F_GUEST_USO4) ||
		virtio_has_feature(vdev, CRAFT_NET_F_GUEST_USO6);
}

void craft_net_init_offloads(struct craft_net *net)
{
	netdev_features_t out, in;
	struct net_device *dev = net->dev;

	out = craft_net_offers(net, craft_net_sending, ARRAY_SIZE(craft_net_sending));
	in = craft_net_offers(net, craft_net_receiving, ARRAY_SIZE(craft_net_receiving));
	dev->features = out | in | NETIF_F_HIGHDMA | NETIF_F_GSO_ROBUST;
	dev->vlan_features = dev->features;
	dev->hw_features = out;
	if (craft_net_has(net, CRAFT_NET_F_CTRL_GUEST_OFFLOADS))
		dev->hw_features |= in;
	if (craft_net_has(net, CRAFT_NET_F_CTRL_VLAN))
		dev->features |= NETIF_F_HW_VLAN_CTAG_FILTER;
}

/* With a program of XDP, which wants packets as they were on the wire, none at all. */
int craft_net_set_offloads(struct craft_net *net, netdev_features_t features, bool xdp)
{
	const struct craft_net_offload *offload = craft_net_receiving;
	u64 bits = 0;
	__le64 data;
	int i;

	if (!craft_net_has(net, CRAFT_NET_F_CTRL_GUEST_OFFLOADS))
		return 0;
	for (i = 0; i < ARRAY_SIZE(craft_net_receiving); i++)
		if (!xdp && features & offload[i].as && craft_net_has(net, offload[i].feature))
			bits |= BIT_ULL(offload[i].feature);
	data = cpu_to_le64(bits);
	return craft_net_command(net, CRAFT_NET_CTRL_OFFLOADS, CRAFT_NET_CTRL_OFFLOADS_SET,
				 &data, sizeof(data));
}

int craft_net_set_features(struct net_device *dev, netdev_features_t features)
{
	struct craft_net *net = netdev_priv(dev);

	if (!((dev->features ^ features) & CRAFT_NET_RECEIVING))
		return 0;
	return craft_net_set_offloads(net, features, rtnl_dereference(net->xdp));
}
