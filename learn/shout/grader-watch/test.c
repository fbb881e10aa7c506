// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grades a driver of virtio-shout from inside the guest, a step a run. Where it
 * knows the mistake it says "# mistake NAME", whose hint exercise.ini has.
 */
#include <kc-test.h>

#include "steps.h"

int main(int argc, char **argv)
{
	kc_test_begin(argc, argv);
	kc_test_by_name("binds", binds);
	kc_test_by_name("ready", ready);
	kc_test_by_name("refuses", refuses);
	kc_test_by_name("one", one);
	kc_test_by_name("several", several);
	kc_test_by_name("full", full);
	kc_test_by_name("single", single);
	kc_test_by_name("burst", burst);
	kc_test_by_name("spaced", spaced);
	kc_test_by_name("window", window);
	kc_test_by_name("locked", locked);
	kc_test_by_name("used-length", used_length);
	kc_test_by_name("unbinds", unbinds);
	kc_test_by_name("rebinds", rebinds);
	kc_test_by_name("in-flight", in_flight);
	kc_test_by_name("smaller", smaller);
	kc_test_by_name("larger", larger);
	kc_test_by_name("huge", huge);
	kc_test_by_name("beyond-room", beyond_room);
	kc_test_by_name("beyond-word", beyond_word);
	kc_test_by_name("shorter", shorter);
	return kc_test_end();
}
