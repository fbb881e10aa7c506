// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which packets the device is to hand over: the station's address, receive
 * modes, and filters of addresses and VLANs. The stack filters for itself, too:
 * a device that passes too much does no harm.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "driver.h"

#define CRAFT_NET_MACS	256	/* of each kind; with more, all of the kind are received */

static int craft_net_send_mac(struct craft_net *net, const u8 *mac)
{
	return craft_net_command(net, CRAFT_NET_CTRL_MAC, CRAFT_NET_CTRL_MAC_ADDR_SET, mac,
				 CRAFT_NET_MAC_BYTES);
}

int craft_net_set_mac(struct net_device *dev, void *address)
{
	struct craft_net *net = netdev_priv(dev);
	struct sockaddr *sa = address;
	int err = eth_prepare_mac_addr_change(dev, sa);

	if (!err && craft_net_has(net, CRAFT_NET_F_CTRL_MAC_ADDR))
		err = craft_net_send_mac(net, (const u8 *)sa->sa_data);
	if (!err)
		eth_commit_mac_addr_change(dev, sa);
	return err;
}

static void craft_net_switch(struct craft_net *net, u8 command, bool on)
{
	u8 value = on;
	int err = craft_net_command(net, CRAFT_NET_CTRL_RX, command, &value, sizeof(value));

	if (err)
		netdev_warn(net->dev, "receive mode %u was not set to %u (%d)\n", command, on, err);
}

/* One list of the table: how many, and which; none if there are too many. */
static u8 *craft_net_write_macs(u8 *at, const struct netdev_hw_addr_list *list)
{
	struct netdev_hw_addr *ha;
	__le32 count = 0;
	u8 *mac = at + sizeof(count);

	if (list->count <= CRAFT_NET_MACS) {
		list_for_each_entry(ha, &list->list, list) {
			ether_addr_copy(mac, ha->addr);
			mac += ETH_ALEN;
		}
		count = cpu_to_le32(list->count);
	}
	memcpy(at, &count, sizeof(count));
	return mac;
}

static void craft_net_send_filters(struct craft_net *net)
{
	struct net_device *dev = net->dev;
	bool promisc, allmulti;
	u8 *table, *end;
	int err;

	table = kmalloc(2 * (sizeof(__le32) + CRAFT_NET_MACS * ETH_ALEN), GFP_KERNEL);
	if (!table)
		return;
	netif_addr_lock_bh(dev);
	promisc = dev->flags & IFF_PROMISC || netdev_uc_count(dev) > CRAFT_NET_MACS;
	allmulti = dev->flags & IFF_ALLMULTI || netdev_mc_count(dev) > CRAFT_NET_MACS;
	end = craft_net_write_macs(craft_net_write_macs(table, &dev->uc), &dev->mc);
	netif_addr_unlock_bh(dev);
	craft_net_switch(net, CRAFT_NET_CTRL_RX_PROMISC, promisc);
	craft_net_switch(net, CRAFT_NET_CTRL_RX_ALLMULTI, allmulti);
	err = craft_net_command(net, CRAFT_NET_CTRL_MAC, CRAFT_NET_CTRL_MAC_TABLE_SET, table,
				end - table);
	if (err)
		netdev_warn(dev, "filter of addresses was not set (%d)\n", err);
	kfree(table);
}

/* The stack asks where nothing may wait. */
void craft_net_set_rx_mode(struct net_device *dev)
{
	struct craft_net *net = netdev_priv(dev);

	if (craft_net_has(net, CRAFT_NET_F_CTRL_RX))
		queue_work(net->wq, &net->rx_mode_work);
}

void craft_net_rx_mode_work(struct work_struct *work)
{
	struct craft_net *net = container_of(work, struct craft_net, rx_mode_work);

	rtnl_lock();
	if (net->state == CRAFT_NET_RUNNING)
		craft_net_send_filters(net);
	rtnl_unlock();
}

static int craft_net_send_vlan(struct craft_net *net, u8 command, u16 vid)
{
	__le16 id = cpu_to_le16(vid);

	return craft_net_command(net, CRAFT_NET_CTRL_VLAN, command, &id, sizeof(id));
}

int craft_net_add_vlan(struct net_device *dev, __be16 proto, u16 vid)
{
	struct craft_net *net = netdev_priv(dev);
	int err = craft_net_send_vlan(net, CRAFT_NET_CTRL_VLAN_ADD, vid);

	if (!err)
		__set_bit(vid, net->vlans);
	return err;
}

int craft_net_kill_vlan(struct net_device *dev, __be16 proto, u16 vid)
{
	struct craft_net *net = netdev_priv(dev);

	__clear_bit(vid, net->vlans);
	/* One that is on its way out forgets it by itself, or is there no more. */
	return net->state == CRAFT_NET_DEAD ? 0 :
		craft_net_send_vlan(net, CRAFT_NET_CTRL_VLAN_DEL, vid);
}

/* After a reset the device knows nothing of it. */
void craft_net_restore_filters(struct craft_net *net)
{
	unsigned int vid;
	int err = 0;

	if (craft_net_has(net, CRAFT_NET_F_CTRL_MAC_ADDR))
		err = craft_net_send_mac(net, net->dev->dev_addr);
	if (craft_net_has(net, CRAFT_NET_F_CTRL_VLAN))
		for_each_set_bit(vid, net->vlans, VLAN_N_VID)
			err = err ?: craft_net_send_vlan(net, CRAFT_NET_CTRL_VLAN_ADD, vid);
	if (err)
		netdev_warn(net->dev, "address or VLANs were not set (%d)\n", err);
	craft_net_set_rx_mode(net->dev);
}
