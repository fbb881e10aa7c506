// SPDX-License-Identifier: GPL-2.0-only
/* Grades the module greet from inside the guest. */
#include <kc-test.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PARAMETER "/sys/module/greet/parameters/whom"

static bool mistake(const char *name)
{
	printf("# mistake %s\n", name);
	return false;
}

static bool run(const char *command)
{
	return !system(command);
}

static bool load(const char *parameter)
{
	char command[128];
	int status;

	snprintf(command, sizeof(command), "insmod /tmp/greet.ko %s 2>/tmp/said", parameter);
	status = system(command);
	if (!status)
		return true;
	if (WEXITSTATUS(status) > 128) {
		puts("# the kernel ended insmod in the middle of your init function");
		return false;
	}
	printf("# insmod: %s\n", kc_get("/tmp/said"));
	return run("dmesg | grep -q 'greet: unknown parameter'") ? false : mistake("init-fails");
}

static bool said(const char *words)
{
	char command[128];

	snprintf(command, sizeof(command), "dmesg | grep -q ' %s *$'", words);
	return run(command);
}

static bool greeted(const char *line)
{
	if (said(line))
		return true;
	printf("# the kernel's log has no line that is '%s'\n", line);
	if (said("Hello,"))
		return mistake("no-newline");
	if (!run("dmesg | grep -i hello >/tmp/said"))
		return mistake("says-nothing");
	printf("# it has: %s\n", kc_get("/tmp/said"));
	return false;
}

static bool greets(void)
{
	return load("whom=world") && greeted("Hello, world");
}

static bool greets_kernel(void)
{
	if (!load(""))
		return false;
	if (said("Hello, world"))
		return mistake("hard-coded");
	return greeted("Hello, kernel");
}

static bool shows(void)
{
	struct stat st;

	if (!load("whom=world"))
		return false;
	if (run("dmesg | grep -q 'greet: unknown parameter'")) {
		puts("# the module has no parameter 'whom'");
		return false;
	}
	if (stat(PARAMETER, &st)) {
		puts("# " PARAMETER " is not there");
		return mistake("hidden-parameter");
	}
	if ((st.st_mode & 0444) != 0444) {
		printf("# the mode of " PARAMETER " is %04o\n", st.st_mode & 07777);
		return mistake("private-parameter");
	}
	return kc_shows(PARAMETER, "world");
}

static bool goes(void)
{
	if (!load("whom=moon"))
		return false;
	if (!run("rmmod greet 2>/tmp/said")) {
		printf("# rmmod: %s\n", kc_get("/tmp/said"));
		return mistake("no-exit");
	}
	if (said("Goodbye, moon"))
		return true;
	puts("# the kernel's log has no line that is 'Goodbye, moon'");
	return said("Goodbye, world") || said("Goodbye, kernel") ? mistake("fixed-goodbye") : false;
}

int main(int argc, char **argv)
{
	kc_test_begin(argc, argv);
	kc_test_by_name("greets", greets);
	kc_test_by_name("greets-kernel", greets_kernel);
	kc_test_by_name("shows", shows);
	kc_test_by_name("goes", goes);
	return kc_test_end();
}
