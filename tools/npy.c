// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * NumPy's .npy files in and out.
 * Must not know tensors' types or devices.
 */
#include "npy.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "infile.h"
#include "tool.h"

/**
 * struct header - the Python dictionary in front of the data
 * @at: what is left of its text, NUL-terminated
 */
struct header {
	const char *at;
	char descr[16];
	bool fortran;
	uint32_t rank;
	uint64_t shape[NPY_MAX_RANK];
	bool has_descr;
	bool has_order;
	bool has_shape;
};

static bool skip(struct header *h, char c)
{
	while (isspace((unsigned char)*h->at))
		h->at++;
	if (*h->at != c)
		return false;
	h->at++;
	return true;
}

static bool parse_string(struct header *h, char *out, size_t len)
{
	char quote;
	size_t n = 0;

	if (!skip(h, '\'') && !skip(h, '"'))
		return false;
	quote = h->at[-1];
	for (; *h->at && *h->at != quote && n + 1 < len; h->at++)
		out[n++] = *h->at;
	out[n] = '\0';
	return *h->at == quote && h->at++;
}

static bool parse_bool(struct header *h, bool *out)
{
	while (isspace((unsigned char)*h->at))
		h->at++;
	*out = !strncmp(h->at, "True", 4);
	if (!*out && strncmp(h->at, "False", 5))
		return false;
	h->at += *out ? 4 : 5;
	return true;
}

static bool parse_number(struct header *h, uint64_t *out)
{
	char *end;

	while (isspace((unsigned char)*h->at))
		h->at++;
	if (!isdigit((unsigned char)*h->at))
		return false;
	errno = 0;
	*out = strtoull(h->at, &end, 10);
	h->at = end;
	return !errno;
}

static bool parse_tuple(struct header *h)
{
	if (!skip(h, '('))
		return false;
	h->rank = 0;
	while (!skip(h, ')')) {
		if (h->rank == NPY_MAX_RANK ||
		    !parse_number(h, &h->shape[h->rank++]))
			return false;
		skip(h, ',');
	}
	return true;
}

static bool parse_entry(struct header *h)
{
	char key[32];

	if (!parse_string(h, key, sizeof(key)) || !skip(h, ':'))
		return false;
	if (!strcmp(key, "descr"))
		return h->has_descr = parse_string(h, h->descr,
						   sizeof(h->descr));
	if (!strcmp(key, "fortran_order"))
		return h->has_order = parse_bool(h, &h->fortran);
	if (!strcmp(key, "shape"))
		return h->has_shape = parse_tuple(h);
	return false;
}

static bool parse_dict(struct header *h)
{
	if (!skip(h, '{'))
		return false;
	while (!skip(h, '}')) {
		if (!parse_entry(h))
			return false;
		skip(h, ',');
	}
	return h->has_descr && h->has_order && h->has_shape;
}

/* "<f4" and its relatives; sets kind and size. */
static int parse_descr(const char *name, const char *descr, struct npy *npy)
{
	char *end;
	unsigned long size;

	if (!descr[0] || !strchr("<>|=", descr[0]) || !descr[1] ||
	    !strchr("fiub", descr[1]))
		return tool_fail(name, "elements of type '%s' are not "
				 "supported", descr);
	size = strtoul(descr + 2, &end, 10);
	if (*end || (size != 1 && size != 2 && size != 4 && size != 8) ||
	    (descr[1] == 'f' && size < 4) || (descr[1] == 'b' && size != 1))
		return tool_fail(name, "elements of type '%s' are not "
				 "supported", descr);
	if (descr[0] == '>' && size > 1)
		return tool_fail(name, "the array is big endian (save it with "
				 ".astype('<%s'))", descr + 1);
	npy->kind = descr[1];
	npy->size = (uint32_t)size;
	return TOOL_OK;
}

static int take_shape(const char *name, const struct header *h, size_t left,
		      struct npy *npy)
{
	uint64_t bytes;
	uint32_t i;

	npy->rank = h->rank;
	npy->count = 1;
	for (i = 0; i < h->rank; i++) {
		npy->shape[i] = h->shape[i];
		if (__builtin_mul_overflow(npy->count, h->shape[i],
					   &npy->count))
			return tool_fail(name, "the shape is impossible");
	}
	if (__builtin_mul_overflow(npy->count, npy->size, &bytes) ||
	    bytes > left)
		return tool_fail(name, "the array is truncated: %" PRIu64
				 " elements of %u bytes are promised, %zu "
				 "bytes are there", npy->count, npy->size,
				 left);
	if (bytes < left)
		return tool_fail(name, "there are %" PRIu64 " bytes behind the "
				 "array", left - bytes);
	return TOOL_OK;
}

/* Where the dictionary lies in the file; NULL if it does not fit. */
static const uint8_t *find_dict(const uint8_t *file, size_t len, size_t *size)
{
	size_t start;

	if (len < 12 || memcmp(file, "\x93NUMPY", 6) || file[6] < 1 ||
	    file[6] > 3)
		return NULL;
	if (file[6] == 1) {
		*size = file[8] | (size_t)file[9] << 8;
		start = 10;
	} else {
		*size = file[8] | (size_t)file[9] << 8 |
			(size_t)file[10] << 16 | (size_t)file[11] << 24;
		start = 12;
	}
	return *size > len - start ? NULL : file + start;
}

static int parse_header(const char *name, const uint8_t *dict, size_t size,
			struct header *h)
{
	char *text = strndup((const char *)dict, size);
	bool ok;

	if (!text)
		return tool_fail_errno(name, ENOMEM);
	*h = (struct header){ .at = text };
	ok = parse_dict(h);
	free(text);
	h->at = NULL;
	if (!ok)
		return tool_fail(name, "the header is not what NumPy writes");
	if (h->fortran && h->rank > 1)
		return tool_fail(name, "the array is in Fortran order (save it "
				 "with numpy.ascontiguousarray)");
	return TOOL_OK;
}

int npy_parse(const char *name, const uint8_t *file, size_t len,
	      struct npy *npy)
{
	struct header h;
	size_t size, left;
	const uint8_t *dict = find_dict(file, len, &size);
	int ret;

	*npy = (struct npy){ 0 };
	if (!dict)
		return tool_fail(name, "not a .npy file");
	left = len - (size_t)(dict - file) - size;
	ret = parse_header(name, dict, size, &h);
	if (!ret)
		ret = parse_descr(name, h.descr, npy);
	if (!ret)
		ret = take_shape(name, &h, left, npy);
	if (ret)
		return ret;
	npy->data = malloc(left ? left : 1);
	if (!npy->data)
		return tool_fail_errno(name, ENOMEM);
	memcpy(npy->data, dict + size, left);
	return TOOL_OK;
}

int npy_load(const char *path, struct npy *npy)
{
	struct infile in;
	uint8_t *file;
	size_t len;
	int ret = infile_open(&in, path);

	*npy = (struct npy){ 0 };
	if (ret)
		return ret;
	ret = infile_slurp(&in, &file, &len);
	if (!ret) {
		ret = npy_parse(in.name, file, len, npy);
		free(file);
	}
	infile_close(&in);
	return ret;
}

void npy_free(struct npy *npy)
{
	free(npy->data);
	*npy = (struct npy){ 0 };
}

void npy_shape_text(const uint64_t *shape, uint32_t rank, char *text,
		    size_t len)
{
	size_t used = 1;
	uint32_t i;

	snprintf(text, len, "(");
	for (i = 0; i < rank && used < len; i++)
		used += (size_t)snprintf(text + used, len - used,
					 "%s%" PRIu64, i ? ", " : "", shape[i]);
	if (used < len)
		snprintf(text + used, len - used, rank == 1 ? ",)" : ")");
}

void npy_write(FILE *f, const struct npy *npy)
{
	char shape[24 * NPY_MAX_RANK];
	char dict[512];
	size_t len;

	npy_shape_text(npy->shape, npy->rank, shape, sizeof(shape));
	len = (size_t)snprintf(dict, sizeof(dict),
			       "{'descr': '%c%c%u', 'fortran_order': False, "
			       "'shape': %s, }", npy->size > 1 ? '<' : '|',
			       npy->kind, npy->size, shape);
	/* The data starts at a multiple of 64, as NumPy itself does it. */
	while ((10 + len + 1) % 64)
		dict[len++] = ' ';
	dict[len++] = '\n';
	fwrite("\x93NUMPY\x01", 1, 7, f);
	fputc(0, f);
	fputc((int)(len & 255), f);
	fputc((int)(len >> 8), f);
	fwrite(dict, 1, len, f);
	fwrite(npy->data, npy->size, npy->count, f);
}

static double get_float(const uint8_t *p, uint32_t size)
{
	double d;
	float f;

	if (size == 8) {
		memcpy(&d, p, 8);
		return d;
	}
	memcpy(&f, p, 4);
	return f;
}

double npy_get(const struct npy *npy, uint64_t i)
{
	const uint8_t *p = npy->data + i * npy->size;
	uint64_t u = 0;
	uint32_t unused = 64 - 8 * npy->size;

	if (npy->kind == 'f')
		return get_float(p, npy->size);
	memcpy(&u, p, npy->size);
	if (npy->kind == 'i')
		return (double)((int64_t)(u << unused) >> unused);
	return (double)u;
}
