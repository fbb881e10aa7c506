# SPDX-License-Identifier: GPL-2.0-or-later
# Every test: of kc's parts, of kc from outside, and of the devices in guests.

.PHONY: test bench

TESTS_C := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/*.c))
TESTS_SH := $(filter-out tests/lib.sh tests/scratch.sh tests/run.sh,$(wildcard tests/*.sh))
KC_PARTS := $(filter-out $(BUILD)/kc/main.o,$(KC_OBJECTS))

# What several tests share is linked into each.
TEST_PARTS := $(patsubst tests/parts/%.c,$(BUILD)/tests/parts/%.o,$(wildcard tests/parts/*.c))

$(BUILD)/tests/parts/%.o: tests/parts/%.c | preflight-test
	@mkdir -p $(@D)
	@$(CCACHE) gcc $(KC_CFLAGS) -c $< -o $@

$(BUILD)/tests/%: tests/%.c $(KC_PARTS) $(TEST_PARTS) | preflight-test
	@mkdir -p $(@D)
	@$(CCACHE) gcc $(KC_CFLAGS) $< $(KC_PARTS) $(TEST_PARTS) $(KC_LIBS) -lcmocka -o $@

# The longest first: the others fill what is left of the time.
test: all linux-debug $(TESTS_C) | preflight-test
	@tests/run.sh $(sort $(TESTS_SH)) $(sort $(TESTS_C))

bench: all
	@scripts/bench.sh

-include $(TESTS_C:%=%.d) $(TEST_PARTS:.o=.d)
