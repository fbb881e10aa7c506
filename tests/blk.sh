# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # for who reads this file; of lib.sh
# What the tests of craft-blk under load share: a guest's writer, and a qcow2 disk
# that is plugged in by QMP, where "$work/qmp" is.

writer=$work/blk-writer
musl-gcc -O2 -static -pthread "$root/tests/devices/guest/blk-writer.c" -o "$writer" || exit 1
monitor="-qmp unix:$work/qmp,server=on,wait=off"
flushed=0

# qmp [EXECUTE ARGUMENTS]...: one after the other; prints what is returned
qmp() {
	python3 - "$work/qmp" "$@" <<-'END'
		import json, socket, sys
		monitor = socket.socket(socket.AF_UNIX)
		monitor.settimeout(20)
		monitor.connect(sys.argv[1])
		lines = monitor.makefile("r")
		lines.readline()
		for execute, arguments in zip(["qmp_capabilities"] + sys.argv[2::2], ["{}"] + sys.argv[3::2]):
		    monitor.sendall(('{"execute":"%s","arguments":%s}' % (execute, arguments)).encode())
		    while True:
		        line = json.loads(lines.readline())
		        if "error" in line:
		            sys.exit(execute + ": " + line["error"]["desc"])
		        if "return" in line:
		            break
		    print(json.dumps(line["return"]))
	END
}

concluded() {
	qmp query-jobs '{}' | grep -q '"concluded"'
}

# make_disk FILE: an empty one of 1 GiB
make_disk() {
	qmp blockdev-create '{"job-id":"file","options":{"driver":"file","filename":"'"$1"'","size":0}}' &&
		await 20 concluded && qmp job-dismiss '{"id":"file"}' \
		blockdev-add '{"driver":"file","node-name":"new","filename":"'"$1"'"}' \
		blockdev-create '{"job-id":"qcow2","options":{"driver":"qcow2","file":"new","size":1073741824}}' &&
		await 20 concluded && qmp job-dismiss '{"id":"qcow2"}' blockdev-del '{"node-name":"new"}'
}

# add_disk FILE: the node "disk", and an iothread called "thread"
add_disk() {
	[ -e "$1" ] || make_disk "$1" || return
	qmp object-add '{"qom-type":"iothread","id":"thread"}' \
		blockdev-add '{"driver":"qcow2","node-name":"disk","file":{"driver":"file","filename":"'"$1"'"}}'
}

# plug DEVICE: on that disk, with its properties as members of JSON
plug() {
	qmp device_add '{"drive":"disk","bus":"hotplug0","id":"blk","driver":'"$1}"
}

# A part of a second, that of another try
a_while() {
	echo "0.$(od -An -N1 -tu1 /dev/urandom | awk '{ printf "%03d", $1 * 2 }')"
}

kill_qemu() {
	qemus | sed 's|^/proc/\([0-9]*\)/environ$|\1|' | xargs -r kill -9
}

# last_flushed FILE: what the writer said last, if it could end its line
last_flushed() {
	sed -n 's/^.*flushed \([0-9]*\)\..*$/\1/p' "$1" | tail -n 1
}
