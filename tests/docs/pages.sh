#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/pages.py: a page that is true passes, and each planted untruth is told
# with its line. No guest is needed: tests/docs/lessons.sh has those.
# shellcheck disable=SC2016 # what a page's shell is to expand
. "$(dirname "$0")/../lib.sh"

export PYTHONDONTWRITEBYTECODE=1
mkdir -p "$work/root/build" "$work/run"
ln -s "$root/build/lab" "$work/root/build/lab"
printf 'one\ntwo\n  three\nfour\n' >"$work/root/text"
page=$work/root/page.md
/usr/bin/python3 -c 'import markdown_it' 2>"$err" || {
	skip "pages are followed" "python3-markdown-it is not here"
	done_testing
	exit
}

# follow: the page on stdin
follow() {
	cat >"$page"
	try 60 "$root/scripts/pages.py" "$@" --root "$work/root" "$work/run" page.md
}

# told NAME LINE WORDS: the last page failed there, with the words
told() {
	[ "$status" = 1 ] && grep -qF "# page.md:$2: " "$out" && grep -qF -- "$3" "$out"
	result $? "$1"
}

true_page='# A page

```console
$ x=4
$ echo $((x + 1)) of 3 at 0x7f10, then; echo a; echo b; echo c
~7 of 3 at …, then
…
c
$ cat <<END
> kept  apart
> END
kept  apart
```

Not run: `rm -rf /`.

```sh
test $x = 4   # the shell stays
echo several \
    lines >file
```

```console status=3
$ (cat file; exit 3)
several lines
```

```c text
two
…
four
```

```diff
--- a/file
+++ b/file
@@ -1 +1 @@
-several lines
+one line
```

```console
$ cat file
one line
```
'

# planted NAME LINE WORDS SED: the true page with an untruth in it
planted() {
	sed "$4" "$work/true" >"$work/planted"
	follow <"$work/planted"
	told "$1" "$2" "$3"
}

printf '%s' "$true_page" >"$work/true"
follow <"$work/true"
[ "$status" = 0 ] && grep -qx 'ok 1 page.md: 8 commands' "$out"
result $? "a page that is true passes"

planted "an output that is not so" 12 "found:    kept  apart" '12s/kept/lost/'
planted "blanks that are not so" 12 "expected: kept apart" '12s/  / /'
planted "a number that is not marked" 6 "found:    5 of 3" '6s/~7/7/'
planted "another number beside a marked one" 6 "expected: ~7 of 4" '6s/of 3/of 4/'
planted "no line where one is" 7 "found:    a" '7d'
planted "a line where none is" 9 "found:    the end of the output" '8a d'
planted "a line too many behind any lines" 8 "expected: d" '8s/c/d/'
planted "another status" 24 "expected status 2, found 3" 's/status=3/status=2/'
planted "a failure that is not announced" 18 "expected status 0, found 1" 's/test $x = 4/test $x = 5/'
planted "an excerpt with a line that the file has not" 31 "text has no such line here" '31s/four/five/'
planted "an excerpt that leaves out a line" 30 "text has no such line here" '30d'
planted "an excerpt of no file" 28 "No such file" 's/^```c text/```c texts/'
planted "a patch that does not apply" 34 "the patch does not apply" 's/^-several/-many/'
planted "a word that no fence has" 3 "no such word for a fence: 'colour='" '3s/$/ colour=red/'
planted "output before a prompt" 4 "expected a prompt first" '4s/^. //'
planted "a guest's prompt without a guest" 4 "no guest runs here" '4s/^. /root@kernelcraft:~# /'
planted "a command that takes too long" 5 "has not ended in time" '3s/$/ limit=1/; 5s/echo/sleep 30; echo/'
planted "a command that ends the shell" 4 "ended the shell" '4s/x=4/exit/'

mkdir "$work/root/tests"
cp "$work/root/text" "$work/root/tests/"
printf '```sh\nbuild/bin/kc two three  # why (tests/text)\nmake \\\n    five  # (tests/text)\nx # (docs/none)\ny=1  # (none)\n```\n' \
	>"$work/elsewhere"
follow <"$work/elsewhere"
told "a command that is run elsewhere, and is not" 3 "tests/text does not run this: it has no 'make'"
told "elsewhere is nowhere" 5 "docs/none: No such file"
! grep -q 'page.md:[26]:' "$out" && grep -q 'page.md: 1 commands' "$out"
result $? "and one that is; a word in brackets is no file"

printf 'Words.\n\n    kept as it is\n    build/bin/kc run -- true\n' >"$work/indented"
follow <"$work/indented"
told "a command that is only indented" 4 "not in a fence"

printf '```console needs=no-such-program\n$ true\n```\n' >"$work/needs"
follow <"$work/needs"
[ "$status" = 77 ] && grep -q '^ok 1 page.md # SKIP there is no no-such-program here' "$out" &&
	grep -q '^# page.md:1: left out' "$out"
result $? "what needs a program that is not here is left out, with the reason"

sed '6s/of 3/of 4/; 12s/kept/lost/' "$work/true" >"$work/planted"
follow --update <"$work/planted"
[ "$status" = 0 ] && sed '6s/.*/5 of 3 at 0x7f10, then/' "$work/true" | cmp - "$page" >"$err"
result $? "--update writes what was seen, and leaves the marks of what holds"
cp "$page" "$work/wanted"
follow <"$work/wanted"
result "$status" "what it wrote is true"

done_testing
