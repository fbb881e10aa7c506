/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/net-option.h"
#include "base/status.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define KINDS "user, socket:NAME, loop or none"

G_GNUC_PRINTF(2, 3)
static bool wrong(GError **error, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	if (error)
		*error = g_error_new_valist(STATUS_ERROR, STATUS_MISUSE, format, values);
	va_end(values);
	return false;
}

static bool parse_name(struct net_option *option, const char *name, GError **error)
{
	size_t len = strlen(name);

	if (!len || len > NET_NAME_MAX)
		return wrong(error, "a network's name has 1 to %d characters, not %zu",
			     NET_NAME_MAX, len);
	if (name[strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-")])
		return wrong(error,
			     "'%s' is not a network's name: letters, digits, '.', '_' and '-'",
			     name);
	option->kind = NET_SOCKET;
	option->name = g_strdup(name);
	return true;
}

static bool parse_kind(struct net_option *option, const char *kind, GError **error)
{
	static const struct {
		const char *name;
		enum net_kind kind;
	} kinds[] = {
		{"none", NET_NONE}, {"user", NET_USER}, {"peer", NET_PEER}, {"loop", NET_LOOP}};

	if (g_str_has_prefix(kind, "socket:"))
		return parse_name(option, kind + strlen("socket:"), error);
	if (g_str_equal(kind, "socket"))
		return wrong(error, "a network needs a name, such as 'socket:lab'");
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_str_equal(kind, kinds[i].name)) {
			option->kind = kinds[i].kind;
			return true;
		}
	}
	return wrong(error, "no such network: '%s'; it is " KINDS, kind);
}

static bool is_address(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", 2);
	struct in_addr address;
	guint64 prefix;

	return parts[0] && parts[1] && inet_pton(AF_INET, parts[0], &address) == 1 &&
	       g_ascii_string_to_unsigned(parts[1], 10, 1, 32, &prefix, NULL);
}

static bool take_address(struct net_option *option, const char *value, GError **error)
{
	if (!g_str_equal(value, "none") && !is_address(value))
		return wrong(error,
			     "'%s' is neither 'none' nor an IPv4 address with its prefix, such "
			     "as 10.0.3.1/24",
			     value);
	g_free(option->address);
	option->address = g_strdup(value);
	return true;
}

static bool is_mac(const char *text)
{
	unsigned byte[6];
	char behind;

	return sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &byte[0], &byte[1], &byte[2], &byte[3],
		      &byte[4], &byte[5], &behind) == 6 &&
	       strlen(text) == 17;
}

static bool take_mac(struct net_option *option, const char *value, GError **error)
{
	if (option->kind == NET_LOOP)
		return wrong(error, "mac= has no place in a loop, which has two NICs");
	if (!is_mac(value))
		return wrong(error, "'%s' is not a MAC, such as 52:54:00:00:00:01", value);
	g_free(option->mac);
	option->mac = g_ascii_strdown(value, -1);
	return true;
}

static bool take_guest(struct net_option *option, const char *value, GError **error)
{
	guint64 number;

	if (option->kind != NET_SOCKET)
		return wrong(error, "guest= is for a network of several guests: socket:NAME");
	if (!g_ascii_string_to_unsigned(value, 10, 1, NET_GUESTS, &number, NULL))
		return wrong(error, "guest=%s: guests are numbered from 1 to %d", value,
			     NET_GUESTS);
	option->guest = number;
	return true;
}

static void append(char **to, const char *word)
{
	char *before = *to;

	*to = g_strconcat(before, ",", word, NULL);
	g_free(before);
}

/* Of QEMU's router; all else is the NIC's. */
static bool is_backends(const char *key)
{
	static const char *const keys[] = {"hostfwd", "guestfwd", "restrict", "tftp", NULL};

	return g_strv_contains(keys, key);
}

static bool take_property(struct net_option *option, const char *word, GError **error)
{
	const char *value = strchr(word, '=');
	g_autofree char *key = g_strndup(word, value ? (size_t)(value - word) : strlen(word));

	if (!value || value == word)
		return wrong(error, "'%s' is not of the form PROPERTY=VALUE", word);
	value++;
	if (option->kind == NET_NONE)
		return wrong(error, "'none' has no NIC, and so no '%s'", key);
	if (g_str_equal(key, "netdev") || g_str_equal(key, "id"))
		return wrong(error, "kc itself says what %s= is", key);
	if (g_str_equal(key, "address"))
		return take_address(option, value, error);
	if (g_str_equal(key, "guest"))
		return take_guest(option, value, error);
	if (g_str_equal(key, "mac"))
		return take_mac(option, value, error);
	if (g_str_equal(key, "device")) {
		g_free(option->device);
		option->device = g_strdup(value);
		return *value || wrong(error, "device= needs a NIC's type");
	}
	if (is_backends(key) && option->kind != NET_USER)
		return wrong(error, "%s= is for 'user'", key);
	append(is_backends(key) ? &option->backend : &option->properties, word);
	return true;
}

bool net_option_parse(struct net_option *option, const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);

	*option = (struct net_option){.properties = g_strdup(""), .backend = g_strdup("")};
	if (!words[0])
		return wrong(error, "a network is " KINDS);
	if (!parse_kind(option, words[0], error))
		return false;
	for (int i = 1; words[i]; i++)
		if (!take_property(option, words[i], error))
			return false;
	return true;
}

void net_option_clear(struct net_option *option)
{
	g_free(option->name);
	g_free(option->device);
	g_free(option->address);
	g_free(option->mac);
	g_free(option->properties);
	g_free(option->backend);
	*option = (struct net_option){0};
}

/* Of a range that QEMU's own NICs have, too; "kc" in the middle. */
static char *mac_of(const struct net_option *option, unsigned number)
{
	return option->mac ? g_strdup(option->mac) : g_strdup_printf("52:54:00:6b:63:%02x", number);
}

static void add_nic(const struct net_option *option, const char *type, unsigned netdev,
		    unsigned number, GPtrArray *nics)
{
	g_autofree char *mac = mac_of(option, number);

	g_ptr_array_add(nics, g_strdup_printf("%s,id=nic%u,netdev=net%u,mac=%s%s", type, netdev,
					      netdev, mac, option->properties));
}

void net_option_words(const struct net_option *option, const char *type, GPtrArray *netdevs,
		      GPtrArray *nics)
{
	unsigned count = option->kind == NET_LOOP ? 2 : option->kind == NET_NONE ? 0 : 1;

	for (unsigned i = 0; i < count; i++) {
		char *netdev;

		if (option->kind == NET_USER)
			netdev = g_strdup_printf("user,id=net%u%s", i, option->backend);
		else if (option->kind == NET_LOOP)
			netdev = g_strdup_printf("hubport,id=net%u,hubid=0", i);
		else
			netdev = g_strdup_printf("dgram,id=net%u,local.type=fd,local.str=%d", i,
						 MACHINE_FD_NET);
		g_ptr_array_add(netdevs, netdev);
		add_nic(option, type, i, option->guest + i, nics);
	}
}

char *net_option_config(const struct net_option *option)
{
	bool user = option->kind == NET_USER;
	g_autofree char *mac = mac_of(option, option->guest);

	if (option->kind == NET_NONE || g_strcmp0(option->address, "none") == 0 ||
	    (option->kind == NET_LOOP && !option->address))
		return NULL;
	if (option->address)
		return g_strdup_printf("%s,%s%s", mac, option->address,
				       user ? ",10.0.2.2,10.0.2.3" : "");
	if (user)
		return g_strdup_printf("%s,10.0.2.15/24,10.0.2.2,10.0.2.3", mac);
	return g_strdup_printf("%s,10.0.3.%u/24", mac, option->guest);
}
