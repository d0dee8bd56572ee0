/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files that speak to user space share.
 */
#ifndef _SRFPGA_ABI_H
#define _SRFPGA_ABI_H

#include <linux/types.h>
#include <linux/uaccess.h>

struct srfpga_file;
struct srfpga_submit;

/* srfpga_submit.c */
int srfpga_submit(struct srfpga_file *file, const struct srfpga_submit *in,
		  struct srfpga_submit __user *user);

/**
 * srfpga_abi_copy_in() - read an argument whose size user space chose
 * @dst: the kernel's struct, zeroed behind what user space gave
 * @known: its size
 * @least: its size in the first version of the interface
 * @src: user space's struct
 * @given: its size
 *
 * Return: 0; -EINVAL: too short; -E2BIG: bytes that this kernel does not know
 * are not zero; -EFAULT.
 */
static inline int srfpga_abi_copy_in(void *dst, size_t known, size_t least,
				     const void __user *src, u32 given)
{
	if (given < least)
		return -EINVAL;
	if (given > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(dst, known, src, given);
}

#endif /* _SRFPGA_ABI_H */
