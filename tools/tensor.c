// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Between arrays from files and the tensors of a device's port: shapes, types,
 * layouts. Must not know how frames are packed or run.
 */
#include "tensor.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define SHAPE_TEXT	256

static void get_shape(const struct srfpga_port *port, uint64_t *shape)
{
	uint32_t i;

	for (i = 0; i < port->normal_rank; i++)
		shape[i] = port->normal_shape[i];
}

/* With a batch dimension in front, or exactly one frame. */
static bool fits(const struct srfpga_port *port, const struct npy *npy)
{
	uint64_t shape[SRFPGA_MAX_RANK];
	uint32_t rank = port->normal_rank;
	uint32_t batch = npy->rank > rank;

	get_shape(port, shape);
	return npy->rank == rank + batch &&
	       !memcmp(npy->shape + batch, shape, rank * sizeof(*shape));
}

static int check_shape(const struct srfpga_port *port, const struct npy *npy,
		       const char *name, uint64_t *frames)
{
	char is[SHAPE_TEXT], wanted[SHAPE_TEXT];
	uint64_t shape[SRFPGA_MAX_RANK];

	if (fits(port, npy)) {
		*frames = npy->rank > port->normal_rank ? npy->shape[0] : 1;
		if (*frames)
			return TOOL_OK;
		return tool_fail(name, "the array holds no frame");
	}
	get_shape(port, shape);
	npy_shape_text(npy->shape, npy->rank, is, sizeof(is));
	npy_shape_text(shape, port->normal_rank, wanted, sizeof(wanted));
	return tool_fail(name, "shape %s does not fit port %s, which takes "
			 "(batch, %s", is, port->name, wanted + 1);
}

static int bad_element(const struct srfpga_port *port, const char *name,
		       uint64_t i, double value)
{
	char type[SRFPGA_TYPE_NAME_LEN] = "?";
	int64_t min = 0, max = 0;

	srfpga_layout_get_type(&port->layout, type);
	if (isnan(value))
		return tool_fail(name, "element %" PRIu64 " is NaN", i);
	if (value != floor(value))
		return tool_fail(name, "element %" PRIu64 " is %g, but %s "
				 "holds whole numbers (--quantise rounds)", i,
				 value, type);
	srfpga_layout_get_range(&port->layout, &min, &max);
	return tool_fail(name, "element %" PRIu64 " is %.0f, but %s holds %"
			 PRId64 " to %" PRId64 "%s", i, value, type, min, max,
			 port->layout.dtype == SRFPGA_DTYPE_BIPOLAR ?
			 " without 0" : "");
}

void tensor_put(void *tensor, uint32_t elem, uint64_t i, double v)
{
	switch (elem) {
	case SRFPGA_ELEM_U8: ((uint8_t *)tensor)[i] = (uint8_t)v; break;
	case SRFPGA_ELEM_S8: ((int8_t *)tensor)[i] = (int8_t)v; break;
	case SRFPGA_ELEM_U16: ((uint16_t *)tensor)[i] = (uint16_t)v; break;
	case SRFPGA_ELEM_S16: ((int16_t *)tensor)[i] = (int16_t)v; break;
	case SRFPGA_ELEM_U32: ((uint32_t *)tensor)[i] = (uint32_t)v; break;
	case SRFPGA_ELEM_S32: ((int32_t *)tensor)[i] = (int32_t)v; break;
	case SRFPGA_ELEM_S64: ((int64_t *)tensor)[i] = (int64_t)v; break;
	default: ((float *)tensor)[i] = (float)v; break;
	}
}

double tensor_get(const void *tensor, uint32_t elem, uint64_t i)
{
	switch (elem) {
	case SRFPGA_ELEM_U8: return ((const uint8_t *)tensor)[i];
	case SRFPGA_ELEM_S8: return ((const int8_t *)tensor)[i];
	case SRFPGA_ELEM_U16: return ((const uint16_t *)tensor)[i];
	case SRFPGA_ELEM_S16: return ((const int16_t *)tensor)[i];
	case SRFPGA_ELEM_U32: return ((const uint32_t *)tensor)[i];
	case SRFPGA_ELEM_S32: return ((const int32_t *)tensor)[i];
	case SRFPGA_ELEM_S64: return (double)((const int64_t *)tensor)[i];
	default: return (double)((const float *)tensor)[i];
	}
}

static bool is_natural(const struct srfpga_port *port, const struct npy *npy)
{
	static const struct {
		char kind;
		uint32_t size;
	} natural[] = {
		[SRFPGA_ELEM_U8] = { 'u', 1 }, [SRFPGA_ELEM_S8] = { 'i', 1 },
		[SRFPGA_ELEM_U16] = { 'u', 2 }, [SRFPGA_ELEM_S16] = { 'i', 2 },
		[SRFPGA_ELEM_U32] = { 'u', 4 }, [SRFPGA_ELEM_S32] = { 'i', 4 },
		[SRFPGA_ELEM_F32] = { 'f', 4 }, [SRFPGA_ELEM_S64] = { 'i', 8 },
	};

	return npy->kind == natural[port->elem].kind &&
	       npy->size == natural[port->elem].size;
}

/* Whole numbers as they are; every one must be a value of the port's type. */
static int take_codes(const struct srfpga_port *port, const struct npy *npy,
		      const char *name, void *tensor)
{
	bool bipolar = port->layout.dtype == SRFPGA_DTYPE_BIPOLAR;
	int64_t min = INT64_MIN, max = INT64_MAX;
	uint64_t i;

	/* All values of a type that fills its C type are fine: no look at each. */
	if (is_natural(port, npy) && port->elem != SRFPGA_ELEM_F32 &&
	    port->layout.bits == 8 * npy->size) {
		memcpy(tensor, npy->data, npy->count * npy->size);
		return TOOL_OK;
	}
	srfpga_layout_get_range(&port->layout, &min, &max);
	for (i = 0; i < npy->count; i++) {
		double v = npy_get(npy, i);

		if (port->elem != SRFPGA_ELEM_F32 &&
		    (v != floor(v) || v < (double)min || v > (double)max ||
		     (bipolar && v == 0)))
			return bad_element(port, name, i, v);
		if (isnan(v))
			return bad_element(port, name, i, v);
		tensor_put(tensor, port->elem, i, v);
	}
	return TOOL_OK;
}

/* Real numbers, rounded to the nearest code by the library. */
static int take_real(const struct srfpga_port *port, const struct npy *npy,
		     const char *name, void *tensor)
{
	double scale = port->scale > 0 ? port->scale : 1;
	float *real = malloc(npy->count * sizeof(*real));
	uint64_t i, bad = 0;
	int err;

	if (!real)
		return tool_fail_errno(name, ENOMEM);
	for (i = 0; i < npy->count; i++)
		real[i] = (float)npy_get(npy, i);
	err = srfpga_layout_quantise(&port->layout, scale, port->zero_point,
				     real, npy->count, tensor, &bad);
	free(real);
	if (err == -EDOM)
		return bad_element(port, name, bad, NAN);
	return err ? tool_fail_errno(name, err) : TOOL_OK;
}

void *tensor_alloc(const struct srfpga_port *port, uint64_t frames)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(port->frame_elems, frames, &bytes) ||
	    __builtin_mul_overflow(bytes, srfpga_elem_get_size(port->elem),
				   &bytes))
		return NULL;
	return malloc(bytes);
}

int tensor_from_npy(const struct srfpga_port *port, const struct npy *npy,
		    const char *name, enum tensor_form form, void **tensor,
		    uint64_t *frames)
{
	int ret = check_shape(port, npy, name, frames);

	if (ret)
		return ret;
	*tensor = tensor_alloc(port, *frames);
	if (!*tensor)
		return tool_fail_errno(name, ENOMEM);
	ret = form == TENSOR_REAL ? take_real(port, npy, name, *tensor) :
				    take_codes(port, npy, name, *tensor);
	if (ret) {
		free(*tensor);
		*tensor = NULL;
	}
	return ret;
}

/* The array's type is the tensor's own. */
static void name_type(const struct srfpga_port *port, struct npy *npy)
{
	npy->size = (uint32_t)srfpga_elem_get_size(port->elem);
	npy->kind = port->elem == SRFPGA_ELEM_F32 ? 'f' :
		    port->elem == SRFPGA_ELEM_S8 ||
		    port->elem == SRFPGA_ELEM_S16 ||
		    port->elem == SRFPGA_ELEM_S32 ||
		    port->elem == SRFPGA_ELEM_S64 ? 'i' : 'u';
}

static int make_real(const struct srfpga_port *port, struct npy *npy)
{
	double scale = port->scale > 0 ? port->scale : 1;
	float *real = malloc(npy->count * sizeof(*real));
	int err;

	if (!real)
		return -ENOMEM;
	err = srfpga_layout_dequantise(&port->layout, scale, port->zero_point,
				       npy->data, npy->count, real);
	free(npy->data);
	npy->data = (uint8_t *)real;
	npy->kind = 'f';
	npy->size = sizeof(*real);
	return err;
}

int tensor_to_npy(const struct srfpga_port *port, void *tensor,
		  uint64_t frames, bool batch, enum tensor_form form,
		  struct npy *npy)
{
	int err = 0;

	*npy = (struct npy){ .rank = port->normal_rank + batch,
			     .shape = { frames },
			     .count = frames * port->frame_elems,
			     .data = tensor };
	get_shape(port, npy->shape + batch);
	name_type(port, npy);
	if (form == TENSOR_REAL)
		err = make_real(port, npy);
	if (err) {
		npy_free(npy);
		return tool_fail_errno(port->name, err);
	}
	return TOOL_OK;
}
