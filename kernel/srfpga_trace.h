/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: the life of a submission and of its jobs. Integers only.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM srfpga

#if !defined(_SRFPGA_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _SRFPGA_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(srfpga_submission_queue,
	TP_PROTO(int dev, u64 file, u64 seqno, u32 jobs, u32 level),
	TP_ARGS(dev, file, seqno, jobs, level),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u64, file)
		__field(u64, seqno)
		__field(u32, jobs)
		__field(u32, level)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->file = file;
		__entry->seqno = seqno;
		__entry->jobs = jobs;
		__entry->level = level;
	),
	TP_printk("dev=%d file=%llu seqno=%llu jobs=%u level=%u",
		  __entry->dev, __entry->file, __entry->seqno, __entry->jobs,
		  __entry->level)
);

TRACE_EVENT(srfpga_submission_end,
	TP_PROTO(int dev, u64 file, u64 seqno, int status, u32 jobs_done),
	TP_ARGS(dev, file, seqno, status, jobs_done),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u64, file)
		__field(u64, seqno)
		__field(int, status)
		__field(u32, jobs_done)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->file = file;
		__entry->seqno = seqno;
		__entry->status = status;
		__entry->jobs_done = jobs_done;
	),
	TP_printk("dev=%d file=%llu seqno=%llu status=%d jobs_done=%u",
		  __entry->dev, __entry->file, __entry->seqno, __entry->status,
		  __entry->jobs_done)
);

TRACE_EVENT(srfpga_job_start,
	TP_PROTO(int dev, u64 file, u64 seqno, u32 index, u32 frames),
	TP_ARGS(dev, file, seqno, index, frames),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u64, file)
		__field(u64, seqno)
		__field(u32, index)
		__field(u32, frames)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->file = file;
		__entry->seqno = seqno;
		__entry->index = index;
		__entry->frames = frames;
	),
	TP_printk("dev=%d file=%llu seqno=%llu job=%u frames=%u",
		  __entry->dev, __entry->file, __entry->seqno, __entry->index,
		  __entry->frames)
);

TRACE_EVENT(srfpga_job_done,
	TP_PROTO(int dev, u64 file, u64 seqno, u32 index, int status),
	TP_ARGS(dev, file, seqno, index, status),
	TP_STRUCT__entry(
		__field(int, dev)
		__field(u64, file)
		__field(u64, seqno)
		__field(u32, index)
		__field(int, status)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->file = file;
		__entry->seqno = seqno;
		__entry->index = index;
		__entry->status = status;
	),
	TP_printk("dev=%d file=%llu seqno=%llu job=%u status=%d",
		  __entry->dev, __entry->file, __entry->seqno, __entry->index,
		  __entry->status)
);

#endif /* _SRFPGA_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE srfpga_trace
#include <trace/define_trace.h>
