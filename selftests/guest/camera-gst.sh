# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154,SC2034
# Part of camera.sh: GStreamer from the camera to the screen. Its programs lie
# on a share of their own; the accelerator is one of 640x480, which is a mode of
# the screen.

mkdir -p /gst /tmp/plugins
mount -t 9p -o trans=virtio,version=9p2000.L,cache=mmap gst /gst || return
libs=/gst/usr/lib/aarch64-linux-gnu
for plugin in coreelements kms multifile video4linux2; do
	ln -s $libs/gstreamer-1.0/libgst$plugin.so /tmp/plugins/
done
ln -s /build/gst-arm64/gst/libgstsrfpga.so /tmp/plugins/

pattern 20
LD_LIBRARY_PATH=/build/gst-arm64:$libs:/gst/lib/aarch64-linux-gnu \
	GST_PLUGIN_SYSTEM_PATH=/tmp/plugins GST_REGISTRY=/tmp/registry \
	GST_REGISTRY_FORK=no GST_DEBUG=srfpga:4 GST_DEBUG_NO_COLOR=1 \
	timeout 300 /gst/usr/bin/gst-launch-1.0 \
	v4l2src device=/dev/video0 io-mode=dmabuf num-buffers=100 ! \
	video/x-raw,width=640,height=480,framerate=10/1 ! \
	srfpgaupscale device=/dev/srfpga0 ! tee name=t \
	t. ! queue ! kmssink driver-name=cirrus force-modesetting=true \
	t. ! queue ! multifilesink location=$tmp/frame next-file=buffer \
	> $tmp/log 2>&1 &
pid=$!
until [ -s $tmp/frame ] || ! kill -0 $pid; do sleep 0.2; done 2> /dev/null
sleep 2
{ echo 'P6 640 480 255'; cat $tmp/frame; } > "$dir/gst_ref.ppm"
# What the host looks for: the screen shows no other order.
echo 'order B, G, R' >> $tmp/log
look gst
end
is 'v4l2src ! srfpgaupscale ! kmssink: 100 frames' $status 0
says 'v4l2src ! srfpgaupscale ! kmssink: no copy' \
	'100 frames without a copy, 0 copied'
