// SPDX-License-Identifier: GPL-2.0
/*
 * The accelerator's view of the guest's memory: copies in and out, refused where
 * there is no memory or where the test granted none.
 */
#include "fpga.h"

static bool is_ram(uint64_t addr, uint32_t len, bool write)
{
	MemoryRegionSection section;
	bool good;

	if (!len)
		return true;
	section = memory_region_find(get_system_memory(), addr, len);
	if (!section.mr)
		return false;
	good = memory_region_is_ram(section.mr) &&
	       !(write && section.readonly) &&
	       int128_get64(section.size) >= len;
	memory_region_unref(section.mr);
	return good;
}

static bool is_granted(const struct fpga_device *dev, uint64_t addr,
		       uint32_t len)
{
	if (!dev->enforce_grants)
		return true;
	for (uint32_t i = 0; i < dev->num_grants; i++) {
		const struct fpga_grant *grant = &dev->grant[i];

		if (addr >= grant->addr && len <= grant->len &&
		    addr - grant->addr <= grant->len - len)
			return true;
	}
	return false;
}

static bool allowed(struct fpga_dma *dma, uint64_t addr, uint32_t len,
		    bool write)
{
	struct fpga_device *dev = dma->dev;

	if (dma->cursor % dma->info.align)
		fpga_violation(dev, FPGA_VIOL_ALIGN,
			       "%s: 0x%" PRIx64 " is not aligned to %u",
			       dma->info.name, dma->cursor, dma->info.align);
	if (!is_ram(addr, len, write)) {
		fpga_violation(dev, FPGA_VIOL_NOT_RAM,
			       "%s: %u bytes at 0x%" PRIx64 " are no memory",
			       dma->info.name, len, addr);
		return false;
	}
	if (!is_granted(dev, addr, len)) {
		fpga_violation(dev, FPGA_VIOL_GRANT,
			       "%s: %u bytes at 0x%" PRIx64 " were not granted",
			       dma->info.name, len, addr);
		return false;
	}
	return true;
}

static bool transfer(struct fpga_dma *dma, uint64_t addr, void *data,
		     uint32_t len, bool write)
{
	if (!allowed(dma, addr, len, write))
		return false;
	dma->bytes += len;
	return address_space_rw(&address_space_memory, addr,
				MEMTXATTRS_UNSPECIFIED, data, len,
				write) == MEMTX_OK;
}

bool fpga_memory_read(struct fpga_dma *dma, uint64_t addr, void *to,
		      uint32_t len)
{
	return transfer(dma, addr, to, len, false);
}

bool fpga_memory_write(struct fpga_dma *dma, uint64_t addr, const void *from,
		       uint32_t len)
{
	return transfer(dma, addr, (void *)from, len, true);
}

static void grant_remove(struct fpga_device *dev)
{
	for (uint32_t i = 0; i < dev->num_grants; i++) {
		if (dev->grant[i].addr != dev->grant_addr ||
		    dev->grant[i].len != dev->grant_len)
			continue;
		dev->grant[i] = dev->grant[--dev->num_grants];
		return;
	}
}

void fpga_grant_command(struct fpga_device *dev, uint32_t command)
{
	switch (command) {
	case FPGA_GRANT_ADD:
		if (dev->num_grants == FPGA_MAX_GRANTS)
			return;
		if (!dev->grant)
			dev->grant = g_new(struct fpga_grant, FPGA_MAX_GRANTS);
		dev->grant[dev->num_grants++] = (struct fpga_grant){
			.addr = dev->grant_addr, .len = dev->grant_len };
		break;
	case FPGA_GRANT_REMOVE:
		grant_remove(dev);
		break;
	case FPGA_GRANT_CLEAR:
		dev->num_grants = 0;
		break;
	case FPGA_GRANT_ENFORCE:
	case FPGA_GRANT_IGNORE:
		dev->enforce_grants = command == FPGA_GRANT_ENFORCE;
		break;
	}
}
