// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Small parts: JSON, Vitis AI configurations, files that appear complete,
 * durations, preparation of pictures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "outfile.h"
#include "preprocess.h"
#include "prototxt.h"
#include "test.h"
#include "tool.h"

static char folder[] = "/tmp/srfpga-test-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "w");

	fputs(text, f);
	fclose(f);
}

static bool holds(const char *name, const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path_of(name), "r");

	if (!f)
		return false;
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	return !strcmp(got, text);
}

static int silent(int (*f)(void *), void *arg)
{
	FILE *old = stderr;
	int ret;

	stderr = fopen("/dev/null", "w");
	ret = f(arg);
	fclose(stderr);
	stderr = old;
	return ret;
}

static void test_json(void)
{
	static const char wanted[] =
		"{\n  \"a\": \"q\\\"\\\\\\u000a\",\n  \"b\": [\n    1,\n"
		"    -2,\n    null,\n    0.5\n  ],\n  \"c\": {},\n"
		"  \"d\": true\n}\n";
	char *text = NULL;
	size_t len;
	struct json j;
	FILE *f = open_memstream(&text, &len);

	json_start(&j, f);
	json_object(&j, NULL);
	json_string(&j, "a", "q\"\\\n");
	json_array(&j, "b");
	json_uint(&j, NULL, 1);
	json_int(&j, NULL, -2);
	json_real(&j, NULL, NAN);
	json_real(&j, NULL, 0.5);
	json_end(&j);
	json_object(&j, "c");
	json_end(&j);
	json_bool(&j, "d", true);
	json_end(&j);
	fclose(f);
	if (!CHECK(!strcmp(text, wanted)))
		printf("# %s\n", text);
	free(text);
}

static void test_outfile(void)
{
	struct outfile out;
	struct stat st;

	put("old", "old");
	chmod(path_of("old"), 0640);
	CHECK_EQ(outfile_open(&out, path_of("old")), 0);
	fputs("new", out.f);
	fflush(out.f);
	CHECK(holds("old", "old"));
	outfile_abort(&out);
	CHECK(holds("old", "old"));

	CHECK_EQ(outfile_open(&out, path_of("old")), 0);
	fputs("new", out.f);
	CHECK_EQ(outfile_commit(&out), 0);
	CHECK(holds("old", "new"));
	stat(path_of("old"), &st);
	CHECK_EQ(st.st_mode & 0777, 0640);
	/* A second abort is harmless. */
	outfile_abort(&out);
	CHECK(holds("old", "new"));
}

static void test_outfile_link(void)
{
	struct outfile out;
	struct stat st;
	char link[128];

	put("target", "old");
	snprintf(link, sizeof(link), "%s", path_of("link"));
	CHECK_EQ(symlink("target", link), 0);
	CHECK_EQ(outfile_open(&out, link), 0);
	fputs("new", out.f);
	CHECK_EQ(outfile_commit(&out), 0);
	CHECK(holds("target", "new"));
	CHECK_EQ(lstat(link, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
}

static void test_outfile_new(void)
{
	mode_t mask = umask(027);
	struct outfile out;
	struct stat st;

	CHECK_EQ(outfile_open(&out, path_of("fresh")), 0);
	CHECK_EQ(outfile_commit(&out), 0);
	CHECK_EQ(stat(path_of("fresh"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0640);
	umask(mask);
}

static int parse_text(void *text)
{
	struct prototxt p;

	return prototxt_parse("test", text, strlen(text), &p);
}

static void test_prototxt(void)
{
	static const char text[] =
		"# Vitis AI\nmodel {\n name : \"resnet50\"\n kernel {\n"
		"  name: 'resnet50_0'\n  mean: [104.5, 107, 123]\n"
		"  scale: 1.0 scale: 2e-1; scale: .5\n }\n"
		" kernel { mean: 7 }\n"
		" classification_param { top_k : 3, x { y { z: 1 } } }\n"
		" is_tf: false\n}\n";
	struct prototxt p;

	CHECK_EQ(prototxt_parse("test", text, sizeof(text) - 1, &p), 0);
	CHECK_EQ(p.means, 3);
	CHECK(p.mean[0] == 104.5f && p.mean[1] == 107 && p.mean[2] == 123);
	CHECK_EQ(p.scales, 3);
	CHECK(p.scale[0] == 1 && p.scale[1] == .2f && p.scale[2] == .5f);
	CHECK_EQ(p.top_k, 3);
	CHECK(!p.is_tf);
}

static void test_prototxt_refused(void)
{
	static char *const bad[] = {
		"model {", "model }", "}", "kernel { mean: 1 mean: 2 }",
		"kernel { mean: 1 mean: 2 mean: 3 mean: 4 }",
		"kernel { mean: nan }", "kernel { mean: \"x }", "a: [1, 2",
		"kernel { scale: }", "name 5", "a:b:c",
		"a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{}}}}}}}}}}}}}}}}}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!CHECK(silent(parse_text, bad[i])))
			printf("# %s\n", bad[i]);
	CHECK(!silent(parse_text, ""));
}

static int parse_time(void *text)
{
	uint64_t ns;

	return tool_parse_time("test", text, &ns);
}

static void test_time(void)
{
	uint64_t ns = 0;

	CHECK(!tool_parse_time("t", "20ms", &ns) && ns == 20000000);
	CHECK(!tool_parse_time("t", "1.5us", &ns) && ns == 1500);
	CHECK(!tool_parse_time("t", "2s", &ns) && ns == 2000000000);
	CHECK(silent(parse_time, "20"));
	CHECK(silent(parse_time, "ms"));
	CHECK(silent(parse_time, "-1s"));
	CHECK(silent(parse_time, "0ms"));
	CHECK(silent(parse_time, "1 s"));
	CHECK(silent(parse_time, "nans"));
}

/* A picture of 4x2 whose centre is 2x2, red first or blue first. */
static void test_preprocess(void)
{
	static const uint8_t pixels[24] = {
		9, 9, 9, 10, 20, 30, 40, 50, 60, 9, 9, 9,
		9, 9, 9, 11, 21, 31, 41, 51, 61, 9, 9, 9,
	};
	static const int8_t wanted[12] = {
		/* (30 - 3) * 2, (20 - 2) * 1, (10 - 1) * .5, half to even */
		54, 18, 4, 114, 48, 20, 56, 19, 5, 116, 49, 20,
	};
	struct srfpga_port port = {
		.name = "in", .elem = SRFPGA_ELEM_S8, .frame_elems = 12,
		.layout = { .dtype = SRFPGA_DTYPE_INT, .bits = 8, .rows = 4,
			    .row_elems = 3 },
	};
	struct preprocess p = {
		.height = 2, .width = 2, .channels = 3, .bgr = true,
		.real = true, .mean = { 1, 2, 3 }, .scale = { .5f, 1, 2 },
		.step = 1,
	};
	struct image img;
	int8_t got[12];

	CHECK_EQ(image_alloc(&img, "test", 4, 2, 3), 0);
	memcpy(img.pixels, pixels, 24);
	CHECK_EQ(preprocess_check(&p, &port), 0);
	CHECK_EQ(preprocess_run(&p, &port, &img, got), 0);
	for (int i = 0; i < 12; i++)
		CHECK_EQ(got[i], wanted[i]);
	image_free(&img);
	/* A step of 2: half the codes; what is too large is limited. */
	p.step = 2;
	p.scale[0] = 100;
	CHECK_EQ(image_alloc(&img, "test", 4, 2, 3), 0);
	memcpy(img.pixels, pixels, 24);
	CHECK_EQ(preprocess_run(&p, &port, &img, got), 0);
	CHECK_EQ(got[0], 27);
	CHECK_EQ(got[1], 9);
	CHECK_EQ(got[2], 127);
	image_free(&img);
}

/* What JSON makes of a string's bytes. */
static void check_string(const char *bytes, const char *wanted)
{
	char *text = NULL;
	size_t len;
	struct json j;
	FILE *f = open_memstream(&text, &len);

	json_start(&j, f);
	json_string(&j, NULL, bytes);
	fclose(f);
	if (!CHECK(!strcmp(text, wanted)))
		printf("# %s, not %s\n", text, wanted);
	free(text);
}

static void test_json_utf8(void)
{
	/* From one to four bytes: the first and the last of each length. */
	check_string("\x7e\xc2\x80\xdf\xbf", "\"\x7e\xc2\x80\xdf\xbf\"");
	check_string("\xe0\xa0\x80\xed\x9f\xbf", "\"\xe0\xa0\x80\xed\x9f\xbf\"");
	check_string("\xee\x80\x80\xef\xbf\xbf", "\"\xee\x80\x80\xef\xbf\xbf\"");
	check_string("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
		     "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
	check_string("a\xff" "b", "\"a\\ufffdb\"");
	check_string("\x80\xbf", "\"\\ufffd\\ufffd\"");
	/* Cut short, by the end and by another character. */
	check_string("\xc3", "\"\\ufffd\"");
	check_string("\xe2\x82", "\"\\ufffd\\ufffd\"");
	check_string("\xf0\x9f\x98z", "\"\\ufffd\\ufffd\\ufffdz\"");
	/* Longer than needed; a surrogate; beyond the last character. */
	check_string("\xc1\x81", "\"\\ufffd\\ufffd\"");
	check_string("\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\"");
	check_string("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	check_string("\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	check_string("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	check_string("\xf5\x80", "\"\\ufffd\\ufffd\"");
}

static const struct test tests[] = {
	{ "JSON", test_json },
	{ "JSON of bytes that are no UTF-8", test_json_utf8 },
	{ "a file appears complete", test_outfile },
	{ "a link stays a link", test_outfile_link },
	{ "a new file has the usual mode", test_outfile_new },
	{ "Vitis AI configuration", test_prototxt },
	{ "refused configurations", test_prototxt_refused },
	{ "durations", test_time },
	{ "preparation of pictures", test_preprocess },
};

int main(void)
{
	int ret;

	if (!mkdtemp(folder))
		return 1;
	ret = test_main(tests, sizeof(tests) / sizeof(*tests));
	if (chdir(folder) || unlink("old") || unlink("target") ||
	    unlink("link") || unlink("fresh") || rmdir(folder))
		return 1;
	return ret;
}
