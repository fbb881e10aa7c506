# SPDX-License-Identifier: GPL-2.0-or-later
# A page of docs/ as a manual page: awk -f man-page.awk -v section=5 PAGE.md
#
# It knows what those pages have: "# name: what it is", "## parts", paragraphs,
# code indented by four, and tables, whose first column becomes the term.

function escaped(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	gsub(/'/, "\\(aq", text)
	while (match(text, /`[^`]*`/))
		text = substr(text, 1, RSTART - 1) "\\fB" substr(text, RSTART + 1, RLENGTH - 2) \
			"\\fR" substr(text, RSTART + RLENGTH)
	return text
}

# A line that begins with a dot is none of roff's own.
function put(text) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	print (text ~ /^\./ ? "\\&" : "") escaped(text)
}

function end_block() {
	if (block == "code")
		print ".fi\n.RE"
	block = ""
}

function row(cells, n, i, text) {
	n = split($0, cells, "|")
	print ".TP"
	put(cells[2])
	for (i = 3; i < n; i++) {
		gsub(/^ +| +$/, "", cells[i])
		text = text (i > 3 ? "; " heads[i] " " : i == 3 && n > 4 ? heads[3] " " : "") cells[i]
	}
	put(text)
}

/^# / {
	name = $2
	sub(/:$/, "", name)
	printf ".TH %s %s \"\" KernelCraft\n.SH NAME\n", toupper(escaped(name)), section
	sub(/^# [^:]*: /, "")
	print escaped(name) " \\- " escaped($0)
	print ".SH DESCRIPTION"
	next
}
/^## / { end_block(); print ".SH " toupper(escaped(substr($0, 4))); next }
/^\|-/ { next }
/^\|/ && block != "table" {
	end_block()
	block = "table"
	split($0, heads, "|")
	for (i in heads)
		gsub(/^ +| +$/, "", heads[i])
	next
}
/^\|/ { row(); next }
/^    / {
	if (block != "code") {
		end_block()
		print ".PP\n.RS\n.nf"
		block = "code"
	}
	put($0)
	next
}
/^$/ { end_block(); next }
{
	if (block != "text") {
		end_block()
		print ".PP"
		block = "text"
	}
	put($0)
}
END { end_block() }
