# SPDX-License-Identifier: GPL-2.0
UNIT_SCRIPTS	+= selftests/gst/test_gst.sh
