# SPDX-License-Identifier: LGPL-2.1-or-later
# The unit tests of library and tool, and whole runs of the tool, under a thread
# checker and under valgrind. What needs a device skips, as on any host.

# Longest time of one program: these checkers are slow.
MEMCHECK_TIMEOUT ?= 1800
# Random networks that one test computes.
MEMCHECK_GRAPHS	?= 4

# Runs of the tool: every command, on a stub of the software FPGA that answers at
# once, and pictures through the shipped network.
MEMCHECK_SCRIPTS ?= selftests/tools/cli_commands.sh \
		selftests/tools/cli_classifier.sh

#: test-tsan          unit tests of library and tools with ThreadSanitizer
.PHONY: test-tsan
test-tsan:
	@selftests/vm/deps.sh host-build
	@rm -rf $(O)/test/tsan
	@$(TAP) part $(O)/test/tsan env \
		TSAN_OPTIONS='halt_on_error=1 second_deadlock_stack=1' \
		SRFPGA_TEST_GRAPHS=$(MEMCHECK_GRAPHS) \
		setarch -R $(MAKE) --no-print-directory SANITIZE=thread \
		O=$(O)/tsan TAPDIR=$(O)/test/tsan UNIT_SCRIPTS='$(MEMCHECK_SCRIPTS)' \
		TEST_TIMEOUT=$(MEMCHECK_TIMEOUT) check-host; \
	$(TAP) summary $(O)/test/tsan

# Programs under valgrind's name: the log of each is named after it.
MEMCHECK_TESTS	= $(UNIT_TESTS:$(O)/tests/%=$(O)/valgrind/%)
$(O)/valgrind/%: selftests/memcheck/valgrind.sh
	@mkdir -p $(@D)
	@ln -sf $(abspath selftests/memcheck/valgrind.sh) $@

#: test-valgrind      unit tests of library and tools under valgrind
.PHONY: test-valgrind check-valgrind
test-valgrind:
	@selftests/vm/deps.sh host-build memcheck
	@rm -rf $(O)/test/valgrind
	@$(TAP) part $(O)/test/valgrind $(MAKE) --no-print-directory \
		TAPDIR=$(O)/test/valgrind check-valgrind; \
	$(TAP) summary $(O)/test/valgrind

check-valgrind: userspace unit-tests
	@$(MAKE) --no-print-directory $(MEMCHECK_TESTS) $(O)/valgrind/srfpga \
		$(TOOLTEST_HELPERS)
	@mkdir -p $(TAPDIR)
	@bad=0; for t in $(MEMCHECK_TESTS) $(MEMCHECK_SCRIPTS); do \
		SRFPGA=$(abspath $(O))/valgrind/srfpga O=$(abspath $(O)) SRCDIR=$(SRCDIR) LD_LIBRARY_PATH=$(abspath $(O)) \
		SRFPGA_TEST_GRAPHS=$(MEMCHECK_GRAPHS) \
		$(TAP) run $(TAPDIR) $(MEMCHECK_TIMEOUT) $$(realpath -s $$t) || \
			bad=1; \
	done; exit $$bad

CHECKS		+= check-memcheck-scripts
.PHONY: check-memcheck-scripts
check-memcheck-scripts:
	$(Q)$(call deps,static)
	$(Q)shellcheck selftests/memcheck/*.sh
