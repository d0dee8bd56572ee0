#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Prints the TAP of the driver's KUnit suite, as the kernel's log has it from the
# first time that the driver was loaded.
#
#   kunit.sh kernel.log
set -eu

sed -n 's/^\[[^]]*\] *//p' "$1" | awk '
/^# Subtest: srfpga$/ { inside = 1; next }
/^# srfpga: / { exit }
inside && /^((not )?ok |1\.\.|# )/ { print }'
