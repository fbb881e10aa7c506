// SPDX-License-Identifier: GPL-2.0-only
/* A module that greets when it comes and takes its leave when it goes. */
#include <linux/init.h>
#include <linux/module.h>

static char *whom = "kernel";
/* learn: cut module */
module_param(whom, charp, 0444);
/* learn: instead */
/* learn: mistake hidden-parameter */
/* learn: - module_param(whom, charp, 0444); */
/* learn: + module_param(whom, charp, 0); */
/* learn: mistake private-parameter */
/* learn: - module_param(whom, charp, 0444); */
/* learn: + module_param(whom, charp, 0400); */
/* learn: end */

static int __init greet_init(void)
{
	/* learn: cut module */
	pr_info("Hello, %s\n", whom);
	return 0;
	/* learn: instead */
	/* learn: + (void)whom; */
	/* learn: + return -ENODEV; */
	/* learn: mistake init-fails */
	/* learn: - return 0; */
	/* learn: + return -1; */
	/* learn: mistake hard-coded */
	/* learn: - pr_info("Hello, %s\n", whom); */
	/* learn: + pr_info("Hello, world\n"); */
	/* learn: mistake returns-more */
	/* learn: - return 0; */
	/* learn: + return 1; */
	/* learn: mistake says-nothing */
	/* learn: - pr_info("Hello, %s\n", whom); */
	/* learn: + pr_debug("Hello, %s\n", whom); */
	/* learn: mistake endless */
	/* learn: - return 0; */
	/* learn: + while (whom) */
	/* learn: +	cpu_relax(); */
	/* learn: + return 0; */
	/* learn: mistake no-newline */
	/* learn: - pr_info("Hello, %s\n", whom); */
	/* learn: + pr_info("Hello, "); */
	/* learn: + pr_info("%s\n", whom); */
	/* learn: end */
}

/* learn: cut module */
static void __exit greet_exit(void)
{
	pr_info("Goodbye, %s\n", whom);
}

/* learn: instead */
/* learn: mistake no-exit */
/* learn: - static void __exit greet_exit(void) */
/* learn: - { */
/* learn: - pr_info("Goodbye, %s\n", whom); */
/* learn: - } */
/* learn: mistake fixed-goodbye */
/* learn: - pr_info("Goodbye, %s\n", whom); */
/* learn: +	pr_info("Goodbye, world\n"); */
/* learn: end */

module_init(greet_init);
/* learn: cut module */
module_exit(greet_exit);
/* learn: instead */
/* learn: mistake no-exit */
/* learn: - module_exit(greet_exit); */
/* learn: end */

MODULE_DESCRIPTION("Greets");
MODULE_LICENSE("GPL");
