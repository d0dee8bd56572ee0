// SPDX-License-Identifier: GPL-2.0
/*
 * Entry of the plugin: makes the device type known to a QEMU that was not built
 * with it, after checking that it is the very version this was built against.
 * Knows nothing of the device itself.
 */
#include "fpga.h"
#include "qapi/qapi-commands-misc.h"
#include "qapi/qapi-commands-control.h"
#include "qemu/qemu-plugin.h"

#ifndef FPGA_QEMU_VERSION
#error "FPGA_QEMU_VERSION must be the version of the QEMU source package"
#endif

extern const TypeInfo fpga_type_info;

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

/*
 * Does this QEMU's package string, "Debian 1:7.2+dfsg-7+deb12u18+b3" or
 * "(Debian …)", name the source version of the build? A rebuild of the same
 * source only adds "+bN".
 */
static bool same_version(const char *package)
{
	const char *at = strstr(package, FPGA_QEMU_VERSION);

	if (!at || (at > package && at[-1] != ' '))
		return false;
	at += strlen(FPGA_QEMU_VERSION);
	if (g_str_has_prefix(at, "+b"))
		at += 2 + strspn(at + 2, "0123456789");
	return *at == '\0' || *at == ')';
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const qemu_info_t *info, int argc,
					   char **argv)
{
	VersionInfo *version = qmp_query_version(NULL);

	if (!same_version(version->package)) {
		error_report("srfpga-fpga: built for QEMU %s, this is %" PRId64
			     ".%" PRId64 ".%" PRId64 " %s: build it again",
			     FPGA_QEMU_VERSION, version->qemu->major,
			     version->qemu->minor, version->qemu->micro,
			     version->package);
		return -1;
	}
	qapi_free_VersionInfo(version);
	type_register_static(&fpga_type_info);
	return 0;
}
