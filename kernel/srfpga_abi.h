/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files that speak to user space share.
 */
#ifndef _SRFPGA_ABI_H
#define _SRFPGA_ABI_H

#include <linux/device.h>
#include <linux/types.h>
#include <linux/uaccess.h>

struct srfpga_file;
struct srfpga_submit;

/* srfpga_submit.c */
int srfpga_submit(struct srfpga_file *file, const struct srfpga_submit *in,
		  struct srfpga_submit __user *user);

/**
 * srfpga_abi_copy_in() - read an argument whose size user space chose
 * @dev: for messages
 * @what: for messages, the argument's name
 * @dst: the kernel's struct, zeroed behind what user space gave
 * @known: its size, also in the first version of the interface
 * @src: user space's struct
 * @given: its size
 *
 * Return: 0; -EINVAL: too short; -E2BIG: bytes that this kernel does not know
 * are not zero; -EFAULT.
 */
static inline int srfpga_abi_copy_in(struct device *dev, const char *what,
				     void *dst, size_t known,
				     const void __user *src, u32 given)
{
	int ret = -E2BIG;

	if (given < known) {
		dev_dbg(dev, "%s: %u bytes, less than %zu\n", what, given,
			known);
		return -EINVAL;
	}
	if (given <= PAGE_SIZE)
		ret = copy_struct_from_user(dst, known, src, given);
	if (ret == -E2BIG)
		dev_dbg(dev, "%s: %u bytes, not zero behind %zu or too many\n",
			what, given, known);
	return ret;
}

#endif /* _SRFPGA_ABI_H */
