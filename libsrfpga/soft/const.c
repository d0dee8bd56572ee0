// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Constants: initialisers and attribute tensors as doubles, with their sizes
 * checked against their data. Must not know operators.
 */
#include "lower.h"

#include <math.h>
#include <string.h>

/* TensorProto.DataType */
enum {
	ONNX_FLOAT = 1, ONNX_UINT8, ONNX_INT8, ONNX_UINT16, ONNX_INT16,
	ONNX_INT32, ONNX_INT64, ONNX_BOOL = 9, ONNX_FLOAT16, ONNX_DOUBLE,
	ONNX_UINT32, ONNX_UINT64, ONNX_BFLOAT16 = 16, ONNX_UINT4 = 21,
	ONNX_INT4 = 22,
};

static int check_dims(struct soft_lower *l, const char *name, size_t rank,
		      const int64_t *dims, size_t *n)
{
	*n = 1;
	if (rank > SOFT_MAX_DIMS)
		return soft_fail(l, -E2BIG, "%s has %zu dimensions", name,
				 rank);
	for (size_t i = 0; i < rank; i++) {
		if (dims[i] < 0)
			return soft_fail(l, -EINVAL,
					 "%s has a negative dimension", name);
		if (__builtin_mul_overflow(*n, (size_t)dims[i], n) ||
		    *n > SOFT_MAX_ELEMENTS)
			return soft_fail(l, -E2BIG, "%s is too large", name);
	}
	return 0;
}

int soft_const_new(struct soft_lower *l, uint32_t rank, const int64_t *dims,
		   bool steps, struct soft_const **out)
{
	struct soft_const *k = soft_alloc(l->scratch, 1, sizeof(*k));
	int ret;

	if (!k)
		return -ENOMEM;
	ret = check_dims(l, "a constant", rank, dims, &k->n);
	if (ret)
		return ret;
	k->rank = rank;
	if (rank)
		memcpy(k->dims, dims, rank * sizeof(*dims));
	k->v = soft_alloc(l->scratch, k->n, sizeof(*k->v));
	if (steps)
		k->step = soft_alloc(l->scratch, k->n, sizeof(*k->step));
	if (!k->v || (steps && !k->step))
		return soft_fail(l, -E2BIG, "constants are too large");
	*out = k;
	return 0;
}

static double half_to_double(uint16_t h)
{
	int exponent = h >> 10 & 31;
	double m = h & 1023;
	double x;

	if (exponent == 31)
		x = m != 0 ? NAN : INFINITY;
	else if (exponent)
		x = ldexp(m + 1024, exponent - 25);
	else
		x = ldexp(m, -24);
	return h & 0x8000 ? -x : x;
}

static uint64_t little_endian(const uint8_t *p, unsigned int bytes)
{
	uint64_t x = 0;

	for (unsigned int i = 0; i < bytes; i++)
		x |= (uint64_t)p[i] << (8 * i);
	return x;
}

static double float_bits(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static double double_bits(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

bool soft_type_range(int64_t type, int64_t *min, int64_t *max)
{
	static const struct {
		int32_t type;
		int64_t min, max;
	} ranges[] = {
		{ ONNX_UINT8, 0, UINT8_MAX }, { ONNX_INT8, INT8_MIN, INT8_MAX },
		{ ONNX_UINT16, 0, UINT16_MAX },
		{ ONNX_INT16, INT16_MIN, INT16_MAX },
		{ ONNX_INT32, INT32_MIN, INT32_MAX }, { ONNX_BOOL, 0, 1 },
		{ ONNX_UINT4, 0, 15 }, { ONNX_INT4, -8, 7 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (ranges[i].type == type) {
			*min = ranges[i].min;
			*max = ranges[i].max;
			return true;
		}
	return false;
}

/* The bits of one element, as a number. */
static double decode(int32_t type, uint64_t x)
{
	switch (type) {
	case ONNX_FLOAT:
		return float_bits((uint32_t)x);
	case ONNX_DOUBLE:
		return double_bits(x);
	case ONNX_FLOAT16:
		return half_to_double((uint16_t)x);
	case ONNX_BFLOAT16:
		return float_bits((uint32_t)x << 16);
	case ONNX_INT8:
		return (int8_t)x;
	case ONNX_INT16:
		return (int16_t)x;
	case ONNX_INT32:
		return (int32_t)x;
	case ONNX_INT64:
		return (double)(int64_t)x;
	case ONNX_INT4:
		return (double)(int64_t)((x & 15) ^ 8) - 8;
	case ONNX_UINT4:
		return (double)(x & 15);
	case ONNX_UINT8:
		return (uint8_t)x;
	case ONNX_UINT16:
		return (uint16_t)x;
	case ONNX_UINT32:
		return (uint32_t)x;
	default:
		return (double)x;
	}
}

/* Bits of an element in raw_data; 0: not a number. */
static unsigned int type_bits(int32_t type)
{
	switch (type) {
	case ONNX_INT4:
	case ONNX_UINT4:
		return 4;
	case ONNX_UINT8:
	case ONNX_INT8:
	case ONNX_BOOL:
		return 8;
	case ONNX_UINT16:
	case ONNX_INT16:
	case ONNX_FLOAT16:
	case ONNX_BFLOAT16:
		return 16;
	case ONNX_FLOAT:
	case ONNX_INT32:
	case ONNX_UINT32:
		return 32;
	case ONNX_INT64:
	case ONNX_UINT64:
	case ONNX_DOUBLE:
		return 64;
	default:
		return 0;
	}
}

static bool from_raw(const SoftOnnx__Tensor *t, unsigned int bits,
		     struct soft_const *k)
{
	const uint8_t *p = t->raw_data.data;

	if (t->raw_data.len != (k->n * bits + 7) / 8)
		return false;
	for (size_t i = 0; i < k->n; i++) {
		uint64_t x = bits == 4 ? (uint64_t)p[i / 2] >> (i % 2 * 4) :
			     little_endian(p + i * (bits / 8), bits / 8);

		k->v[i] = decode(t->data_type, x);
	}
	return true;
}

/* The typed fields; int32_data holds the bits of everything short. */
static bool from_fields(const SoftOnnx__Tensor *t, unsigned int bits,
			struct soft_const *k)
{
	bool packed = bits == 4;
	size_t n = packed ? (k->n + 1) / 2 : k->n;

	if (t->n_float_data == k->n && t->data_type == ONNX_FLOAT) {
		for (size_t i = 0; i < k->n; i++)
			k->v[i] = t->float_data[i];
	} else if (t->n_double_data == k->n && t->data_type == ONNX_DOUBLE) {
		for (size_t i = 0; i < k->n; i++)
			k->v[i] = t->double_data[i];
	} else if (t->n_int64_data == k->n && t->data_type == ONNX_INT64) {
		for (size_t i = 0; i < k->n; i++)
			k->v[i] = (double)t->int64_data[i];
	} else if (t->n_uint64_data == k->n && (t->data_type == ONNX_UINT64 ||
						t->data_type == ONNX_UINT32)) {
		for (size_t i = 0; i < k->n; i++)
			k->v[i] = (double)t->uint64_data[i];
	} else if (t->n_int32_data == n && bits <= 32 &&
		   t->data_type != ONNX_FLOAT) {
		for (size_t i = 0; i < k->n; i++)
			k->v[i] = decode(t->data_type, packed ?
				(uint64_t)t->int32_data[i / 2] >> (i % 2 * 4) :
				(uint64_t)t->int32_data[i]);
	} else {
		return false;
	}
	return true;
}

int soft_const_from_tensor(struct soft_lower *l, const SoftOnnx__Tensor *t,
			   struct soft_const **out)
{
	const char *name = t->name ? t->name : "a tensor";
	unsigned int bits = type_bits(t->data_type);
	size_t n;
	int ret;

	if (t->n_external_data || t->data_location)
		return soft_fail(l, -EINVAL, "%s lies in another file", name);
	if (!bits)
		return soft_fail(l, -EINVAL, "%s has element type %d", name,
				 t->data_type);
	ret = check_dims(l, name, t->n_dims, t->dims, &n);
	if (!ret && t->has_raw_data && t->raw_data.len != (n * bits + 7) / 8)
		ret = soft_fail(l, -EINVAL, "%s: %zu bytes for %zu elements",
				name, t->raw_data.len, n);
	if (!ret && !t->has_raw_data && n > (t->n_float_data + t->n_double_data +
	    t->n_int64_data + t->n_uint64_data + t->n_int32_data) * 2)
		ret = soft_fail(l, -EINVAL, "%s lacks data", name);
	if (!ret)
		ret = soft_const_new(l, (uint32_t)t->n_dims, t->dims, false,
				     out);
	if (ret)
		return ret;
	(*out)->type = t->data_type;
	if (t->has_raw_data ? from_raw(t, bits, *out) :
			      from_fields(t, bits, *out))
		return 0;
	return soft_fail(l, -EINVAL, "%s: data does not match its shape",
			 name);
}

int soft_set_const(struct soft_lower *l, const struct soft_node *n,
		   uint32_t i, struct soft_const *k)
{
	struct soft_value *v = soft_out(l, n, i);

	if (!v)
		return 0;
	v->kind = SOFT_VALUE_CONST;
	v->k = k;
	v->rank = k->rank;
	memcpy(v->dims, k->dims, sizeof(v->dims));
	return 0;
}

size_t soft_const_at(const struct soft_const *k, uint32_t rank,
		     const int64_t *dims, size_t index)
{
	size_t at = 0, stride = 1;

	for (uint32_t i = 0; i < rank && i < k->rank; i++) {
		size_t d = (size_t)dims[rank - 1 - i];
		size_t kd = (size_t)k->dims[k->rank - 1 - i];

		at += kd == 1 ? 0 : index % d * stride;
		index /= d;
		stride *= kd;
	}
	return at;
}
