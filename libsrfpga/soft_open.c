// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * "soft:MODEL,OPTION=VALUE": reads the name, finds the software FPGA's shared
 * object, loads the model. Knows nothing of buffers and jobs.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "soft_device.h"

#define SOFT_LIBRARY	"libsrfpga-soft.so.0"
/* Pixels of an image's side; a limit against typing errors. */
#define MAX_SIDE	65536
#define MAX_THREADS	1024

static const char *const isa_names[] = {
	[SRFPGA_SOFT_AUTO] = "auto",
	[SRFPGA_SOFT_REFERENCE] = "reference",
	[SRFPGA_SOFT_PORTABLE] = "portable",
	[SRFPGA_SOFT_AVX2] = "avx2",
	[SRFPGA_SOFT_AVX512_VNNI] = "avx512_vnni",
	[SRFPGA_SOFT_NEON] = "neon",
	[SRFPGA_SOFT_AMX_INT8] = "amx_int8",
};

static int parse_count(const char *text, uint32_t max, uint32_t *count)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || !value ||
	    value > max)
		return -EINVAL;
	*count = value;
	return 0;
}

static int parse_isa(const char *text, enum srfpga_soft_isa *isa)
{
	for (size_t i = 0; i < ARRAY_SIZE(isa_names); i++) {
		if (!strcmp(text, isa_names[i])) {
			*isa = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_switch(const char *text, uint32_t *on)
{
	if (strcmp(text, "0") && strcmp(text, "1"))
		return -EINVAL;
	*on = *text == '1';
	return 0;
}

static int parse_option(const char *key, const char *value,
			struct srfpga_soft_options *opt)
{
	if (!strcmp(key, "height"))
		return parse_count(value, MAX_SIDE, &opt->height);
	if (!strcmp(key, "width"))
		return parse_count(value, MAX_SIDE, &opt->width);
	if (!strcmp(key, "threads"))
		return parse_count(value, MAX_THREADS, &opt->threads);
	if (!strcmp(key, "isa"))
		return parse_isa(value, &opt->isa);
	if (!strcmp(key, "as-model"))
		return parse_switch(value, &opt->as_model);
	return -EINVAL;
}

/* Cuts the last ",key=value" off @spec: a path may hold commas as well. */
static bool cut_option(char *spec, char **key, char **value)
{
	char *comma = strrchr(spec, ',');
	size_t len;

	if (!comma)
		return false;
	len = strspn(comma + 1, "abcdefghijklmnopqrstuvwxyz-");
	if (!len || comma[1 + len] != '=')
		return false;
	comma[0] = '\0';
	comma[1 + len] = '\0';
	*key = comma + 1;
	*value = comma + 2 + len;
	return true;
}

/* The options of @spec, from the last to the first; what is left is a path. */
static int parse_spec(char *spec, struct srfpga_soft_options *opt,
		      const struct error_text *err)
{
	char *key, *value;

	while (cut_option(spec, &key, &value))
		if (parse_option(key, value, opt))
			return error_set(err, -EINVAL,
					 "soft: %s=%s is no option (height, width, threads, isa, as-model)",
					 key, value);
	return 0;
}

/* POSIX has dlsym() give functions as data pointers. */
#define SYMBOL(api, lib, name)						\
	((api)->name = (__typeof__((api)->name))			\
		dlsym(lib, "srfpga_soft_" #name))

/* NULL with the reason in @err. */
static void *load_library(struct soft_api *api, const struct error_text *err)
{
	void *lib = dlopen(SOFT_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!lib) {
		error_set(err, -ELIBACC, "soft: %s", dlerror());
		return NULL;
	}
	if (!SYMBOL(api, lib, load) || !SYMBOL(api, lib, free) ||
	    !SYMBOL(api, lib, num_ports) || !SYMBOL(api, lib, get_port) ||
	    !SYMBOL(api, lib, radius) || !SYMBOL(api, lib, run)) {
		error_set(err, -ELIBACC,
			  "soft: " SOFT_LIBRARY " lacks a function");
		dlclose(lib);
		return NULL;
	}
	return lib;
}

/* Texts that do not name the file themselves get its name. */
static int load_error(const struct error_text *err, int error,
		      const char *path, const char *text)
{
	if (!strncmp(text, path, strlen(path)))
		return error_set(err, error, "%s", text);
	return error_set(err, error, "%s: %s", path,
			 text[0] ? text : strerror(-error));
}

static int open_model(const char *path, const struct srfpga_soft_options *opt,
		      struct backend *out, const struct error_text *err)
{
	struct srfpga_soft_model *model;
	struct soft_api api;
	char text[256] = "";
	void *library;
	int ret;

	library = load_library(&api, err);
	if (!library)
		return -ELIBACC;
	ret = api.load(path, opt, &model, text, sizeof(text));
	if (ret) {
		dlclose(library);
		return load_error(err, ret, path, text);
	}
	return soft_backend_create(&api, library, model, path, out, err);
}

int soft_backend_open(const char *spec, struct backend *out,
		      const struct error_text *err)
{
	struct srfpga_soft_options opt = { .size = sizeof(opt) };
	char *path = strdup(spec);
	int ret;

	if (!path)
		return error_set(err, -ENOMEM, "soft: out of memory");
	ret = parse_spec(path, &opt, err);
	if (!ret && !path[0])
		ret = error_set(err, -EINVAL,
				"soft: a model file is missing: soft:MODEL.onnx");
	if (!ret)
		ret = open_model(path, &opt, out, err);
	free(path);
	return ret;
}
