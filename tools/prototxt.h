/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_PROTOTXT_H
#define SRFPGA_PROTOTXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct prototxt - what a Vitis AI model configuration says of its input
 * @means: how many of @mean were there: 0, 1 or 3
 * @mean: in the order blue, green, red, as the file has them
 * @scales: how many of @scale were there
 * @scale: likewise
 * @is_tf: the network takes red first; else blue first
 * @top_k: 0 if it says nothing
 */
struct prototxt {
	uint32_t means;
	float mean[3];
	uint32_t scales;
	float scale[3];
	bool is_tf;
	uint32_t top_k;
};

/**
 * prototxt_parse() - read a configuration
 * @name: for messages
 * @text: its @len bytes
 *
 * Of several kernels the first one counts. Unknown fields are skipped.
 */
int prototxt_parse(const char *name, const char *text, size_t len,
		   struct prototxt *p);

/** prototxt_load() - prototxt_parse() of the file @path */
int prototxt_load(const char *path, struct prototxt *p);

#endif /* SRFPGA_PROTOTXT_H */
