# SPDX-License-Identifier: MIT
# Shipped models on the software FPGA: every bit of their expected outputs, and
# the scores that their cards state.

UNIT_SCRIPTS	+= tools/models/check.sh tools/models/batches.sh
# Scores have nothing to show a sanitiser that the expected outputs have not.
ifeq ($(SANITIZE),)
UNIT_SCRIPTS	+= tools/models/scores.sh
endif

#: models-check  run each shipped model, compare outputs and scores with its card
.PHONY: models-check
models-check: userspace
	O=$(abspath $(O)) SRCDIR=$(CURDIR) tools/models/check.sh
	O=$(abspath $(O)) SRCDIR=$(CURDIR) tools/models/scores.sh
