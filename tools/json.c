// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writes JSON. Must not know what it says.
 */
#include "json.h"

#include <inttypes.h>
#include <math.h>

/* Bytes of the UTF-8 character at @s (RFC 3629); 0 if there is none. */
static unsigned int utf8_length(const unsigned char *s)
{
	unsigned int n = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 :
			 *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;
	unsigned int i;

	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Written longer than needed, a surrogate, beyond U+10FFFF. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] >= 0xa0) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

/* JSON is UTF-8; a file's name need not be: U+FFFD stands for such bytes. */
static void quote(FILE *f, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned int n;

	fputc('"', f);
	for (; *s; s += n ? n : 1) {
		n = utf8_length(s);
		if (!n)
			fputs("\\ufffd", f);
		else if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(f, "\\u%04x", *s);
		else
			fwrite(s, 1, n, f);
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
