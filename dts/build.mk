# SPDX-License-Identifier: GPL-2.0
# Devicetree: bindings and overlays are checked, overlays are compiled.

DTBOS		:= $(patsubst dts/overlays/%.dtso,$(O)/dts/%.dtbo,$(wildcard dts/overlays/*.dtso))

$(O)/dts/%.dtbo: dts/overlays/%.dtso $(wildcard dts/overlays/*.dtsi)
	$(call say,DTC,$@)
	@mkdir -p $(@D)
	$(Q)cpp -nostdinc -undef -D__DTS__ -x assembler-with-cpp -I dts/overlays \
		$< $@.tmp && dtc -q -@ -I dts -O dtb -o $@ $@.tmp; s=$$?; \
		rm -f $@.tmp; exit $$s

#: dtbos              compile the devicetree overlays
.PHONY: dtbos
dtbos: $(DTBOS)

#: dt-check           bindings, examples, overlays on the mainline boards
.PHONY: dt-check
dt-check:
	@selftests/vm/deps.sh guest tests
	@selftests/vm/fetch.sh linux-source 6.12
	@TAPDIR=$(O)/tap-dt; rm -rf $$TAPDIR; \
	selftests/tap.sh run $$TAPDIR 300 dts/check.sh $(O)/dt-check \
		$(CACHE)/linux-source-6.12/src; \
	selftests/tap.sh summary $$TAPDIR
