# SPDX-License-Identifier: GPL-2.0-or-later
# Every test: of kc's parts, of kc from outside, and of the devices in guests.

.PHONY: test test-bare test-kvm soak bench bench-blk bench-net

TESTS_C := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/*/unit-*.c tests/*/host-*.c))
# What runs in a machine that another test starts is not one of them.
TESTS_SH := $(filter-out tests/planted/% %/inside.sh,$(wildcard tests/*/*.sh))

# Each is linked with what it calls, and with what its room's tests share.
TEST_SHARED := $(foreach file,$(wildcard tests/*/*.c), \
	$(if $(filter unit-% host-%,$(notdir $(file))),,$(file)))
TEST_SHARED_OBJECTS := $(TEST_SHARED:%.c=$(BUILD)/%.o)

$(TESTS_C:%=%.o) $(TEST_SHARED_OBJECTS): $(BUILD)/%.o: %.c | preflight-test
	@mkdir -p $(@D)
	@$(CCACHE) gcc $(KC_CFLAGS) -c $< -o $@

$(TESTS_C): $(BUILD)/%: $(BUILD)/%.o $(TEST_SHARED_OBJECTS) $(KC_LINKED)
	@gcc $< $(filter $(@D)/%,$(TEST_SHARED_OBJECTS)) $(KC_LINKED) $(KC_LIBS) -lcmocka -o $@

# make check test: what the check says comes first.
test: all linux-debug linux-kvm $(TESTS_C) $(if $(filter soak,$(MAKECMDGOALS)),coverage) | preflight-test $(filter check,$(MAKECMDGOALS))
	@KC_BEGAN=$(BEGAN) tests/run.sh $(sort $(TESTS_SH)) $(sort $(TESTS_C))

# Where a test takes a sample, its file asks SOAK. What counts lines is built for it alone.
soak: export SOAK = 1
soak: test

## test-bare           the README's first command on a bare Debian 12 and 13 (root, a mirror, an hour)
test-bare: kc | preflight-test
	@tests/lab/bare.sh --whole

## test-kvm            the lab under KVM: this host's, or that of an emulated host
test-kvm: export SOAK = 1
test-kvm: all linux-kvm | preflight-test
	@tests/run.sh tests/kvm/kvm.sh

bench: all
	@scripts/bench.sh

## bench-blk           block devices and drivers, stock and ours, side by side (ARGS='null-read-*')
bench-blk: all | preflight-bench-blk
	@scripts/bench-blk.sh $(ARGS)

## bench-net           network devices and drivers, on a loop of two NICs (ARGS='round-trips packets')
bench-net: all
	@scripts/bench-net.sh $(ARGS)

-include $(TESTS_C:%=%.d) $(TEST_SHARED_OBJECTS:.o=.d)
