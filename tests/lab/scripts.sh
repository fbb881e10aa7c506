#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What make does before it compiles: preflight.sh and kc doctor look at the host,
# step.sh shows what is done.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

clone=$work/clone
scratch_clone "$clone"
cd "$clone" || exit

# A host whose apt installs what was not there, and says what it was asked for
mkdir "$work/bin" "$work/host"
cat >"$work/bin/apt-get" <<END
#!/bin/sh
echo "\$*" >>"$work/asked"
[ "\$1" != install ] || touch "$work/host/one"
[ ! -e "$work/broken" ] || { echo "E: Unable to locate package one" && exit 100; }
END
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo"
chmod +x "$work/bin/"*
preflight() {
	: >"$work/asked"
	try 30 env PATH="$work/bin:$PATH" scripts/preflight.sh "$@"
}

# needs LINE...: this is all that there is to ask for.
needs() {
	printf '%s\n' "$@" >mk/packages.txt
	rm -f "$work/host/one"
}

needs "$work/host/one one one-dnf one,more qemu" 'sh dash dash dash build'
preflight build
[ "$status" = 0 ] && grep -q '^  one: qemu$' "$out" && ! grep -q dash "$out" &&
	grep -q '^install .* one$' "$work/asked"
result $? "what is missing is installed, and named with what it is for"
preflight build
[ "$status" = 0 ] && [ ! -s "$work/asked" ] && [ ! -s "$out" ]
result $? "... once"
needs "$work/host/one one one-dnf one,more make test"
preflight build
[ "$status" = 0 ] && [ ! -s "$work/asked" ]
result $? "what another verb needs alone is not asked for"
preflight test
[ "$status" = 0 ] && grep -q '^install .* one$' "$work/asked"
result $? "... but by that verb"
needs '/no/such/* two two two kc'
preflight build
refused "a package that brings not what it should is named" 1 'two kc'
needs "$work/host/one one one-dnf one,more kc"
touch "$work/broken"
preflight build
[ "$status" = 1 ] && grep -q 'Unable to locate package one' "$err" && grep -q 'build/log/packages.log' "$err"
result $? "apt's own words are shown where it fails"
rm "$work/broken"

# apt holds a lock, on which a second one gives up.
cat >"$work/bin/apt-get" <<END
#!/bin/sh
mkdir "$work/lock" || { echo 'E: Could not get lock' && exit 100; }
sleep 0.5
[ "\$1" != install ] || touch "$work/host/one" "$work/host/two"
rmdir "$work/lock"
END
needs "$work/host/one one one-dnf one,more kc" "$work/host/two two two two make test"
try 30 env PATH="$work/bin:$PATH" sh -c 'scripts/preflight.sh build & scripts/preflight.sh test && wait $!'
[ "$status" = 0 ] && [ -e "$work/host/two" ] && grep -q '^  one: kc$' "$out"
result $? "two at once install one after the other"

# Hosts with dnf and pacman, by stand-ins that say what they were asked for
rm -f "$work/host/one"
mkdir "$work/few"
for program in sh id flock uname mkdir cat awk sort tr df ls dirname realpath env; do
	ln -s "$(command -v $program)" "$work/few/"
done
try 30 env PATH="$work/few" scripts/preflight.sh build
refused "a host without a package manager gets the names" 1 'It has no apt, dnf or pacman: install them'
for other in dnf:'install -y .*one-dnf' pacman:'-S --needed --noconfirm more one'; do
	printf '#!/bin/sh\necho "$*" >>%s/asked\n: >%s/host/one\n' "$work" "$work" >"$work/few/${other%%:*}"
	chmod +x "$work/few/${other%%:*}"
	cp -p "$work/bin/sudo" "$work/few/"
	rm -f "$work/asked" "$work/host/one"
	try 30 env PATH="$work/few" scripts/preflight.sh build
	[ "$status" = 0 ] && grep -qxe "${other#*:} *" "$work/asked"
	result $? "${other%%:*} is asked for its own names"
	rm "$work/few/${other%%:*}"
done

# kc doctor, which make calls before a first build, by the same table
mkdir -p "$work/project/mk" "$work/project/devices" "$work/project/kc"
doctor() {
	echo "$1" >"$work/project/mk/packages.txt"
	try 30 env KC_ROOT="$work/project" "$kc" doctor
}
doctor '/no/such one one one make rootfs-buildroot'
[ "$status" = 0 ] && grep -q '^note .*/no/such is missing (for make rootfs-buildroot)' "$out"
result $? "kc doctor: what one verb needs alone is no fault of the host"
doctor '/no/such one one one qemu'
[ "$status" = 241 ] && grep -q '^FAULT .*/no/such is missing (for qemu)' "$out"
result $? "... what a build needs is"
# faults_of_table FILE: the lines that no host could use, and those that say a thing twice;
# two verbs may need the same
faults_of_table() {
	awk '/^#/ { next }
		{ names = 0; for (i = 2; i <= 4; i++) names += $i ~ /^(-|[A-Za-z0-9][A-Za-z0-9+._,-]*[A-Za-z0-9+])$/ }
		names != 3 || ($5 == "make") != (NF == 6) || NF < 5 || seen[$1 (NF == 6 ? $6 : "")]++ { print; bad = 1 }
		END { exit bad || NR < 2 }' "$1"
}
faults_of_table "$root/mk/packages.txt" >"$out"
result $? "each line of mk/packages.txt has names for three package managers, and a purpose or a verb"
for line in '/a b c make test' '/a b c d,' '/a b c d make' '/a b c, d qemu' 'gcc gcc gcc gcc build'; do
	{ cat "$root/mk/packages.txt" && echo "$line"; } >"$work/table"
	! faults_of_table "$work/table" >"$out"
	result $? "... which would find '$line'"
done

# step.sh
try 10 scripts/step.sh good sh -c 'echo said; echo wrong >&2; ! read -r line'
[ "$status" = 0 ] && grep -q '^good .*started, log: build/log/good.log' "$out" && grep -q '^good .*done in 0 min' "$out" &&
	[ "$(cat build/log/good.log)" = "$(printf 'said\nwrong')" ] && [ "$(cat build/log/good.seconds)" -le 9 ]
result $? "a step is told, and what it says is in its log"
try 10 scripts/step.sh bad sh -c 'seq 40; exit 7'
[ "$status" = 7 ] && grep -q '^bad failed (status 7) after' "$err" && grep -qx 40 "$err" && ! grep -qx 15 "$err"
result $? "one that fails keeps its status and shows the end of its log"
start=$(date +%s)
try 20 sh -c 'scripts/step.sh piped true | cat'
[ $(($(date +%s) - start)) -lt 10 ]
result $? "who reads a step's output is at its end when the step is"
KC_STEP_MARK=$$ scripts/step.sh marked sleep 1 >"$out"
left() {
	grep -ls "KC_STEP_MARK=$$" /proc/[0-9]*/environ
}
await 3 sh -c "! grep -ls 'KC_STEP_MARK=$$' /proc/[0-9]*/environ"
[ -z "$(left)" ]
result $? "... and nothing of it is left"
done_testing
