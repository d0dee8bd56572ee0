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

const struct softlib *softlib_get(void)
{
	static struct softlib soft;
	static bool ready;
	void *lib;

	if (ready)
		return &soft;
	lib = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return NULL;
	ready = resolve(lib, "srfpga_soft_load", &soft.load) &&
		resolve(lib, "srfpga_soft_free", &soft.free) &&
		resolve(lib, "srfpga_soft_radius", &soft.radius) &&
		resolve(lib, "srfpga_soft_describe", &soft.describe) &&
		resolve(lib, "srfpga_soft_num_ports", &soft.num_ports) &&
		resolve(lib, "srfpga_soft_get_port", &soft.get_port);
	return ready ? &soft : NULL;
}
