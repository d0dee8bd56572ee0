# SPDX-License-Identifier: GPL-2.0
UNIT_SCRIPTS	+= selftests/dtgen/test_dtgen.sh
