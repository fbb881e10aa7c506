#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What our driver of virtio-blk sends: each request as our device's trace has it,
# against what the specification asks of a driver.
# shellcheck disable=SC2016 # what the guest is to expand
. "$(dirname "$0")/../lib.sh"

sectors=131072
guest='blk_test take sizes vectors flush write-zeroes discard beyond serial cache
	cat /sys/block/cbd0/device/features'
try 120 "$kc" run --cold --no-device --module craft_blk --qemu-args "-trace craft_blk_set_writeback \
	-trace enable=craft_blk_request,file=$work/trace 	-drive if=none,id=d,driver=null-co,size=64M,read-zeroes=on,snapshot=on,discard=unmap" \
	--device craft-blk-pci,drive=d,serial=workshop-disk -- sh -c "$guest"
[ $status = 0 ] && ! grep -q '^not ok' "$out"
result $? "our driver talks with our device"
features=$(tail -n 1 "$out")
[ "$(echo "$features" | cut -c 18)" = 0 ] && [ "$(echo "$features" | cut -c 24)" = 1 ]
result $? "features: no zones, but writes that are stable"

# type sector bytes, a line a request; bytes are those of the data. -1 0 0: set to write through
python3 "$root/build/qemu/src/scripts/simpletrace.py" "$root/devices/blk/trace-events" "$work/trace" \
	2>"$err" | sed -n -e 's/^craft_blk_set_writeback.* writeback=0x0$/-1 0 0/p' -e 's/^craft_blk_request.* type=\([^ ]*\) sector=\([^ ]*\) bytes=\([^ ]*\).*/\1 \2 \3/p' |
	while read -r type sector bytes; do
		echo $((type)) $((sector)) $((bytes))
	done >"$work/wire"
cp "$work/wire" "$out"

# all NAME WORDS KIND CONDITION: there are requests for which awk's KIND holds, and
# the condition holds for all of these
all() {
	awk "$3 { some++; if (!($4)) { print \"# request\", \$0; bad++ } } END { exit bad || !some }" "$work/wire"
	result $? "$1 ($2)"
}
all "reads" "whole sectors within the disk" '$1 == 0' "\$3 % 512 == 0 && \$2 + \$3 / 512 <= $sectors"
all "writes" "whole sectors within the disk" '$1 == 1 || $1 == 257' "\$3 % 512 == 0 && \$2 + \$3 / 512 <= $sectors"
all "stable writes" "there are some" '$1 == 257' 1
all "flushes" "no sector and no data" '$1 == 4' '$2 == 0 && $3 == 0'
all "serial number" "20 bytes" '$1 == 8' '$2 == 0 && $3 == 20'
all "discards" "whole ranges, 16 at most" '$1 == 11' '$2 == 0 && $3 % 16 == 0 && $3 / 16 <= 16'
all "write zeroes" "one range" '$1 == 13' '$2 == 0 && $3 == 16'
awk 'through && $1 != 4 { bad++ } { through = $1 == -1; some += through } END { exit bad || !some }' "$work/wire"
result $? "a flush follows when the cache is set to write through"
! awk '$1 !~ /^(-1|0|1|4|8|11|13|257)$/' "$work/wire" | grep .
result $? "and nothing else"

done_testing
