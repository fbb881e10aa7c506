/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kc_probes.ko records of a virtqueue, as trace events of the kernel's.
 * Names, of fields and of events up to their '_', are those that kc gives to
 * probe events where there is no such module: it reads both alike.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kc

#if !defined(KC_PROBES_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define KC_PROBES_EVENTS_H

#include <linux/tracepoint.h>
#include "fields.h"

DECLARE_EVENT_CLASS(on_queue,
		    TP_PROTO(const char *vq),
		    TP_ARGS(vq),
		    TP_STRUCT__entry(__field(u16, dev)
				     __field(u16, queue)),
		    TP_fast_assign(__entry->dev = vq_device(vq);
				   __entry->queue = vq_u16(vq, VQ_INDEX);),
		    TP_printk("dev=%u queue=%u", __entry->dev, __entry->queue));

DEFINE_EVENT(on_queue, notify_queue, TP_PROTO(const char *vq), TP_ARGS(vq));
DEFINE_EVENT(on_queue, interrupt_queue, TP_PROTO(const char *vq), TP_ARGS(vq));

DECLARE_EVENT_CLASS(on_kick,
		    TP_PROTO(const char *vq),
		    TP_ARGS(vq),
		    TP_STRUCT__entry(__field(u16, dev)
				     __field(u16, queue)
				     __field(u16, free)),
		    TP_fast_assign(__entry->dev = vq_device(vq);
				   __entry->queue = vq_u16(vq, VQ_INDEX);
				   __entry->free = vq_u16(vq, VQ_NUM_FREE);),
		    TP_printk("dev=%u queue=%u free=%u", __entry->dev, __entry->queue,
			      __entry->free));

DEFINE_EVENT(on_kick, kick_queue, TP_PROTO(const char *vq), TP_ARGS(vq));
DEFINE_EVENT(on_kick, kickboth_queue, TP_PROTO(const char *vq), TP_ARGS(vq));

TRACE_EVENT(add_queue,
	    TP_PROTO(const char *vq),
	    TP_ARGS(vq),
	    TP_STRUCT__entry(__field(u16, dev)
			     __field(u16, queue)
			     __field(u16, head)
			     __field(u16, next)
			     __field(u16, avail)
			     __field(u16, size)
			     __field(u16, used)
			     __field(u16, free)
			     __field(u8, wrap)
			     __field(u8, packed)),
	    TP_fast_assign(__entry->dev = vq_device(vq);
			   __entry->queue = vq_u16(vq, VQ_INDEX);
			   __entry->head = vq_u16(vq, VQ_FREE_HEAD);
			   __entry->next = vq_u16(vq, VQ_PACKED_NEXT);
			   __entry->avail = vq_u16(vq, VQ_SPLIT_AVAIL);
			   __entry->size = vq_u16(vq, VQ_RING_NUM);
			   __entry->used = vq_u16(vq, VQ_LAST_USED);
			   __entry->free = vq_u16(vq, VQ_NUM_FREE);
			   __entry->wrap = vq_u8(vq, VQ_PACKED_WRAP);
			   __entry->packed = vq_u8(vq, VQ_PACKED_RING);),
	    TP_printk("dev=%u queue=%u head=%u free=%u", __entry->dev, __entry->queue,
		      __entry->head, __entry->free));

/* "head" would hide a variable of the kernel's own macros. */
TRACE_EVENT(collect_queue,
	    TP_PROTO(const char *vq, u16 id),
	    TP_ARGS(vq, id),
	    TP_STRUCT__entry(__field(u16, dev)
			     __field(u16, queue)
			     __field(u16, head)
			     __field(u16, used)
			     __field(u16, free)),
	    TP_fast_assign(__entry->dev = vq_device(vq);
			   __entry->queue = vq_u16(vq, VQ_INDEX);
			   __entry->head = id;
			   __entry->used = vq_u16(vq, VQ_LAST_USED);
			   __entry->free = vq_u16(vq, VQ_NUM_FREE);),
	    TP_printk("dev=%u queue=%u head=%u free=%u", __entry->dev, __entry->queue,
		      __entry->head, __entry->free));

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
