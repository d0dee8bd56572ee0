/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loading in steps, for the public interface, the description and fuzzers. */
#ifndef SOFT_MODEL_H
#define SOFT_MODEL_H

#include "lower.h"

/** soft_lower_begin() - a fresh lowering of @model; end it if this is 0 */
int soft_lower_begin(struct soft_lower *l, const SoftOnnx__Model *model,
		     const struct srfpga_soft_options *opt, size_t file_size,
		     char *err, size_t err_len);
/** soft_lower_end() - release it, with its graph if that is still there */
void soft_lower_end(struct soft_lower *l);

/** soft_options_copy() - options of any size; -EINVAL if they are none */
int soft_options_copy(const struct srfpga_soft_options *opt,
		      struct srfpga_soft_options *out);

/** soft_load_file() - srfpga_soft_load() of a decoded file */
int soft_load_file(struct soft_onnx_file *file, const char *name,
		   const struct srfpga_soft_options *opt,
		   struct srfpga_soft_model **out, char *err, size_t err_len);

/** soft_describe_text() - srfpga_soft_describe() of a lowering */
int soft_describe_text(const struct soft_lower *l, int json, char **text);

#endif /* SOFT_MODEL_H */
