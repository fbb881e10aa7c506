/*
 * virtio-echo: what the host's user sees and sets, before and while the
 * device runs (qom-set, qom-get).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/host-utils.h"
#include "hw/qdev-properties.h"
#include "trace/trace-hw_virtio_kernelcraft_echo.h"
#include "device.h"

#define ECHO_QUEUE_MIN          2
#define ECHO_PAYLOAD_LIMIT      (16 * MiB)

static bool echo_text_ok(const char *what, const char *text, size_t len,
                         size_t max, Error **errp)
{
    if (len > max) {
        error_setg(errp, "%s is %zu bytes long, at most %zu are possible",
                   what, len, max);
        return false;
    }
    if (!g_utf8_validate_len(text, len, NULL)) {
        error_setg(errp, "%s is not valid UTF-8", what);
        return false;
    }
    return true;
}

bool echo_greeting_ok(const char *text, size_t len, Error **errp)
{
    const char *p;

    if (!echo_text_ok("greeting", text, len, VIRTIO_ECHO_GREETING_MAX,
                      errp)) {
        return false;
    }
    for (p = text; p < text + len; p = g_utf8_next_char(p)) {
        if (g_unichar_iscntrl(g_utf8_get_char(p))) {
            error_setg(errp, "greeting has a control character (U+%04X) "
                       "at byte %zu", g_utf8_get_char(p), (size_t)(p - text));
            return false;
        }
    }
    return true;
}

static void echo_get_greeting(Object *obj, Visitor *v, const char *name,
                              void *opaque, Error **errp)
{
    VirtIOEcho *s = VIRTIO_ECHO(obj);
    g_autofree char *text = g_strndup((char *)s->greeting, s->greeting_len);

    visit_type_str(v, name, &text, errp);
}

/* The core makes a new generation only for a driver that can take interrupts */
static void echo_tell_config(VirtIODevice *vdev)
{
    if (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) {
        virtio_notify_config(vdev);
    } else {
        vdev->generation++;
    }
}

static void echo_set_greeting(Object *obj, Visitor *v, const char *name,
                              void *opaque, Error **errp)
{
    VirtIOEcho *s = VIRTIO_ECHO(obj);
    g_autofree char *text = NULL;

    if (!visit_type_str(v, name, &text, errp) ||
        !echo_greeting_ok(text, strlen(text), errp)) {
        return;
    }
    s->greeting_len = strlen(text);
    memset(s->greeting, 0, sizeof(s->greeting));
    memcpy(s->greeting, text, s->greeting_len);
    if (DEVICE(s)->realized) {
        trace_virtio_echo_greeting(s, text);
        echo_tell_config(VIRTIO_DEVICE(s));
    }
}

static const PropertyInfo echo_prop_greeting = {
    .type = "str",
    .description = "what the driver finds in the configuration, at most 64 "
                   "bytes of UTF-8; may be set at any time",
    .realized_set_allowed = true,
    .get = echo_get_greeting,
    .set = echo_set_greeting,
};

static void echo_set_event(Object *obj, Visitor *v, const char *name,
                           void *opaque, Error **errp)
{
    VirtIOEcho *s = VIRTIO_ECHO(obj);
    g_autofree char *text = NULL;

    if (!visit_type_str(v, name, &text, errp) ||
        !echo_text_ok("event", text, strlen(text), VIRTIO_ECHO_EVENT_MAX,
                      errp)) {
        return;
    }
    if (!DEVICE(s)->realized) {
        error_setg(errp, "event cannot be set before the device is there; "
                   "use qom-set in the monitor");
        return;
    }
    if (!s->event_vq) {
        error_setg(errp, "this device has no event queue (events=off)");
        return;
    }
    echo_queue_event(s, text, strlen(text));
}

static const PropertyInfo echo_prop_event = {
    .type = "str",
    .description = "set it at run time to send a message to the guest, at "
                   "most 248 bytes of UTF-8",
    .realized_set_allowed = true,
    .set = echo_set_event,
};

static void echo_get_u64(Object *obj, Visitor *v, const char *name,
                         void *opaque, Error **errp)
{
    visit_type_uint64(v, name, object_field_prop_ptr(obj, opaque), errp);
}

static const PropertyInfo echo_prop_counter = {
    .type = "uint64",
    .description = "counter, read only",
    .get = echo_get_u64,
};

static void echo_set_latency(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    uint64_t latency_us;

    if (!visit_type_uint64(v, name, &latency_us, errp)) {
        return;
    }
    if (latency_us > ECHO_LATENCY_LIMIT_US) {
        error_setg(errp, "latency-us is %" PRIu64 ", at most %d is possible",
                   latency_us, ECHO_LATENCY_LIMIT_US);
        return;
    }
    VIRTIO_ECHO(obj)->latency_us = latency_us;
}

static const PropertyInfo echo_prop_latency = {
    .type = "uint64",
    .description = "how long requests are held, in microseconds of guest "
                   "time; may be set at any time, for requests to come",
    .realized_set_allowed = true,
    .get = echo_get_u64,
    .set = echo_set_latency,
};

bool echo_check_properties(VirtIOEcho *s, Error **errp)
{
    if (s->max_payload < 1 || s->max_payload > ECHO_PAYLOAD_LIMIT) {
        error_setg(errp, "max-payload is %" PRIu32 ", it must be 1 to %" PRIu64
                   " bytes", s->max_payload, (uint64_t)ECHO_PAYLOAD_LIMIT);
        return false;
    }
    if (s->queue_size < ECHO_QUEUE_MIN || s->queue_size > VIRTQUEUE_MAX_SIZE ||
        !is_power_of_2(s->queue_size)) {
        error_setg(errp, "queue-size is %u, it must be a power of two, "
                   "%d to %d", s->queue_size, ECHO_QUEUE_MIN,
                   VIRTQUEUE_MAX_SIZE);
        return false;
    }
    if (s->window > s->queue_size) {
        error_setg(errp, "window is %u, it must be at most queue-size, %u",
                   s->window, s->queue_size);
        return false;
    }
    if (s->reorder &&
        virtio_host_has_feature(VIRTIO_DEVICE(s), VIRTIO_F_IN_ORDER)) {
        error_setg(errp, "reorder=on and in_order=on exclude each other");
        return false;
    }
    return true;
}

static const Property echo_properties[] = {
    { .name = "greeting", .info = &echo_prop_greeting },
    DEFINE_PROP_SIZE32("max-payload", VirtIOEcho, max_payload, 1 * MiB),
    DEFINE_PROP_UINT16("queue-size", VirtIOEcho, queue_size, 256),
    DEFINE_PROP_UINT16("window", VirtIOEcho, window, 0),
    DEFINE_PROP("latency-us", VirtIOEcho, latency_us, echo_prop_latency,
                uint64_t),
    DEFINE_PROP_BOOL("reorder", VirtIOEcho, reorder, false),
    DEFINE_PROP_BIT64("events", VirtIOEcho, parent_obj.host_features,
                      VIRTIO_ECHO_F_EVENT, true),
    DEFINE_PROP_BIT64("transform", VirtIOEcho, parent_obj.host_features,
                      VIRTIO_ECHO_F_TRANSFORM, true),
    { .name = "event", .info = &echo_prop_event },
    DEFINE_PROP("events-sent", VirtIOEcho, events_sent, echo_prop_counter,
                uint64_t),
    DEFINE_PROP("events-dropped", VirtIOEcho, events_dropped,
                echo_prop_counter, uint64_t),
    DEFINE_PROP("in-flight", VirtIOEcho, in_flight, echo_prop_counter,
                uint64_t),
};

void echo_add_properties(DeviceClass *dc)
{
    device_class_set_props(dc, echo_properties);
}
