# SPDX-License-Identifier: GPL-2.0
# Tests: the rooms say what there is (UNIT_TESTS, UNIT_SCRIPTS, CHECKS,
# GUEST_CHECKS), this says how it is run and counted.

include $(wildcard selftests/kselftest.mk selftests/guest.mk selftests/camera.mk selftests/*/tests.mk)

TAP		:= selftests/tap.sh
# Logs of a run; each part of "make test" has its own.
TAPDIR		?= $(O)/test/one
# Longest time of one test program, seconds.
TEST_TIMEOUT	?= 300

# Builds use all processors, tests run one after the other.
JOBS		:= $(shell nproc)
SANITISED	= SANITIZE=address,undefined O=$(O)/asan
.PHONY: unit-tests
unit-tests: $(UNIT_TESTS)

#: demo               a picture through driver, registers and software FPGA
.PHONY: demo
demo:
	@selftests/vm/deps.sh host-build guest
	@$(MAKE) -j$(JOBS) --no-print-directory guest-files
	@O=$(O) selftests/vm/demo.sh

#: test               all tests; ends with "N passed, N failed, N skipped"
TEST_PARTS	:= host sanitised guest static
.PHONY: test
test:
	@selftests/vm/deps.sh host-build guest static tests
	@rm -rf $(O)/test
	@$(MAKE) -j$(JOBS) --no-print-directory userspace unit-tests \
		guest-files kselftest; \
	$(MAKE) -j$(JOBS) --no-print-directory $(SANITISED) userspace \
		unit-tests; true
	@for part in $(TEST_PARTS); do \
		echo "== $$part"; \
		$(TAP) part $(O)/test/$$part $(MAKE) --no-print-directory \
			TAPDIR=$(O)/test/$$part test-$$part; \
	done; \
	$(TAP) summary $(TEST_PARTS:%=$(O)/test/%)

.PHONY: $(TEST_PARTS:%=test-%)
test-host: check-host
test-sanitised:
	@$(MAKE) --no-print-directory $(SANITISED) check-host
# Each of them runs, whatever became of those before it.
test-guest:
	@bad=0; for c in $(GUEST_CHECKS) check-guest check-camera; do \
		$(MAKE) --no-print-directory $$c || bad=1; \
	done; exit $$bad
test-static: check-static

#: check-host         unit tests on this machine (SANITIZE=address,undefined)
.PHONY: check-host
check-host: userspace unit-tests
	@mkdir -p $(TAPDIR)
	@bad=0; for t in $(UNIT_TESTS) $(UNIT_SCRIPTS); do \
		O=$(abspath $(O)) SRCDIR=$(SRCDIR) LD_LIBRARY_PATH=$(abspath $(O)) \
		$(TAP) run $(TAPDIR) $(TEST_TIMEOUT) $$(realpath $$t) || bad=1; \
	done; exit $$bad

# Each of them runs, whatever became of those before it.
FUZZERS		:= fuzz-soft fuzz-lib fuzz-tools fuzz-driver
#: fuzz               all fuzzers in turn (FUZZ_SECONDS= each, FUZZ_CALLS=)
.PHONY: fuzz
fuzz:
	@selftests/vm/deps.sh host-build guest fuzz
	@bad=0; for f in $(FUZZERS); do \
		$(MAKE) --no-print-directory $$f || bad=1; \
	done; exit $$bad

#: check-static       static checks of the sources
.PHONY: check-static $(CHECKS)
check-static:
	@bad=0; for c in $(CHECKS); do \
		$(TAP) check $(TAPDIR) $$c $(MAKE) --no-print-directory $$c || \
			bad=1; \
	done; exit $$bad
