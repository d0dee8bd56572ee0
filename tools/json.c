// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes JSON. Must not know what it says.
 */
#include "json.h"

#include <inttypes.h>
#include <math.h>

static void quote(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

static void indent(const struct json *j)
{
	fprintf(j->f, "\n%*s", (int)(2 * j->depth), "");
}

/* Everything that stands before a value: comma, line, key. */
static void lead(struct json *j, const char *key)
{
	if (j->depth) {
		if (j->more[j->depth])
			fputc(',', j->f);
		j->more[j->depth] = true;
		indent(j);
	}
	if (key) {
		quote(j->f, key);
		fputs(": ", j->f);
	}
}

void json_start(struct json *j, FILE *f)
{
	*j = (struct json){ .f = f };
}

static void open_level(struct json *j, const char *key, char bracket)
{
	lead(j, key);
	fputc(bracket, j->f);
	j->depth++;
	j->more[j->depth] = false;
	j->closing[j->depth] = bracket == '{' ? '}' : ']';
}

void json_object(struct json *j, const char *key)
{
	open_level(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
	open_level(j, key, '[');
}

void json_end(struct json *j)
{
	bool empty = !j->more[j->depth];
	char bracket = j->closing[j->depth];

	j->depth--;
	if (!empty)
		indent(j);
	fputc(bracket, j->f);
	if (!j->depth)
		fputc('\n', j->f);
}

void json_string(struct json *j, const char *key, const char *value)
{
	lead(j, key);
	quote(j->f, value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
	lead(j, key);
	fprintf(j->f, "%" PRIu64, value);
}

void json_int(struct json *j, const char *key, int64_t value)
{
	lead(j, key);
	fprintf(j->f, "%" PRId64, value);
}

void json_real(struct json *j, const char *key, double value)
{
	if (!isfinite(value)) {
		json_null(j, key);
		return;
	}
	lead(j, key);
	fprintf(j->f, "%.9g", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	lead(j, key);
	fputs(value ? "true" : "false", j->f);
}

void json_null(struct json *j, const char *key)
{
	lead(j, key);
	fputs("null", j->f);
}
