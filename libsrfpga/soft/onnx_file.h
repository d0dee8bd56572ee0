/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading an ONNX file within limits. */
#ifndef SOFT_ONNX_FILE_H
#define SOFT_ONNX_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

struct soft_onnx_file;

/**
 * soft_onnx_open() - read and decode a file
 * Return: 0, -errno of open() or read(), -EINVAL not ONNX, -E2BIG too large,
 * -ENOMEM.
 */
int soft_onnx_open(const char *path, struct soft_onnx_file **out);

/** soft_onnx_parse() - decode @len bytes; they are not needed afterwards */
int soft_onnx_parse(const uint8_t *data, size_t len,
		    struct soft_onnx_file **out);

const SoftOnnx__Model *soft_onnx_model(const struct soft_onnx_file *file);

/** soft_onnx_size() - bytes of the file */
size_t soft_onnx_size(const struct soft_onnx_file *file);

/** soft_onnx_close() - release; NULL is fine. */
void soft_onnx_close(struct soft_onnx_file *file);

#endif /* SOFT_ONNX_FILE_H */
