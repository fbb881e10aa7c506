#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The tests of every device and module, on both kernels where both are built.
cd "$(dirname "$0")/.." || exit 1
exec build/bin/kc test --junit build/log/tests/devices.xml
