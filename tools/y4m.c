// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * YUV4MPEG2 streams: headers and frames of 8 bit video.
 * Must not know colours or devices.
 */
#include "y4m.h"

#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char magic[] = "YUV4MPEG2";

uint32_t y4m_chroma_width(const struct y4m *y4m)
{
	return y4m->chroma == Y4M_444 ? y4m->width : (y4m->width + 1) / 2;
}

uint32_t y4m_chroma_height(const struct y4m *y4m)
{
	return y4m->chroma == Y4M_420 ? (y4m->height + 1) / 2 : y4m->height;
}

size_t y4m_frame_bytes(const struct y4m *y4m)
{
	return (size_t)y4m->width * y4m->height +
	       2 * (size_t)y4m_chroma_width(y4m) * y4m_chroma_height(y4m);
}

/*
 * Reads up to the newline, which is replaced by NUL. Returns the line's length,
 * 0 at the end of the stream, -1 for a line that is too long or has no end.
 */
static int read_line(struct infile *in, char line[Y4M_HEADER_LEN])
{
	int n;

	for (n = 0; n < Y4M_HEADER_LEN; n++) {
		if (infile_read(in, line + n, 1) != 1)
			return n ? -1 : 0;
		if (line[n] == '\n') {
			line[n] = '\0';
			return n + 1;
		}
	}
	return -1;
}

static int parse_length(const char *name, const char *text, uint32_t *out)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (end == text || *end || *text == '-' || v < 1 || v > 1 << 16)
		return tool_fail(name, "the video's header says a size of '%s'",
				 text);
	*out = (uint32_t)v;
	return TOOL_OK;
}

/* "30000:1001", "25:1"; "0:0" is unknown. It is kept, not used. */
static int parse_rate(const char *name, const char *text)
{
	size_t n = strspn(text, "0123456789");
	size_t d = text[n] == ':' ? strspn(text + n + 1, "0123456789") : 0;

	if (!n || !d || text[n + 1 + d])
		return tool_fail(name, "the video's header says a frame rate "
				 "of '%s'", text);
	return TOOL_OK;
}

static int parse_chroma(const char *name, const char *text,
			enum y4m_chroma *out)
{
	static const struct {
		const char *name;
		enum y4m_chroma chroma;
	} kinds[] = {
		{ "420", Y4M_420 }, { "420jpeg", Y4M_420 },
		{ "420mpeg2", Y4M_420 }, { "420paldv", Y4M_420 },
		{ "422", Y4M_422 }, { "444", Y4M_444 },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(text, kinds[i].name)) {
			*out = kinds[i].chroma;
			return TOOL_OK;
		}
	return tool_fail(name, "video format C%s is not supported "
			 "(8 bit 4:2:0, 4:2:2 or 4:4:4 is)", text);
}

static int parse_word(const char *name, struct y4m *y4m, const char *word)
{
	size_t used = strlen(y4m->rest);
	int ret = TOOL_OK;

	switch (word[0]) {
	case 'W':
		return parse_length(name, word + 1, &y4m->width);
	case 'H':
		return parse_length(name, word + 1, &y4m->height);
	case 'C':
		ret = parse_chroma(name, word + 1, &y4m->chroma);
		break;
	case 'F':
		ret = parse_rate(name, word + 1);
		break;
	}
	if (!strcmp(word, "XCOLORRANGE=FULL"))
		y4m->full_range = true;
	/* It fits: these words came out of a line of the same length. */
	snprintf(y4m->rest + used, sizeof(y4m->rest) - used, " %s", word);
	return ret;
}

int y4m_read_header(struct infile *in, struct y4m *y4m)
{
	char line[Y4M_HEADER_LEN];
	char *word, *save;
	int ret = TOOL_OK;

	*y4m = (struct y4m){ .chroma = Y4M_420 };
	if (read_line(in, line) <= 0 ||
	    strncmp(line, magic, sizeof(magic) - 1) ||
	    line[sizeof(magic) - 1] != ' ')
		return tool_fail(in->name, "not a YUV4MPEG2 video");
	word = strtok_r(line + sizeof(magic) - 1, " ", &save);
	for (; word && !ret; word = strtok_r(NULL, " ", &save))
		ret = parse_word(in->name, y4m, word);
	if (ret)
		return ret;
	if (!y4m->width || !y4m->height)
		return tool_fail(in->name, "the video's header has no size");
	if ((uint64_t)y4m->width * y4m->height > Y4M_MAX_PIXELS)
		return tool_fail(in->name, "frames of %ux%u are too large",
				 y4m->width, y4m->height);
	return TOOL_OK;
}

int y4m_read_frame(struct infile *in, const struct y4m *y4m, uint64_t number,
		   uint8_t *planes, bool *end)
{
	size_t bytes = y4m_frame_bytes(y4m);
	char line[Y4M_HEADER_LEN];
	int n = read_line(in, line);
	size_t got;

	*end = n == 0 && !ferror(in->f);
	if (*end)
		return TOOL_OK;
	if (n < 0 || strncmp(line, "FRAME", 5) ||
	    (line[5] && line[5] != ' '))
		return tool_fail(in->name, "frame %llu is not where a header "
				 "of %ux%u puts it",
				 (unsigned long long)number, y4m->width,
				 y4m->height);
	got = infile_read(in, planes, bytes);
	if (got == bytes)
		return TOOL_OK;
	return tool_fail(in->name, "frame %llu ends after %zu of %zu bytes",
			 (unsigned long long)number, got, bytes);
}

void y4m_write_header(FILE *f, const struct y4m *y4m)
{
	fprintf(f, "%s W%u H%u%s\n", magic, y4m->width, y4m->height, y4m->rest);
}

void y4m_write_frame(FILE *f, const struct y4m *y4m, const uint8_t *planes)
{
	fputs("FRAME\n", f);
	fwrite(planes, 1, y4m_frame_bytes(y4m), f);
}
