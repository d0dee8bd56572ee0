#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Boots a stock kernel with the FPGA model and runs one command in it, or a shell.
# Knows nothing of the driver: what the guest does with the model is its command.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/srfpga}
O=$(realpath -m "${O:-$top/build}")

usage()
{
	cat <<'EOF'
usage: boot.sh [options] [--] [COMMAND [ARG...]]
Runs COMMAND in a guest and exits with its status; without one, a shell.
  -k SERIES    kernel: 6.12 (default), 6.1, newest; debug, kcsan: checks itself
  -K FOLDER    another kernel: FOLDER/vmlinuz, and FOLDER/lib/modules if it has
               modules (else virtio_mmio, virtio_console and 9p are built in)
  -A ARCH      arm64 (default) or armhf
  -d OPTIONS   an accelerator: options of -device srfpga-fpga; repeatable;
               '' for none; default: a small xor fabric
  -p FILE      the model's plugin (default: $O/srfpga-fpga.so)
  -m MIB       memory, 1024; 2048 for a kernel that checks itself
  -c MIB       contiguous memory area (cma=), 128
  -s N         processors, 2
  -i SHIFT     count instructions: 2^SHIFT ns each; one processor
  -H FOLDER    what the guest sees as /host (default: the repository)
  -t SECONDS   give up after so long (300); 0: never
  -l FOLDER    keep kernel.log, console.log and model.log there
  -a REGEX     kernel warnings that match are not counted; repeatable
  -v           violations that the model reports do not fail the run
  -r SCRIPT    shell commands that the guest runs first
  -D           a camera (vivid, /dev/video0) and a screen (/dev/dri/card0)
  -x ARGS      more kernel arguments
  -q ARG       one more argument for QEMU; repeatable
In the guest: /host, /build ($O), /run (rw); libraries of the sysroot in place.
Exit: the command's status; 124 timed out; 125 the guest did not get that far;
126 the command succeeded, but the kernel log or the model complains.
EOF
}

die()
{
	echo "boot.sh: $*" >&2
	exit 125
}

# The only screen of QEMU that imports contiguous dma-bufs on every test kernel.
camera_and_screen()
{
	extra+=(-device "cirrus-vga,romfile=")
	setup+="modprobe vivid n_devs=1 node_types=0x1 allocators=1
		modprobe -q cirrus-qemu || modprobe -q cirrus
		"
}

# Checks take memory, and time that must not look like a hang.
kernel_that_checks()
{
	memory=${memory:-2048}
	kernel_args+=" page_poison=1 kunit.enable=1 workqueue.watchdog_thresh=120"
	kernel_args+=" rcupdate.rcu_cpu_stall_timeout=120 hugepages=4"
}

series=6.12 arch=arm64 plugin=$O/srfpga-fpga.so memory='' cma=128 cpus=2
host=$top limit=300 logs='' kernel='' icount='' violations_fail=1 kernel_args='' setup=''
devices=() extra=() have_devices=
# What a kernel that checks says before anything has happened.
allowed=('DMA-API: (preallocated|debugging enabled)')
while getopts k:K:A:d:p:m:c:s:i:H:t:l:a:vr:Dx:q:h option; do
	case $option in
	k) series=$OPTARG ;;
	K) kernel=$OPTARG ;;
	A) arch=$OPTARG ;;
	d) have_devices=1; [ -z "$OPTARG" ] || devices+=("$OPTARG") ;;
	p) plugin=$OPTARG ;;
	m) memory=$OPTARG ;;
	c) cma=$OPTARG ;;
	s) cpus=$OPTARG ;;
	i) icount=$OPTARG ;;
	H) host=$OPTARG ;;
	t) limit=$OPTARG ;;
	l) logs=$OPTARG ;;
	a) allowed+=("$OPTARG") ;;
	v) violations_fail= ;;
	r) setup+=$OPTARG ;;
	D) camera_and_screen ;;
	x) kernel_args=$OPTARG ;;
	q) extra+=("$OPTARG") ;;
	h) usage; exit ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
case $series in
debug | kcsan) kernel_that_checks ;;
esac
[ -n "$have_devices" ] ||
	devices=("ports=idma0:in:UINT8:64x64x3/odma0:out:UINT8:64x64x3")

# Everything of this run that is not kept.
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
mkdir "$run/share"

# Modules that the shares need, in loading order, as files of their names.
early_modules()
{
	local folder=$1 release=$2 module line n=100

	for module in virtio_mmio 9p 9pnet_virtio virtio_console; do
		modprobe -d "$folder" -S "$release" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
	while read -r line; do
		module=$(basename "$line")
		n=$((n + 1))
		case $module in
		*.xz) xz -dc "$line" > "modules/$n-${module%.xz}" ;;
		*.zst) zstd -qdc "$line" > "modules/$n-${module%.zst}" ;;
		*) cp "$line" "modules/$n-$module" ;;
		esac
	done
}

# Prints the initial RAM disk for kernel folder $1; made once for what it holds.
initramfs()
{
	local folder=$1 busybox release sum file work

	busybox=$("$here/fetch.sh" busybox "$arch") || die "no busybox"
	release=$(cd "$folder/lib/modules" 2>/dev/null && echo *) || release=none
	sum=$(cat "$here/init" "$here/boot.sh" "$busybox/bin/busybox" \
		"$folder/lib/modules/$release/modules.dep" 2>/dev/null |
		sha256sum | cut -c 1-16)
	file=$CACHE/initramfs-$arch-$release-$sum.cpio
	if [ ! -e "$file" ]; then
		work=$run/initramfs
		mkdir -p "$work"/{bin,dev,etc,modules,proc,run,sys,tmp}
		cp "$busybox/bin/busybox" "$work/bin/"
		cp "$here/init" "$work/init"
		echo 'root:x:0:0:root:/tmp:/bin/sh' > "$work/etc/passwd"
		echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >> "$work/etc/passwd"
		printf 'root:x:0:\nvideo:x:44:\nnogroup:x:65534:\n' > "$work/etc/group"
		[ "$release" = none ] ||
			(cd "$work" && early_modules "$folder" "$release") ||
			die "no modules for the guest in $folder"
		(cd "$work" && find . | cpio -o -H newc --quiet -R 0:0) \
			> "$run/cpio" || die "no initial RAM disk"
		rm -f "$CACHE/initramfs-$arch-$release"-*.cpio
		mv "$run/cpio" "$file"
	fi
	echo "$file"
}

# share_args TAG FOLDER: a folder of the host for the guest.
share_args()
{
	qemu+=(-fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap"
		-device "virtio-9p-device,fsdev=$1,mount_tag=$1")
}

build_command()
{
	local device signal=on

	[ -z "$interactive" ] || signal=off
	case $arch in
	arm64) qemu=(qemu-system-aarch64 -M virt -cpu cortex-a53) ;;
	armhf) qemu=(qemu-system-arm -M "virt,highmem=off" -cpu cortex-a15) ;;
	*) die "$arch: arm64 or armhf" ;;
	esac
	[ -z "$icount" ] || cpus=1
	# shellcheck disable=SC2054 # commas within one argument
	qemu+=(-nodefaults -display none -no-reboot -smp "$cpus" -m "${memory:-1024}"
		-kernel "$kernel/vmlinuz" -initrd "$initrd"
		-append "console=ttyAMA0 loglevel=5 panic=-1 cma=${cma}M $kernel_args"
		-chardev "file,id=log,path=$run/console.log" -serial chardev:log
		-chardev "stdio,id=con,signal=$signal"
		-device virtio-serial-device -device virtconsole,chardev=con)
	[ -z "$icount" ] || qemu+=(-icount "shift=$icount,align=off,sleep=off")
	share_args run "$run/share"
	share_args host "$host"
	share_args kernel "$kernel"
	share_args sysroot "$sysroot"
	[ ! -d "$O" ] || share_args build "$O"
	if [ ${#devices[@]} -gt 0 ]; then
		[ -e "$plugin" ] || die "$plugin is missing: make fpga-model"
		qemu+=(-plugin "$plugin")
	fi
	for device in "${devices[@]}"; do
		qemu+=(-device "srfpga-fpga,$device")
	done
	qemu+=("${extra[@]}")
}

# What no kernel may say, whatever the test.
complaints='WARNING:|BUG:|Oops|[Cc]all trace:|Kernel panic|KASAN|KCSAN:|UBSAN
|INFO: task .* blocked|rcu.* stall|possible (circular|recursive) locking
|Unable to handle kernel|nobody cared|sleeping function called
|refcount_t:|inconsistent lock state|DMA-API:|suspicious RCU|kmemleak: [1-9]
|ODEBUG:|general protection|bad: scheduling|page allocation failure
|unreferenced object|kmemleak: .*disabled|debug_locks: +0|\] +not ok '
complaints=${complaints//$'\n'/}

# Prints the lines of the guest's log that should not be there.
dirty_lines()
{
	local pattern

	cat "$run/share/kernel.log" "$run/console.log" 2>/dev/null |
		grep -aE "$complaints" | sort -u > "$run/dirty" || true
	for pattern in "${allowed[@]}"; do
		grep -avE "$pattern" "$run/dirty" > "$run/left" || true
		mv "$run/left" "$run/dirty"
	done
	cat "$run/dirty"
}

keep_logs()
{
	[ -n "$logs" ] || return 0
	mkdir -p "$logs"
	cp "$run/console.log" "$run/model.log" "$logs/"
	[ ! -e "$run/share/kernel.log" ] || cp "$run/share/kernel.log" "$logs/"
}

# Tells why the guest did not come back with a status.
explain_failure()
{
	cat "$run/model.log" >&2
	tail -n 60 "$run/console.log" >&2
	[ "$1" -ne 124 ] || { echo "boot.sh: no end after $limit s" >&2; exit 124; }
	die "the guest ended without a status"
}

check_logs()
{
	local dirty=

	dirty_lines > "$run/lines"
	if [ -s "$run/lines" ]; then
		echo "boot.sh: the guest's kernel complains:" >&2
		cat "$run/lines" >&2
		dirty=1
	fi
	if grep -q violation "$run/model.log" && [ -n "$violations_fail" ]; then
		echo "boot.sh: the FPGA model complains:" >&2
		grep violation "$run/model.log" >&2
		dirty=1
	fi
	[ -z "$dirty" ]
}

# The command's words, quoted so that the guest's shell sees the same words.
write_command()
{
	local word

	for word; do
		printf '%s ' "'${word//\'/\'\\\'\'}'"
	done > "$run/share/command"
}

interactive=
[ -z "$setup" ] || echo "$setup" > "$run/share/setup"
if [ $# -gt 0 ]; then
	write_command "$@"
else
	interactive=1 limit=0
fi
[ -n "$kernel" ] ||
	kernel=$("$here/fetch.sh" kernel "$series" "$arch") || die "no kernel"
sysroot=$("$here/fetch.sh" sysroot "$arch") || die "no sysroot"
initrd=$(initramfs "$kernel")
build_command
touch "$run/console.log"
status=0
if [ -n "$interactive" ]; then
	"${qemu[@]}" 2> "$run/model.log" || status=$?
	keep_logs
	[ "$status" -eq 0 ] || explain_failure "$status"
	exit 0
fi
# In the background, so that the end of this script is the end of the guest.
timeout --foreground "$limit" "${qemu[@]}" < /dev/null 2> "$run/model.log" &
guest=$!
trap 'kill "$guest" 2>/dev/null; exit 125' INT TERM HUP
wait "$guest" || status=$?
keep_logs
[ -e "$run/share/status" ] || explain_failure "$status"
status=$(cat "$run/share/status")
check_logs || [ "$status" -ne 0 ] || status=126
exit "$status"
