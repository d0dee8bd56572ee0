# SPDX-License-Identifier: MIT
# Shipped models: every bit of their expected outputs on the software FPGA.

UNIT_SCRIPTS	+= tools/models/check.sh

#: models-check  run each shipped model and compare with its expected output
.PHONY: models-check
models-check: userspace
	O=$(O) SRCDIR=$(CURDIR) tools/models/check.sh
