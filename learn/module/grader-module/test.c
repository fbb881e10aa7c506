// SPDX-License-Identifier: GPL-2.0-only
/* Grades the module greet from inside the guest. */
#include <kc-test.h>

static bool mistake(const char *name)
{
	printf("# mistake %s\n", name);
	return false;
}

static bool run(const char *command)
{
	return !system(command);
}

static bool load(void)
{
	if (run("insmod /tmp/greet.ko whom=world 2>/tmp/said"))
		return true;
	printf("# insmod: %s\n", kc_get("/tmp/said"));
	return run("dmesg | grep -q 'greet: unknown parameter'") ? false : mistake("init-fails");
}

static bool said(const char *words)
{
	char command[128];

	snprintf(command, sizeof(command), "dmesg | grep -q ' %s *$'", words);
	return run(command);
}

static bool greets(void)
{
	if (!load())
		return false;
	if (said("Hello, world"))
		return true;
	puts("# the kernel's log has no line that is 'Hello, world'");
	return said("Hello,") ? mistake("no-newline") : false;
}

static bool shows(void)
{
	if (!load())
		return false;
	if (!strcmp(kc_get("/sys/module/greet/parameters/whom"), "world"))
		return true;
	puts("# /sys/module/greet/parameters/whom is not there, or not 'world'");
	return run("dmesg | grep -q 'greet: unknown parameter'") ? false
								 : mistake("hidden-parameter");
}

static bool goes(void)
{
	if (!load())
		return false;
	if (!run("rmmod greet 2>/tmp/said")) {
		printf("# rmmod: %s\n", kc_get("/tmp/said"));
		return mistake("no-exit");
	}
	if (said("Goodbye, world"))
		return true;
	puts("# the kernel's log has no line that is 'Goodbye, world'");
	return false;
}

int main(int argc, char **argv)
{
	kc_test_begin(argc, argv);
	kc_test_by_name("greets", greets);
	kc_test_by_name("shows", shows);
	kc_test_by_name("goes", goes);
	return kc_test_end();
}
