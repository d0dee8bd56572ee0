#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Runs in the guest, last: the shares of the host die with a system sleep
# (virtio's 9p cannot suspend). So the test runs from memory, speaks to the
# console, and the machine is switched off here.
# usage: run-sleep.sh MODULE PROGRAM
set -u

insmod "$1" || exit 1
cp "$2" /tmp/sleep || exit 1
# What boot.sh looks for afterwards; the verdict is in the TAP on the console.
dmesg > /run/kernel.log
echo 0 > /run/status
sync
exec /bin/busybox sh -c '/tmp/sleep 2>&1; /bin/busybox poweroff -f'
