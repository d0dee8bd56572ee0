/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_VERIFY_H
#define SRFPGA_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <srfpga.h>

/** Differences that get a line of their own; larger ones share the last. */
#define VERIFY_HISTOGRAM	16

/**
 * struct verify_request - what to compare
 * @model: the ONNX file that the software FPGA runs
 * @frames: made-up frames of each kind
 * @rounds: how often every frame goes through the device
 */
struct verify_request {
	const char *device;
	const char *model;
	char **inputs;
	int num_inputs;
	uint32_t frames;
	uint32_t rounds;
	uint64_t seed;
	uint64_t timeout_ns;
	bool json;
};

/**
 * struct verify_input - a picture, or arrays of the same frames for all inputs
 * @name: the file, or the first of them
 * @frames: how many it gives
 * @tensor: of arrays, for each input port in its natural type
 */
struct verify_input {
	const char *name;
	bool is_array;
	uint32_t frames;
	void *tensor[SRFPGA_MAX_PORTS];
};

/**
 * struct verify_inputs - what the user's files give
 * @frames: of all of them
 */
struct verify_inputs {
	struct verify_input *list;
	uint32_t count;
	uint32_t frames;
};

/**
 * struct verify_frames - frames to run, with what must come out
 * @names: a frame's origin, for messages
 * @input: for each input port all frames in its natural type
 * @expected: for each output port likewise, from the software FPGA
 */
struct verify_frames {
	uint32_t count;
	char (*names)[64];
	void *input[SRFPGA_MAX_PORTS];
	void *expected[SRFPGA_MAX_PORTS];
};

/**
 * struct verify_difference - the first element that differs
 * @frame: index into struct verify_frames
 */
struct verify_difference {
	uint32_t round;
	uint32_t frame;
	uint32_t port;
	uint64_t element;
	double expected;
	double got;
};

/**
 * struct verify_result - how it went
 * @frames: frames compared, over all rounds
 * @bad_frames: those with a difference
 * @elements: elements that differ
 * @late: frames that were right in the first round and wrong in a later one
 * @histogram: elements by the size of the difference: 1, 2, … and above
 */
struct verify_result {
	uint64_t frames;
	uint64_t bad_frames;
	uint64_t elements;
	uint64_t late;
	bool differs;
	struct verify_difference first;
	uint64_t histogram[VERIFY_HISTOGRAM];
};

/**
 * verify_inputs_load() - sort the files of a request and read the arrays
 *
 * *@inputs has to be freed also after an error.
 */
int verify_inputs_load(const struct verify_request *req,
		       const struct srfpga_device *dev,
		       struct verify_inputs *inputs);

/** verify_inputs_free() - safe on a zeroed struct */
void verify_inputs_free(struct verify_inputs *inputs);

/** verify_frames_make() - all inputs of a request */
int verify_frames_make(const struct verify_request *req,
		       const struct srfpga_device *dev,
		       struct verify_frames *frames);

/** verify_frames_free() - safe on a zeroed struct */
void verify_frames_free(struct verify_frames *frames);

/** verify_expect() - run the frames on the software FPGA */
int verify_expect(struct srfpga_device *soft, struct verify_frames *frames);

/** verify_run() - run them on the device and compare */
int verify_run(const struct verify_request *req, struct srfpga_device *dev,
	       const struct verify_frames *frames, struct verify_result *result);

#endif /* SRFPGA_VERIFY_H */
