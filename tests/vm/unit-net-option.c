/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands behind --net becomes a NIC, its back end and its address, or is refused. */
#include "vm/net-option.h"
#include "base/status.h"
#include "../unit.h"

#include <string.h>

/* "NETDEV... | NIC... | CONFIG" */
static char *told(const char *text, unsigned guest)
{
	g_autoptr(GPtrArray) netdevs = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) nics = g_ptr_array_new_with_free_func(g_free);
	GString *out = g_string_new(NULL);
	g_autofree char *config = NULL;
	struct net_option option;

	assert_true(net_option_parse(&option, text, NULL));
	option.guest = option.guest ? option.guest : guest;
	net_option_words(&option, "nic", netdevs, nics);
	config = net_option_config(&option);
	for (guint i = 0; i < netdevs->len; i++)
		g_string_append_printf(out, "%s ", (char *)netdevs->pdata[i]);
	for (guint i = 0; i < nics->len; i++)
		g_string_append_printf(out, "| %s ", (char *)nics->pdata[i]);
	g_string_append_printf(out, "| %s", config ? config : "-");
	net_option_clear(&option);
	return g_string_free(out, FALSE);
}

static void assert_told(const char *text, unsigned guest, const char *expected)
{
	g_autofree char *seen = told(text, guest);

	assert_string_equal(seen, expected);
}

static void each_kind_has_its_back_end(void **state)
{
	(void)state;
	assert_told("none", 1, "| -");
	assert_told("user", 1,
		    "user,id=net0 | nic,id=nic0,netdev=net0,mac=52:54:00:6b:63:01 "
		    "| 52:54:00:6b:63:01,10.0.2.15/24,10.0.2.2,10.0.2.3");
	assert_told("socket:lab", 3,
		    "dgram,id=net0,local.type=fd,local.str=11 "
		    "| nic,id=nic0,netdev=net0,mac=52:54:00:6b:63:03 "
		    "| 52:54:00:6b:63:03,10.0.3.3/24");
	assert_told("loop", 1,
		    "hubport,id=net0,hubid=0 hubport,id=net1,hubid=0 "
		    "| nic,id=nic0,netdev=net0,mac=52:54:00:6b:63:01 "
		    "| nic,id=nic1,netdev=net1,mac=52:54:00:6b:63:02 | -");
}

static void what_follows_goes_where_it_belongs(void **state)
{
	(void)state;
	assert_told("user,mtu=9000,hostfwd=tcp::2222-:22,packed=on", 1,
		    "user,id=net0,hostfwd=tcp::2222-:22 "
		    "| nic,id=nic0,netdev=net0,mac=52:54:00:6b:63:01,mtu=9000,packed=on "
		    "| 52:54:00:6b:63:01,10.0.2.15/24,10.0.2.2,10.0.2.3");
	assert_told("socket:a,guest=64,address=192.168.1.7/28,mac=52:54:00:AA:00:01", 1,
		    "dgram,id=net0,local.type=fd,local.str=11 "
		    "| nic,id=nic0,netdev=net0,mac=52:54:00:aa:00:01 "
		    "| 52:54:00:aa:00:01,192.168.1.7/28");
	assert_told("user,address=none", 1,
		    "user,id=net0 | nic,id=nic0,netdev=net0,mac=52:54:00:6b:63:01 | -");
}

static void nonsense_is_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"", "user, socket:NAME, loop or none"},
		{"bridge", "no such network: 'bridge'"},
		{"socket", "needs a name"},
		{"socket:", "not 0"},
		{"socket:a/b", "'a/b' is not a network's name"},
		{"socket:123456789012345678901234567890123", "not 33"},
		{"socket:a,guest=0", "numbered from 1 to 64"},
		{"socket:a,guest=65", "numbered from 1 to 64"},
		{"user,guest=2", "guest= is for"},
		{"user,mq", "'mq' is not of the form"},
		{"user,=on", "'=on' is not of the form"},
		{"user,device=", "needs a NIC's type"},
		{"user,netdev=n", "kc itself says what netdev="},
		{"none,mtu=1", "'none' has no NIC"},
		{"loop,hostfwd=tcp::1-:1", "hostfwd= is for 'user'"},
		{"loop,mac=52:54:00:00:00:01", "which has two NICs"},
		{"user,mac=52:54:0:0:0:1", "is not a MAC"},
		{"user,address=10.0.0.1", "neither 'none' nor an IPv4 address"},
		{"user,address=10.0.0.1/33", "neither 'none' nor an IPv4 address"},
		{"user,address=10.0.0/24", "neither 'none' nor an IPv4 address"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct net_option option;
		GError *error = NULL;

		assert_false(net_option_parse(&option, cases[i].text, &error));
		net_option_clear(&option);
		assert_refused(error, STATUS_MISUSE, cases[i].words);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_kind_has_its_back_end),
	cmocka_unit_test(what_follows_goes_where_it_belongs),
	cmocka_unit_test(nonsense_is_refused),
};

UNIT_MAIN(tests)
