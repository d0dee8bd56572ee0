/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The software FPGA: an ONNX file in, a bit-exact integer executor out.
 *
 * A model's ports carry frames as an accelerator's DMA would see them: NHWC
 * integer codes in FINN's folded packing. Used by libsrfpga for soft: devices
 * and by the FPGA model of the test bed; the shared object stands alone.
 *
 * Errors are returned as negative errno; where a function takes @err, it
 * receives one line of text that names the cause (node, type, reason).
 */
#ifndef SRFPGA_SOFT_H
#define SRFPGA_SOFT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define SRFPGA_SOFT_MAX_RANK	8
#define SRFPGA_SOFT_NAME_LEN	64

/** struct srfpga_soft_model - a loaded network; opaque, immutable. */
struct srfpga_soft_model;

/** enum srfpga_soft_isa - which executor computes; all give the same bits */
enum srfpga_soft_isa {
	SRFPGA_SOFT_AUTO = 0,	/* the fastest that this CPU has */
	SRFPGA_SOFT_REFERENCE,	/* slow and obvious, for tests */
	SRFPGA_SOFT_PORTABLE,	/* plain C */
	SRFPGA_SOFT_AVX2,
	SRFPGA_SOFT_AVX512_VNNI,
	SRFPGA_SOFT_NEON,
	SRFPGA_SOFT_AMX_INT8,	/* with AVX512-VNNI; see srfpga_soft_load() */
};

/**
 * struct srfpga_soft_options - how to load a model
 * @size: sizeof(struct srfpga_soft_options), for later extension
 * @height: rows of the image input where the model leaves them open; 0: the
 *	model's own (an error if it has none)
 * @width: columns, likewise
 * @threads: worker threads of a run, the caller included; 0: SRFPGA_THREADS
 *	from the environment, else the number of CPUs
 * @isa: which executor; one that cannot be used here is refused with -ENOTSUP
 * @as_model: not 0: the ports carry the tensors exactly as the ONNX graph
 *	declares them (float32, dequantised, its own layout) instead of the
 *	integer codes that hardware has
 */
struct srfpga_soft_options {
	size_t size;
	uint32_t height;
	uint32_t width;
	uint32_t threads;
	enum srfpga_soft_isa isa;
	uint32_t as_model;
};

/* struct srfpga_soft_port.dtype has the values of enum srfpga_dtype. */

/**
 * struct srfpga_soft_port - one input or output of the network
 * @name: the ONNX tensor's name
 * @is_output: 0 input, 1 output
 * @dtype: 1 unsigned, 2 two's complement, 3 bipolar, 4 ternary, 5 float32
 * @bits: bits of an element; 64 only of an integer of as_model
 * @normal_rank: entries of @normal_shape
 * @folded_rank: entries of @folded_shape
 * @normal_shape: elements without the batch dimension; images height, width,
 *	channels
 * @folded_shape: likewise as streamed; one row is packed to whole bytes
 * @frame_bytes: bytes of one frame
 * @scale: an element's real value is scale * (code - zero_point)
 * @zero_point: see @scale
 */
struct srfpga_soft_port {
	char name[SRFPGA_SOFT_NAME_LEN];
	uint32_t is_output;
	uint32_t dtype;
	uint32_t bits;
	uint32_t normal_rank;
	uint32_t folded_rank;
	uint32_t normal_shape[SRFPGA_SOFT_MAX_RANK];
	uint32_t folded_shape[SRFPGA_SOFT_MAX_RANK];
	uint64_t frame_bytes;
	double scale;
	int32_t zero_point;
};

/**
 * srfpga_soft_load() - read an ONNX file and prepare it for execution
 * @path: the file
 * @opt: options, or NULL for the defaults
 * @out: receives the model; free it with srfpga_soft_free()
 * @err: receives one line on failure, or NULL
 * @err_len: bytes of @err
 *
 * On a CPU with AMX, SRFPGA_SOFT_AUTO and SRFPGA_SOFT_AMX_INT8 ask Linux to let
 * the process use it. Linux refuses where a thread has an alternate signal
 * stack that is too small for AMX's registers (AUTO then takes AVX512), and
 * refuses such stacks from then on: sigaltstack() wants the size that
 * getauxval(AT_MINSIGSTKSZ) gives.
 *
 * Return: 0, -ENOENT / -EACCES / … of open(), -EINVAL not ONNX or damaged,
 * -EOPNOTSUPP an operation that cannot be done exactly (named in @err),
 * -E2BIG a network beyond the limits, -ENOTSUP @opt->isa cannot be used here,
 * -ENOMEM.
 */
int srfpga_soft_load(const char *path, const struct srfpga_soft_options *opt,
		     struct srfpga_soft_model **out, char *err, size_t err_len);

/** srfpga_soft_free() - release a model; NULL is fine. */
void srfpga_soft_free(struct srfpga_soft_model *model);

/** srfpga_soft_num_ports() - inputs first, then outputs. */
uint32_t srfpga_soft_num_ports(const struct srfpga_soft_model *model);

/**
 * srfpga_soft_get_port() - describe port @index
 * Return: 0, or -EINVAL for an index out of range.
 */
int srfpga_soft_get_port(const struct srfpga_soft_model *model, uint32_t index,
			 struct srfpga_soft_port *port);

/**
 * srfpga_soft_radius() - how far the input reaches into the output
 * @model: a network from one image to one image
 * @radius: receives the receptive radius in input pixels
 * @factor: receives the upscaling factor (1, 2, 3, 4 …)
 *
 * Return: 0, or -EOPNOTSUPP if the network is not such a one.
 */
int srfpga_soft_radius(const struct srfpga_soft_model *model, uint32_t *radius,
		       uint32_t *factor);

/**
 * srfpga_soft_run() - compute frames
 * @model: the network
 * @buffers: for each port in port order the address of @frames consecutive
 *	frames; input buffers are read only
 * @frames: number of frames, at least 1
 *
 * Several threads may run one model at the same time.
 *
 * Return: 0, -EINVAL (no frames), -ENOMEM.
 */
int srfpga_soft_run(const struct srfpga_soft_model *model,
		    void *const *buffers, uint32_t frames);

/**
 * srfpga_soft_describe() - layers, shapes, types, MACs, parameters
 * @path: an ONNX file
 * @opt: options, or NULL
 * @json: 0 a table for people, 1 JSON
 * @text: receives a string to be released with free()
 *
 * Lists everything that is refused in one go, too.
 *
 * Return: 0 all of it can be executed, -EOPNOTSUPP something is refused (the
 * text is valid and names it), otherwise as srfpga_soft_load() (@text is then
 * one line that names the cause, or NULL).
 */
int srfpga_soft_describe(const char *path,
			 const struct srfpga_soft_options *opt, int json,
			 char **text);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* SRFPGA_SOFT_H */
