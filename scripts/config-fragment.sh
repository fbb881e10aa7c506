#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernel configuration fragments.
#
# usage: config-fragment.sh merge FRAGMENT...
#	All of them as one: where two name a symbol, the later is right.
# usage: config-fragment.sh check FRAGMENTS CONFIG
#	Did every line of FRAGMENTS make it into CONFIG? Kconfig drops a symbol
#	whose dependencies are not met without a word.
# usage: config-fragment.sh save TREE BUILD FRAGMENT
#	Writes what BUILD/.config has beyond BUILD/fragments.config to FRAGMENT.

set -eu
. "$(dirname -- "$0")/common.sh"

# The last line for each symbol.
merge() {
	sed -nE 's/^(# )?(CONFIG_[A-Za-z0-9_]+)[ =].*/\2 &/p' "$@" |
		awk '{ name = $1; sub(/^[^ ]+ /, ""); line[name] = $0 } END { for (n in line) print line[n] }'
}

check() {
	fragments=$1
	config=$2
	lost=0
	while read -r line; do
		case $line in
		'#'*) name=${line#\# } && name=${name%% *} &&
			! grep -q "^$name=" "$config" ;;
		*) grep -qxF "$line" "$config" ;;
		esac || echo "$line"
	done <"$fragments" >"$config.lost"
	[ -s "$config.lost" ] || lost=1
	if [ $lost = 0 ]; then
		echo "kernelcraft: the kernel configuration lost these lines of guest/kernel/*.config:" >&2
		sed 's/^/  /' "$config.lost" >&2
		echo "Name what they depend on in a fragment, too (make linux-menuconfig, then /SYMBOL, tells)." >&2
	fi
	rm -f "$config.lost"
	return $((1 - lost))
}

# The smallest file that makes CONFIG again, as savedefconfig has it.
minimal() {
	mkdir -p "$build/saveconfig"
	cp "$1" "$build/saveconfig/.config"
	make -s -C "$tree" O="$build/saveconfig" olddefconfig savedefconfig >/dev/null
	sort "$build/saveconfig/defconfig"
}

save() {
	tree=$1
	build=$2
	fragment=$3
	minimal "$build/.config" >"$build/edited"
	mkdir -p "$build/saveconfig"
	make -s -C "$tree" O="$build/saveconfig" \
		KCONFIG_ALLCONFIG="$build/fragments.config" allnoconfig >/dev/null
	cp "$build/saveconfig/.config" "$build/base.full"
	minimal "$build/base.full" >"$build/base"
	{
		comm -23 "$build/edited" "$build/base"
		# What the base sets and the edited one does not, is off now.
		comm -13 "$build/edited" "$build/base" | sed -n 's/^\(CONFIG_[A-Za-z0-9_]*\)=.*/\1/p' |
			while read -r name; do
				grep -q "^$name=" "$build/edited" || echo "# $name is not set"
			done
	} >"$build/fragment"
	if [ ! -s "$build/fragment" ]; then
		echo "Nothing was edited: the configuration is what guest/kernel/*.config say."
	else
		cp "$build/fragment" "$fragment"
		echo "$fragment: $(wc -l <"$fragment") lines. Say in a comment there what they are for."
	fi
	remove "$build/saveconfig" "$build/edited" "$build/base" "$build/base.full" "$build/fragment"
}

"$@"
