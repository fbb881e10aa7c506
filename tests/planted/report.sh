#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Says what it is told to, a line each.
echo "KTAP version 1"
for line; do
	echo "$line"
done
