// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads the model configurations of the Vitis AI library: protobuf in its text
 * form. Must not know pictures or devices.
 */
#include "prototxt.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infile.h"
#include "tool.h"

#define MAX_DEPTH	16
#define WORD_LEN	64

/**
 * struct reader - where the parser is
 * @at: next character
 * @path: names of the open blocks
 * @kernels: kernel blocks that were opened so far
 */
struct reader {
	const char *at;
	const char *end;
	uint32_t line;
	char path[MAX_DEPTH][WORD_LEN];
	uint32_t depth;
	uint32_t kernels;
	struct prototxt *out;
};

static void skip_blanks(struct reader *r)
{
	for (; r->at < r->end; r->at++) {
		if (*r->at == '#')
			while (r->at + 1 < r->end && r->at[1] != '\n')
				r->at++;
		else if (*r->at == '\n')
			r->line++;
		else if (!isspace((unsigned char)*r->at) && *r->at != ',' &&
			 *r->at != ';')
			return;
	}
}

static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("_.+-", c);
}

/* A name, number or quoted string; longer ones are cut. */
static bool take_word(struct reader *r, char word[WORD_LEN])
{
	char quote = take(r, '"') ? '"' : take(r, '\'') ? '\'' : 0;
	const char *start = r->at;
	size_t n;

	while (r->at < r->end && *r->at &&
	       (quote ? *r->at != quote && *r->at != '\n' : is_word(*r->at)))
		r->at++;
	n = (size_t)(r->at - start);
	if (quote && (r->at == r->end || *r->at++ != quote))
		return false;
	if (!quote && !n)
		return false;
	n = n < WORD_LEN ? n : WORD_LEN - 1;
	memcpy(word, start, n);
	word[n] = '\0';
	return true;
}

static bool is_inside(const struct reader *r, const char *block)
{
	return r->depth && !strcmp(r->path[r->depth - 1], block);
}

static bool add_number(const char *text, uint32_t *count, float *list)
{
	char *end;
	float v = strtof(text, &end);

	if (end == text || *end || !isfinite(v) || *count == 3)
		return false;
	list[(*count)++] = v;
	return true;
}

static bool take_field(struct reader *r, const char *name, const char *value)
{
	struct prototxt *p = r->out;

	if (is_inside(r, "kernel") && r->kernels == 1) {
		if (!strcmp(name, "mean"))
			return add_number(value, &p->means, p->mean);
		if (!strcmp(name, "scale"))
			return add_number(value, &p->scales, p->scale);
	}
	if (!strcmp(name, "is_tf"))
		p->is_tf = !strcmp(value, "true") || !strcmp(value, "1");
	if (!strcmp(name, "top_k"))
		p->top_k = (uint32_t)strtoul(value, NULL, 10);
	return true;
}

static bool open_block(struct reader *r, const char *name)
{
	if (r->depth == MAX_DEPTH)
		return false;
	memcpy(r->path[r->depth++], name, WORD_LEN);
	r->kernels += !strcmp(name, "kernel");
	return true;
}

static bool parse_list(struct reader *r, const char *name)
{
	char value[WORD_LEN];

	while (!take(r, ']'))
		if (!take_word(r, value) || !take_field(r, name, value))
			return false;
	return true;
}

static bool parse_entry(struct reader *r)
{
	char name[WORD_LEN], value[WORD_LEN];
	bool colon;

	if (take(r, '}'))
		return r->depth && r->depth--;
	if (!take_word(r, name))
		return false;
	colon = take(r, ':');
	if (take(r, '{'))
		return open_block(r, name);
	if (!colon)
		return false;
	if (take(r, '['))
		return parse_list(r, name);
	return take_word(r, value) && take_field(r, name, value);
}

int prototxt_parse(const char *name, const char *text, size_t len,
		   struct prototxt *p)
{
	struct reader r = { .at = text, .end = text + len, .line = 1,
			    .out = p };

	*p = (struct prototxt){ 0 };
	for (skip_blanks(&r); r.at < r.end; skip_blanks(&r))
		if (!parse_entry(&r))
			return tool_fail(name, "line %u is not understood",
					 r.line);
	if (r.depth)
		return tool_fail(name, "block %s has no end",
				 r.path[r.depth - 1]);
	if (p->means == 2 || p->scales == 2)
		return tool_fail(name, "mean and scale have one value or "
				 "three");
	return TOOL_OK;
}

int prototxt_load(const char *path, struct prototxt *p)
{
	struct infile in;
	uint8_t *text;
	size_t len;
	int ret = infile_open(&in, path);

	if (ret)
		return ret;
	ret = infile_slurp(&in, &text, &len);
	if (!ret) {
		ret = prototxt_parse(in.name, (const char *)text, len, p);
		free(text);
	}
	infile_close(&in);
	return ret;
}
