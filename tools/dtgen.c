// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * srfpga dtgen: a devicetree overlay from the output folder of a FINN build.
 * Finds the files and the names; what is in them is read elsewhere.
 */
#include "dtgen.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "json.h"
#include "npy.h"
#include "outfile.h"
#include "tool.h"

/* The driver limits the label of a device to its ABI's name field. */
#define LABEL_MAX	31

static const char help[] =
#include "help/dtgen.inc"
	;

/* The one file that matches @pattern in one of FINN's usual places. */
static int find_one(const char *dir, const char *const *patterns, char **path)
{
	char *pattern = NULL;
	glob_t g = { 0 };
	int i, ret = TOOL_OK;

	for (i = 0; patterns[i]; i++) {
		if (asprintf(&pattern, "%s/%s", dir, patterns[i]) < 0)
			return tool_fail_errno(dir, ENOMEM);
		glob(pattern, g.gl_pathc ? GLOB_APPEND : 0, NULL, &g);
		free(pattern);
	}
	if (g.gl_pathc > 1)
		ret = tool_fail(dir, "holds both %s and %s", g.gl_pathv[0],
				g.gl_pathv[1]);
	else if (!g.gl_pathc)
		ret = tool_fail(dir, "holds no %s (also looked in deploy/)",
				patterns[0]);
	else
		*path = strdup(g.gl_pathv[0]);
	globfree(&g);
	if (!ret && !*path)
		return tool_fail_errno(dir, ENOMEM);
	return ret;
}

static int find_files(const char *dir, struct dtgen_build *b)
{
	static const char *const drivers[] = {
		"driver.py", "driver/driver.py", "deploy/driver/driver.py",
		NULL
	};
	static const char *const hwhs[] = {
		"*.hwh", "bitfile/*.hwh", "deploy/bitfile/*.hwh", NULL
	};
	struct stat st;
	int ret;

	if (stat(dir, &st))
		return tool_fail_errno(dir, errno);
	if (!S_ISDIR(st.st_mode))
		return tool_fail(dir, "is not the folder of a FINN build");
	ret = find_one(dir, drivers, &b->driver);
	return ret ? ret : find_one(dir, hwhs, &b->hwh);
}

/*
 * External weights stand packed, as uint8, beside the driver:
 * runtime_weights/<name of the DMA>.npy.
 */
static int read_weights(const struct dtgen_build *b, struct dtgen_port *port)
{
	int dir = (int)(strrchr(b->driver, '/') - b->driver);
	struct npy npy = { 0 };
	char *path;
	uint32_t i;
	int ret;

	if (asprintf(&path, "%.*s/runtime_weights/%s.npy", dir, b->driver,
		     port->name) < 0)
		return tool_fail_errno(port->name, ENOMEM);
	ret = npy_load(path, &npy);
	if (!ret && (npy.rank < 1 || npy.rank > DTGEN_MAX_RANK ||
		     npy.kind != 'u' || npy.size != 1))
		ret = tool_fail(path, "is not packed weights: uint8 of 1 to %d dimensions",
				DTGEN_MAX_RANK);
	if (!ret && (!npy.count || npy.count > UINT32_MAX))
		ret = tool_fail(path, "holds nothing, or more than 4 GiB");
	for (i = 0; !ret && i < npy.rank; i++)
		port->normal.dim[i] = (uint32_t)npy.shape[i];
	port->normal.rank = npy.rank;
	port->folded = port->normal;
	npy_free(&npy);
	free(path);
	return ret;
}

static int read_build(const char *dir, struct dtgen_build *b)
{
	unsigned int i;
	int ret;

	ret = find_files(dir, b);
	if (!ret)
		ret = dtgen_read_driver(b);
	if (!ret)
		ret = dtgen_read_hwh(b);
	for (i = 0; !ret && i < b->num_ports; i++)
		if (b->ports[i].role == DTGEN_WEIGHTS)
			ret = read_weights(b, &b->ports[i]);
	return ret;
}

/* What ends in the devicetree between quotes must not end them. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("._-+/", *text))
			return false;
	return true;
}

static int write_overlay(const struct dtgen_build *b, const char *path,
			 const char *firmware, const char *label)
{
	struct outfile out = { 0 };
	int ret;

	ret = outfile_open(&out, path);
	if (!ret)
		ret = dtgen_write(b, firmware, label, out.f);
	if (!ret)
		ret = outfile_commit(&out);
	outfile_abort(&out);
	return ret;
}

struct options {
	const char *output;
	const char *firmware;
	const char *label;
	bool json;
};

static void json_shape(struct json *j, const char *key,
		       const struct dtgen_shape *shape)
{
	uint32_t i;

	json_array(j, key);
	for (i = 0; i < shape->rank; i++)
		json_uint(j, NULL, shape->dim[i]);
	json_end(j);
}

static void json_port(struct json *j, const struct dtgen_port *port)
{
	static const char *const roles[] = {
		[DTGEN_INPUT] = "input", [DTGEN_OUTPUT] = "output",
		[DTGEN_WEIGHTS] = "weights",
	};

	json_object(j, NULL);
	json_string(j, "name", port->name);
	json_string(j, "role", roles[port->role]);
	json_string(j, "type", port->dtype);
	json_shape(j, "shape", &port->normal);
	json_shape(j, "folded_shape", &port->folded);
	json_uint(j, "frame_bytes", dtgen_frame_bytes(port));
	json_uint(j, "address", port->base);
	json_uint(j, "size", port->size);
	if (port->irq < 0)
		json_null(j, "interrupt");
	else
		json_int(j, "interrupt", port->irq);
	json_end(j);
}

/* What the overlay says; not in the middle of it. */
static void print_json(const struct dtgen_build *b, const struct options *o)
{
	bool mixed = o->output && !strcmp(o->output, "-");
	struct json j;
	unsigned int i;

	json_start(&j, mixed ? stderr : stdout);
	json_object(&j, NULL);
	json_string(&j, "label", o->label);
	json_string(&j, "firmware", o->firmware);
	json_string(&j, "family", b->zynq7 ? "zynq7" : "zynqmp");
	json_uint(&j, "clock", b->clock);
	if (o->output)
		json_string(&j, "overlay", o->output);
	else
		json_null(&j, "overlay");
	json_array(&j, "ports");
	for (i = 0; i < b->num_ports; i++)
		json_port(&j, &b->ports[i]);
	json_end(&j);
	json_end(&j);
}

/* The build's name: that of its .hwh file, unless the user has a better one. */
static int name_and_write(const struct dtgen_build *b, struct options *o)
{
	const char *slash = strrchr(b->hwh, '/');
	char *label = strdup(slash ? slash + 1 : b->hwh);
	char *firmware = NULL;
	int ret = TOOL_OK;

	if (!label)
		return tool_fail_errno(b->hwh, ENOMEM);
	*strrchr(label, '.') = '\0';
	if (asprintf(&firmware, "%s.bit.bin", label) < 0) {
		free(label);
		return tool_fail_errno(b->hwh, ENOMEM);
	}
	if (!o->firmware)
		o->firmware = firmware;
	if (!o->label)
		o->label = label;
	if (!is_plain(o->firmware) || !is_plain(o->label))
		ret = tool_usage(is_plain(o->label) ? o->firmware : o->label,
				 "not a plain name (letters, digits, . _ - + /)");
	else if (strlen(o->label) > LABEL_MAX)
		ret = tool_usage(o->label, "longer than %d characters: give --label",
				 LABEL_MAX);
	else if (o->output)
		ret = write_overlay(b, o->output, o->firmware, o->label);
	if (!ret && o->json)
		print_json(b, o);
	free(firmware);
	free(label);
	return ret;
}

static int run(int argc, char **argv)
{
	static const struct option longs[] = {
		TOOL_OPTIONS,
		{ "output", required_argument, NULL, 'o' },
		{ "firmware", required_argument, NULL, 'F' },
		{ "label", required_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 }
	};
	struct options o = { 0 };
	struct dtgen_build b = { 0 };
	int c, ret;

	while ((c = tool_getopt(&dtgen_command, argc, argv,
				TOOL_SHORT "o:F:l:", longs)) != -1) {
		if (c == 'o')
			o.output = optarg;
		else if (c == 'F')
			o.firmware = optarg;
		else if (c == 'l')
			o.label = optarg;
		else
			o.json = true;
	}
	if (!o.output && !o.json)
		o.output = "-";
	if (argc - optind != 1)
		return tool_usage("dtgen", "needs one folder: srfpga dtgen BUILD_DIR");
	ret = read_build(argv[optind], &b);
	if (!ret)
		ret = name_and_write(&b, &o);
	free(b.driver);
	free(b.hwh);
	return ret;
}

const struct tool_command dtgen_command = {
	.name = "dtgen", .help = help, .run = run,
};
