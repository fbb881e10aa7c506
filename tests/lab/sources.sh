#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fetch.sh: from a Debian mirror that is none, and from upstream, for which a
# server of this file's own stands in.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

clone=$work/clone
scratch_clone "$clone"
cd "$clone" || exit

# From Debian
fetch() {
	rm -rf build/src
	try 60 env DEBIAN_MIRROR="$1" SOURCES= scripts/fetch.sh "${2:-qemu}" "${2:-qemu}" "$clone/build/src"
}
fetch http://127.0.0.1:1/debian
[ "$status" = 1 ] && grep -q 'cannot be fetched from http://127.0.0.1:1/debian' "$err" &&
	grep -qE 'E: .*(refused|connect)' "$err" && grep -q 'QEMU_SRC=DIR' "$err"
result $? "a mirror that does not answer: apt's reason, and what to do"
fetch http://127.0.0.1:1/debian meson
[ "$status" = 1 ] && grep -q DEBIAN_MIRROR=URL "$err" && ! grep -q _SRC "$err"
result $? "... and no variable that nothing reads"
fetch "file://$work/mirror"
refused "a mirror without the release" 1 'does not have a Release file'
mkdir -p "$work/mirror/dists/trixie/main/source"
printf 'Suite: trixie\nCodename: trixie\nComponents: main\nArchitectures: amd64\n' >"$work/mirror/dists/trixie/Release"
fetch "file://$work/mirror/"
refused "a mirror that is not signed" 1 'is not signed'
for word in mirror.example '/srv/mirror' 'http://a b/debian'; do
	fetch "$word"
	refused "no URL: '$word'" 1 "DEBIAN_MIRROR='$word' is not a URL"
done
mkdir -p build/src/qemu
touch build/src/qemu/old build/src/qemu.version
DEBIAN_MIRROR=file:///none scripts/fetch.sh qemu qemu "$clone/build/src" >"$out" 2>"$err"
[ ! -e build/src/qemu.version ] && [ -z "$(find build/src -name '*.tmp')" ]
result $? "what was fetched half is not vouched for"

# From upstream. One file is announced to be longer than it is.
mkdir -p "$work/files/busybox-1.0/sub" "$work/files/meson-1.8.2/mesonbuild" "$work/host"
echo upstream >"$work/files/busybox-1.0/sub/file"
echo "version = '1.8.2'" >"$work/files/meson-1.8.2/mesonbuild/coredata.py"
for tree in busybox-1.0 meson-1.8.2; do
	tar -C "$work/files" -czf "$work/files/$tree.tar.gz" $tree
done
cat >"$work/server.py" <<'END'
import http.server, os, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if not self.path.startswith("/short"):
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"cut")
    def log_message(self, *words):
        pass
os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END
python3 "$work/server.py" "$work/files" >"$work/port" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
await 10 test -s "$work/port"
url=http://127.0.0.1:$(cat "$work/port")

# upstream NAME ARCHIVE [SHA256]
upstream() {
	rm -rf build/src
	sum=${3:-$(sha256sum <"$work/files/$2" | cut -d ' ' -f 1)}
	try 60 env DEBIAN_MIRROR= SOURCES=upstream scripts/fetch.sh "$1" "$1" "$clone/build/src" '' "$url/$2" "$sum"
}
# nothing_left NAME
nothing_left() {
	[ ! -e "build/src/$1" ] && [ ! -e "build/src/$1.version" ] && [ -z "$(find build/src -name '*.t*')" ]
}

upstream busybox busybox-1.0.tar.gz
[ "$status" = 0 ] && [ "$(cat build/src/busybox/sub/file)" = upstream ] && [ "$(cat build/src/busybox.version)" = 1.0 ] &&
	[ -z "$(find build/src -name '*.tmp')" ]
result $? "upstream's archive by its SHA-256"
upstream busybox busybox-1.0.tar.gz "$(printf '%064d' 1)"
[ "$status" = 1 ] && grep -q "is another file: its SHA-256 is $(sha256sum <"$work/files/busybox-1.0.tar.gz" | cut -c 1-64), not 0*1" "$err" &&
	nothing_left busybox
result $? "... and another is refused, and nothing of it is left"
upstream busybox busybox-2.0.tar.gz "$(printf '%064d' 1)"
refused "what upstream does not have" 1 "$url/busybox-2.0.tar.gz: 404"
upstream qemu short.tar.gz "$(printf '%064d' 1)"
[ "$status" = 1 ] && grep -q 'qemu cannot be fetched' "$err" && grep -q 'IncompleteRead' "$err" && grep -q 'QEMU_SRC=DIR' "$err" &&
	nothing_left qemu
result $? "what ends too early"
real=$url
url=http://127.0.0.1:1
upstream busybox busybox-1.0.tar.gz "$(printf '%064d' 1)"
[ "$status" = 1 ] && grep -qi 'refused' "$err" && grep -q 'SOURCES=debian' "$err"
result $? "no network: the reason, and what else there is"
url=$real

# meson is known by its distribution.
upstream meson meson-1.8.2.tar.gz
found=$(PYTHONPATH=build/src/meson /usr/bin/python3 -c '
from importlib.metadata import distribution
meson = distribution("meson")
print(meson.version, list(meson.entry_points)[0].value)' 2>&1)
[ "$status" = 0 ] && [ "$found" = '1.8.2 mesonbuild.mesonmain:main' ] && [ -e build/src/meson/mesonbuild/coredata.py ]
result $? "upstream's meson is an installed one to QEMU's configure"
mkdir "$work/host/mesonbuild"
for version in 1.9.1 1.10.0 1.4.2 1.0.1; do
	echo "version = '$version'" >"$work/host/mesonbuild/coredata.py"
	PYTHONPATH="$work/host" PYTHONDONTWRITEBYTECODE=1 upstream meson meson-1.8.2.tar.gz
	case $version in 1.9.1 | 1.10.0) want="$version, the host's" ;; *) want=1.8.2 ;; esac
	[ "$status" = 0 ] && [ "$(cat build/src/meson.version)" = "$want" ]
	result $? "a host with meson $version: ${want#"$version, "} is taken"
done

# Which of the two: a PATH without apt, and without what unpacks its sources
mkdir "$work/bin"
cp -s /usr/bin/* "$work/bin/" 2>/dev/null
rm "$work/bin/apt-get"
sum=$(sha256sum <"$work/files/busybox-1.0.tar.gz" | cut -d ' ' -f 1)
auto() {
	rm -rf build/src
	try 60 env SOURCES= "$@" scripts/fetch.sh busybox busybox "$clone/build/src" '' "$url/busybox-1.0.tar.gz" "$sum"
}
auto PATH="$work/bin" DEBIAN_MIRROR=
[ "$status" = 0 ] && [ "$(cat build/src/busybox.version)" = 1.0 ]
result $? "a host without apt takes upstream's by itself"
auto PATH="$work/bin" DEBIAN_MIRROR=file:///none
[ "$status" != 0 ] && [ ! -e build/src/busybox.version ]
result $? "... unless a mirror is named"
rm "$work/bin/dpkg-source"
ln -s "$(command -v apt-get)" "$work/bin/"
auto PATH="$work/bin" DEBIAN_MIRROR=
[ "$status" = 0 ] && [ "$(cat build/src/busybox.version)" = 1.0 ]
result $? "... and one without dpkg-source"

# upstream_of NAME: its archive and hash, as make has them
upstream_of() {
	make -npq help 2>/dev/null | sed -n "s/^$1_UPSTREAM := *//p"
}
for part in LINUX:/linux-6.12. QEMU:/qemu-10.2. BUSYBOX:/busybox- MESON:/meson-; do
	upstream_of "${part%%:*}" | grep -qE "^https://[^ ]*${part#*:}[0-9.]+\\.tar\\.[a-z0-9]+ +[0-9a-f]{64}$"
	result $? "mk/sources.mk: ${part%%:*} of upstream has a series and a hash"
done
grep -q '^LINUX_PACKAGE *:= linux-source-6.12$' mk/sources.mk && [ -d qemu/patches/10.2 ]
result $? "... and is of Debian's series, or has patches of its own"
try 60 make help SOURCES=both
refused "SOURCES= is one of two" 2 "SOURCES is debian or upstream, not 'both'"
done_testing
