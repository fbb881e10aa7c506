/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/net.h"
#include "base/status.h"
#include "vm/device-option.h"
#include "vm/net-option.h"

#include <stdio.h>
#include <string.h>

/* A QEMU of the user's may have been built without what "user" needs. */
static bool has_router(const char *qemu)
{
	const char *argv[] = {"timeout", "-k1", "10", qemu, "-netdev", "help", NULL};
	GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	/* What cannot be asked says itself what is wrong. */
	if (!g_spawn_sync(NULL, (char **)argv, NULL, flags, NULL, NULL, &text, NULL, NULL, NULL) ||
	    !strstr(text, "socket"))
		return true;
	lines = g_strsplit(text, "\n", -1);
	return g_strv_contains((const char *const *)lines, "user");
}

static bool check_qemu(const struct net_option *option, const char *own_qemu, GError **error)
{
	if (option->kind != NET_USER || !own_qemu || has_router(own_qemu))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "this QEMU has no router: '%s' was built without slirp; the lab's own has it",
		    own_qemu);
	return false;
}

/* "craft-net-pci", or as --device takes it. Caller frees. */
static char *choose_type(const struct machine *machine, const struct lab *lab,
			 const struct net_option *option, GError **error)
{
	enum transport transport = machine->transport;
	struct device_names *names;
	char *type;

	if (!option->device)
		return g_strdup(transport == TRANSPORT_PCI ? "virtio-net-pci"
							   : "virtio-net-device");
	names = device_names_new(lab, machine->qemu, error);
	if (!names)
		return NULL;
	type = device_option_resolve(names, transport, option->device, error);
	device_names_free(names);
	return type;
}

/* The guest's number is part of its machine: it decides about MAC and address. */
static bool choose_number(struct net *net, const struct net_request *request, bool printed,
			  struct net_option *option, struct machine *machine, GError **error)
{
	if (option->kind == NET_PEER && !request->peer_fd) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'peer' is for tests of two guests (tests.ini); guests of several kcs "
			    "meet by 'socket:NAME'");
		return false;
	}
	if (option->kind == NET_PEER) {
		machine->net_fd = request->peer_fd;
		option->guest = request->peer_number;
	} else if (option->kind == NET_SOCKET && !printed) {
		net->network = network_join(option->name, &option->guest, error);
		if (!net->network)
			return false;
		machine->net_fd = network_fd(net->network);
	} else if (option->kind == NET_SOCKET) {
		fputs("kc: only kc can join a network by its name: the NIC of this command is "
		      "alone\n",
		      stderr);
	}
	option->guest = MAX(option->guest, 1);
	return true;
}

static char **steal(GPtrArray *words)
{
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

static void use(struct net *net, const struct net_option *option, const char *type,
		struct machine *machine)
{
	GPtrArray *netdevs = g_ptr_array_new(), *nics = g_ptr_array_new();

	net_option_words(option, type, netdevs, nics);
	net->netdevs = steal(netdevs);
	net->nics = steal(nics);
	net->config = net_option_config(option);
	machine->netdevs = (const char *const *)net->netdevs;
	machine->nics = (const char *const *)net->nics;
	machine->net_config = net->config;
}

static bool prepare(struct net *net, const struct net_request *request, const struct lab *lab,
		    const char *own_qemu, bool printed, struct net_option *option,
		    struct machine *machine, GError **error)
{
	g_autofree char *type = NULL;

	if (!net_option_parse(option, request->texts[0], error))
		return false;
	if (option->kind == NET_NONE)
		return true;
	type = choose_type(machine, lab, option, error);
	if (!type || !check_qemu(option, own_qemu, error) ||
	    !choose_number(net, request, printed, option, machine, error))
		return false;
	use(net, option, type, machine);
	return true;
}

bool net_prepare(struct net *net, const struct net_request *request, const struct lab *lab,
		 const char *own_qemu, bool printed, struct machine *machine, GError **error)
{
	struct net_option option;
	bool ok;

	if (!request->texts)
		return true;
	if (request->texts[1]) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--net is there twice ('%s', '%s'); a guest has one, and more by "
			    "--qemu-args and --device",
			    request->texts[0], request->texts[1]);
		return false;
	}
	ok = prepare(net, request, lab, own_qemu, printed, &option, machine, error);
	net_option_clear(&option);
	if (!ok)
		g_prefix_error(error, "--net: ");
	return ok;
}

void net_clear(struct net *net)
{
	network_leave(net->network);
	g_strfreev(net->netdevs);
	g_strfreev(net->nics);
	g_free(net->config);
}
