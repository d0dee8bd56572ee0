// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory that GStreamer and the device share: a pool of the device's buffers,
 * and foreign dma-bufs that were attached once.
 */
#include "gstsrfpga.h"

#include <unistd.h>

#include <gst/allocators/gstdmabuf.h>
#include <gst/allocators/gstfdmemory.h>

#define GST_CAT_DEFAULT gst_srfpga_debug

/* What a GstMemory remembers of the device. */
struct binding {
	GstSrfpgaSession *session;
	struct srfpga_buffer *buf;
	gboolean own;
};

static GQuark binding_quark(void)
{
	static gsize q;

	if (g_once_init_enter(&q))
		g_once_init_leave(&q,
				  g_quark_from_static_string("srfpga-binding"));
	return (GQuark)q;
}

static void free_binding(gpointer data)
{
	struct binding *b = data;

	srfpga_buffer_free(b->buf);
	gst_srfpga_session_unref(b->session);
	g_free(b);
}

static void bind_memory(GstMemory *mem, GstSrfpgaSession *session,
			struct srfpga_buffer *buf, gboolean own)
{
	struct binding *b = g_new0(struct binding, 1);

	b->session = gst_srfpga_session_ref(session);
	b->buf = buf;
	b->own = own;
	gst_mini_object_set_qdata(GST_MINI_OBJECT(mem), binding_quark(), b,
				  free_binding);
}

static struct binding *get_binding(GstBuffer *buffer)
{
	if (gst_buffer_n_memory(buffer) != 1)
		return NULL;
	return gst_mini_object_get_qdata(
		GST_MINI_OBJECT(gst_buffer_peek_memory(buffer, 0)),
		binding_quark());
}

static uint32_t direction(const struct srfpga_port *port)
{
	return port->role == SRFPGA_PORT_OUTPUT ? SRFPGA_ATTACH_WRITE :
		SRFPGA_ATTACH_READ;
}

struct srfpga_buffer *gst_srfpga_buffer_get(GstSrfpgaSession *session,
					    GstBuffer *buffer,
					    const struct srfpga_port *port)
{
	struct binding *b = get_binding(buffer);
	struct srfpga_buffer *buf;
	GstMemory *mem;

	if (b && b->session == session)
		return b->buf;
	if (b || gst_buffer_n_memory(buffer) != 1)
		return NULL;
	mem = gst_buffer_peek_memory(buffer, 0);
	if (!gst_is_dmabuf_memory(mem) || mem->offset ||
	    mem->size < port->frame_bytes)
		return NULL;
	if (srfpga_buffer_import(session->dev, gst_dmabuf_memory_get_fd(mem),
				 direction(port), &buf))
		return NULL;
	bind_memory(mem, session, buf, FALSE);
	return buf;
}

/* Rows without padding: what the device reads and writes. */
static gboolean is_dense(const GstVideoInfo *info)
{
	return GST_VIDEO_INFO_PLANE_STRIDE(info, 0) ==
		GST_VIDEO_INFO_WIDTH(info) * 3;
}

/* What a buffer says of itself counts for more than what the pad says. */
static gboolean has_dense_rows(GstBuffer *buffer, const GstVideoInfo *info)
{
	const GstVideoMeta *meta = gst_buffer_get_video_meta(buffer);

	if (meta)
		return meta->offset[0] == 0 &&
			meta->stride[0] == GST_VIDEO_INFO_WIDTH(info) * 3;
	return is_dense(info);
}

struct srfpga_buffer *gst_srfpga_input_get(GstSrfpgaSession *session,
					   GstBuffer *buffer,
					   const GstVideoInfo *info)
{
	struct srfpga_buffer *buf;
	struct binding *b;

	if (!has_dense_rows(buffer, info))
		return NULL;
	buf = gst_srfpga_buffer_get(session, buffer, session->in);
	b = get_binding(buffer);
	if (buf && b->own && gst_srfpga_buffer_sync(buf, SRFPGA_CPU_WRITE))
		return NULL;
	return buf;
}

#define GST_TYPE_SRFPGA_POOL (gst_srfpga_pool_get_type())
G_DECLARE_FINAL_TYPE(GstSrfpgaPool, gst_srfpga_pool, GST, SRFPGA_POOL,
		     GstBufferPool)

struct _GstSrfpgaPool {
	GstBufferPool parent;
	GstSrfpgaSession *session;
	const struct srfpga_port *port;
	GstAllocator *allocator;
};

G_DEFINE_TYPE(GstSrfpgaPool, gst_srfpga_pool, GST_TYPE_BUFFER_POOL)

static GstFlowReturn alloc_buffer(GstBufferPool *base, GstBuffer **out,
				  GstBufferPoolAcquireParams *params)
{
	GstSrfpgaPool *pool = GST_SRFPGA_POOL(base);
	gsize size = pool->port->frame_bytes;
	struct srfpga_buffer *buf;
	GstMemory *mem;
	int fd, ret;

	ret = srfpga_buffer_alloc(pool->session->dev, size,
				  direction(pool->port), &buf);
	if (!ret) {
		ret = srfpga_buffer_export(buf, &fd);
		if (ret)
			srfpga_buffer_free(buf);
	}
	if (ret) {
		GST_WARNING_OBJECT(pool, "no memory of %" G_GSIZE_FORMAT
				   " bytes: %s", size, g_strerror(-ret));
		return GST_FLOW_ERROR;
	}
	mem = srfpga_device_get_info(pool->session->dev)->is_soft ?
		gst_fd_allocator_alloc(pool->allocator, fd, size,
				       GST_FD_MEMORY_FLAG_KEEP_MAPPED) :
		gst_dmabuf_allocator_alloc(pool->allocator, fd, size);
	if (!mem) {
		close(fd);
		srfpga_buffer_free(buf);
		return GST_FLOW_ERROR;
	}
	bind_memory(mem, pool->session, buf, TRUE);
	*out = gst_buffer_new();
	gst_buffer_append_memory(*out, mem);
	return GST_FLOW_OK;
}

static void pool_finalize(GObject *object)
{
	GstSrfpgaPool *pool = GST_SRFPGA_POOL(object);

	gst_object_unref(pool->allocator);
	gst_srfpga_session_unref(pool->session);
	G_OBJECT_CLASS(gst_srfpga_pool_parent_class)->finalize(object);
}

static void gst_srfpga_pool_class_init(GstSrfpgaPoolClass *class)
{
	G_OBJECT_CLASS(class)->finalize = pool_finalize;
	GST_BUFFER_POOL_CLASS(class)->alloc_buffer = alloc_buffer;
}

static void gst_srfpga_pool_init(GstSrfpgaPool *pool)
{
}

GstBufferPool *gst_srfpga_pool_new(GstSrfpgaSession *session,
				   const struct srfpga_port *port,
				   GstCaps *caps, guint min)
{
	GstSrfpgaPool *pool = g_object_new(GST_TYPE_SRFPGA_POOL, NULL);
	GstBufferPool *base = GST_BUFFER_POOL(pool);
	GstStructure *config;

	gst_object_ref_sink(pool);
	pool->session = gst_srfpga_session_ref(session);
	pool->port = port;
	pool->allocator = srfpga_device_get_info(session->dev)->is_soft ?
		gst_fd_allocator_new() : gst_dmabuf_allocator_new();
	config = gst_buffer_pool_get_config(base);
	gst_buffer_pool_config_set_params(config, caps,
					  (guint)port->frame_bytes, min, 0);
	if (gst_buffer_pool_set_config(base, config))
		return base;
	gst_object_unref(pool);
	return NULL;
}

void gst_srfpga_propose_input(GstSrfpgaSession *session,
			      const GstVideoInfo *info, GstQuery *query)
{
	GstBufferPool *pool;
	GstCaps *caps;

	gst_query_parse_allocation(query, &caps, NULL);
	if (!caps || !session || !is_dense(info))
		return;
	pool = gst_srfpga_pool_new(session, session->in, caps,
				   GST_SRFPGA_POOL_MIN);
	if (pool) {
		gst_query_add_allocation_pool(query, pool,
					      (guint)session->in->frame_bytes,
					      GST_SRFPGA_POOL_MIN, 0);
		gst_object_unref(pool);
	}
	gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, NULL);
}
