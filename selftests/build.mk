# SPDX-License-Identifier: GPL-2.0
# Tests: the rooms say what there is (UNIT_TESTS, UNIT_SCRIPTS, CHECKS), this
# says how it is run and counted.

include $(wildcard selftests/kselftest.mk selftests/*/tests.mk)

TAP		:= selftests/tap.sh
# Logs of a run; a sanitised run keeps its own beside the plain one.
TAPDIR		?= $(O)/tap
# Longest time of one test program, seconds.
TEST_TIMEOUT	?= 300

$(O)/tests/%: | $(O)
$(O):
	@mkdir -p $@

#: check-host         unit tests on this machine (SANITIZE=address,undefined)
.PHONY: check-host
check-host: userspace $(UNIT_TESTS)
	@rm -rf $(TAPDIR); mkdir -p $(TAPDIR)
	@bad=0; for t in $(UNIT_TESTS) $(UNIT_SCRIPTS); do \
		O=$(O) SRCDIR=$(SRCDIR) LD_LIBRARY_PATH=$(O) \
		$(TAP) run $(TAPDIR) $(TEST_TIMEOUT) $(CURDIR)/$$t || bad=1; \
	done; exit $$bad

#: check-static       static checks of the sources
.PHONY: check-static $(CHECKS)
check-static: $(CHECKS)
