/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SRFPGA_JSON_H
#define SRFPGA_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH	16

/**
 * struct json - writes one JSON value, indented
 * @f: where to
 * @depth: open objects and arrays
 * @more: for each of them whether it has a member already
 * @closing: for each of them the bracket that ends it
 */
struct json {
	FILE *f;
	unsigned int depth;
	bool more[JSON_MAX_DEPTH];
	char closing[JSON_MAX_DEPTH];
};

/*
 * @key is the member's name inside an object and NULL inside an array. Numbers
 * that JSON cannot say (NaN, infinity) become null.
 */
void json_start(struct json *j, FILE *f);
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
/** json_end() - close the innermost object or array */
void json_end(struct json *j);
void json_string(struct json *j, const char *key, const char *value);
void json_uint(struct json *j, const char *key, uint64_t value);
void json_int(struct json *j, const char *key, int64_t value);
void json_real(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif /* SRFPGA_JSON_H */
