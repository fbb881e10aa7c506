#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The CI recipe of a device outside the project, as the shell steps that it is.
# make soak takes a lab from a cache and goes to the end, which builds a QEMU.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

export KC_ROOT="$root"
unset KERNELCRAFT KERNELCRAFT_DIR JUNIT KC_DEVICES
# Wherever this lies, ccache knows its objects again.
export CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1
"$kc" new --out "$work" crc --queues requests,events --id 50 >/dev/null
unset KC_ROOT
cd "$work" || exit
mkdir workspace
cp -R crc workspace/
cp -R crc checkout

# What each of them runs, but for packages, which are the host's affair
github=$(sed -n 's/^      - run: //p' crc/.github/workflows/test.yml | grep -v apt-get)
gitlab=$(sed -n '/^  script:/,/^  [a-z]*:$/s/^    - //p' crc/.gitlab-ci.yml)
[ "$github" = 'sh crc/ci.sh' ] && [ "$gitlab" = 'sh ci.sh' ]
result $? "GitHub and GitLab run the same"

try 20 env -C workspace sh -e -c "$github"
[ "$status" != 0 ] && grep -q 'KERNELCRAFT: .*the address of the repository' "$err"
result $? "without a lab it asks for KernelCraft's address"

git init -q broken
printf 'all:\n\techo is not built; exit 1\n' >broken/Makefile
git -C broken add Makefile
git -C broken -c user.name=x -c user.email=x@test.invalid commit -qm broken
try 60 env -C workspace KERNELCRAFT="$work/broken" KERNELCRAFT_DIR=lab sh -e -c "$github"
[ "$status" != 0 ] && [ -e workspace/lab/Makefile ] && grep -q 'is not built' "$out" &&
	[ ! -e workspace/junit.xml ]
result $? "it clones a lab, and fails where that does not build"
rm -rf workspace/lab

# junit ATTRIBUTE FILE
junit() {
	sed -n "s/^<testsuites.* $1=\"\([0-9]*\)\".*/\1/p" "$2"
}

if [ "${SOAK:-}" ]; then
	scratch_project "$work/cache"
	# The debug kernel's modules are none of CI's.
	rm -rf "$work/cache/build/qemu/obj" "$work/cache/build/lab/debug"
	try 1800 env -C workspace KERNELCRAFT_DIR="$work/cache" sh -e -c "$github"
	[ "$status" = 0 ] && [ "$(junit tests workspace/junit.xml)" = 6 ] &&
		[ "$(junit failures workspace/junit.xml)" = 0 ]
	result $? "GitHub's steps pass with the lab of a cache"
	# In a folder of another name, with the cache in it
	sed -i "s/- 'a' + 'A'/- 'a' + 'B'/" checkout/test.c
	ln -s "$work/cache" checkout/.kernelcraft
	try 600 env -C checkout KERNELCRAFT_DIR=.kernelcraft sh -e -c "$gitlab"
	[ "$status" = 1 ] && [ "$(junit failures checkout/junit.xml)" = 6 ]
	result $? "GitLab's fail with a test that does, which the results tell"
else
	skip "GitHub's steps pass with the lab of a cache" "make soak builds a QEMU with the device"
	skip "GitLab's fail with a test that does" "make soak builds a QEMU with the device"
fi

done_testing
