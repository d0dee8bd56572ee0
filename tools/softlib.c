// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Loads libsrfpga-soft.so for the commands that look into models.
 * Must not know what they look for.
 */
#include "softlib.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#define SONAME	"libsrfpga-soft.so.0"

static bool resolve(void *lib, const char *name, void *function)
{
	/* A function pointer from an object pointer: POSIX's own idiom. */
	*(void **)function = dlsym(lib, name);
	return *(void **)function;
}

static bool resolve_all(void *lib, struct softlib *soft)
{
	return resolve(lib, "srfpga_soft_load", &soft->load) &&
	       resolve(lib, "srfpga_soft_free", &soft->free) &&
	       resolve(lib, "srfpga_soft_radius", &soft->radius) &&
	       resolve(lib, "srfpga_soft_describe", &soft->describe);
}

const struct softlib *softlib_get(const char **why)
{
	static struct softlib soft;
	static bool ready;
	void *lib;

	if (ready)
		return &soft;
	lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	if (lib)
		ready = resolve_all(lib, &soft);
	if (ready)
		return &soft;
	if (why)
		*why = dlerror();
	return NULL;
}
