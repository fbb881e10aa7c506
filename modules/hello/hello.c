// SPDX-License-Identifier: GPL-2.0-only
/* The first kernel module: a line in the log when it comes and when it goes. */
#include <linux/init.h>
#include <linux/module.h>

static char *whom = "kernel";
module_param(whom, charp, 0444);
MODULE_PARM_DESC(whom, "Whom to greet");

static int __init hello_init(void)
{
	pr_info("Hello, %s: module %s is here\n", whom, KBUILD_MODNAME);
	return 0;
}

static void __exit hello_exit(void)
{
	pr_info("Goodbye, %s\n", whom);
}

module_init(hello_init);
module_exit(hello_exit);

MODULE_DESCRIPTION("The first kernel module");
MODULE_LICENSE("GPL");
