/*
 * virtio-liar: a virtio-echo device that lies in what it gives to the driver,
 * each time in the way that its property lie says: in the response, in an
 * event, or in the configuration. Its greeting is the lie's name.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/iov.h"
#include "qemu/module.h"
#include "device-liar.h"
#include "../echo/abi.h"

#define LIAR_QUEUE_SIZE 64
#define LIAR_PAYLOAD    4096
#define LIAR_EVENTS     1000    /* a driver that posts each again has enough */

#define TYPE_VIRTIO_LIAR "virtio-liar-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOLiar, VIRTIO_LIAR)

typedef struct LiarAnswer {
    struct virtio_echo_resp resp;
    uint32_t used;
} LiarAnswer;

typedef struct LiarLie {
    const char *name;
    void (*answer)(LiarAnswer *answer);
    void (*config)(VirtIOLiar *s, struct virtio_echo_config *config);
    /* Returns the used length */
    uint32_t (*event)(struct virtio_echo_event *event);
} LiarLie;

struct VirtIOLiar {
    Liar liar;
    VirtQueue *vqs[2];
    const LiarLie *lie;
    unsigned int events;
};

static void answer_used_long(LiarAnswer *a)
{
    a->used += LIAR_PAYLOAD;
}

static void answer_used_huge(LiarAnswer *a)
{
    a->used = UINT32_MAX;
}

static void answer_used_none(LiarAnswer *a)
{
    a->used = 0;
}

static void answer_status(LiarAnswer *a)
{
    a->resp.status = cpu_to_le32(77);
}

static void answer_len(LiarAnswer *a)
{
    a->resp.payload_len = cpu_to_le32(UINT32_MAX);
}

static void answer_cookie(LiarAnswer *a)
{
    a->resp.cookie = ~a->resp.cookie;
}

static void config_version(VirtIOLiar *s, struct virtio_echo_config *config)
{
    config->version = cpu_to_le16(UINT16_MAX);
}

static void config_greeting(VirtIOLiar *s, struct virtio_echo_config *config)
{
    config->greeting_len = cpu_to_le16(UINT16_MAX);
}

static void config_payload(VirtIOLiar *s, struct virtio_echo_config *config)
{
    config->max_payload = 0;
}

static void config_restless(VirtIOLiar *s, struct virtio_echo_config *config)
{
    VIRTIO_DEVICE(s)->generation++;
}

static uint32_t event_len(struct virtio_echo_event *event)
{
    event->len = cpu_to_le32(UINT32_MAX);
    return sizeof(*event);
}

static uint32_t event_used(struct virtio_echo_event *event)
{
    event->len = cpu_to_le32(VIRTIO_ECHO_EVENT_MAX);
    return UINT32_MAX;
}

static uint32_t event_seq(struct virtio_echo_event *event)
{
    event->seq = cpu_to_le32(UINT32_MAX);
    return offsetof(struct virtio_echo_event, text);
}

static const LiarLie liar_lies[] = {
    { "none" },
    { "used-long", .answer = answer_used_long },
    { "used-huge", .answer = answer_used_huge },
    { "used-none", .answer = answer_used_none },
    { "status", .answer = answer_status },
    { "len", .answer = answer_len },
    { "cookie", .answer = answer_cookie },
    { "event-len", .event = event_len },
    { "event-used", .event = event_used },
    { "event-seq", .event = event_seq },
    { "config-version", .config = config_version },
    { "config-greeting", .config = config_greeting },
    { "config-payload", .config = config_payload },
    { "config-restless", .config = config_restless },
};

static void liar_answer(VirtIOLiar *s, VirtQueueElement *elem)
{
    struct virtio_echo_req req = { 0 };
    g_autofree uint8_t *payload = g_malloc(LIAR_PAYLOAD);
    size_t len;
    LiarAnswer answer;

    iov_to_buf(elem->out_sg, elem->out_num, 0, &req, sizeof(req));
    len = MIN(le32_to_cpu(req.payload_len), LIAR_PAYLOAD);
    len = iov_to_buf(elem->out_sg, elem->out_num, sizeof(req), payload, len);
    answer = (LiarAnswer) {
        .resp = { .payload_len = cpu_to_le32(len), .cookie = req.cookie },
        .used = sizeof(answer.resp) + len,
    };
    if (s->lie->answer) {
        s->lie->answer(&answer);
    }
    iov_from_buf(elem->in_sg, elem->in_num, 0, &answer.resp,
                 sizeof(answer.resp));
    iov_from_buf(elem->in_sg, elem->in_num, sizeof(answer.resp), payload, len);
    virtqueue_push(s->vqs[0], elem, answer.used);
}

static void liar_handle_request(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        liar_answer(VIRTIO_LIAR(vdev), elem);
        g_free(elem);
    }
    virtio_notify(vdev, vq);
}

static void liar_handle_event(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOLiar *s = VIRTIO_LIAR(vdev);
    struct virtio_echo_event event = { 0 };
    VirtQueueElement *elem;
    uint32_t used;

    for (; s->lie->event && s->events < LIAR_EVENTS; s->events++) {
        elem = virtqueue_pop(vq, sizeof(*elem));
        if (!elem) {
            break;
        }
        used = s->lie->event(&event);
        iov_from_buf(elem->in_sg, elem->in_num, 0, &event, sizeof(event));
        virtqueue_push(vq, elem, used);
        g_free(elem);
    }
    virtio_notify(vdev, vq);
}

static void liar_get_config(VirtIODevice *vdev, uint8_t *data)
{
    VirtIOLiar *s = VIRTIO_LIAR(vdev);
    struct virtio_echo_config config = {
        .version = cpu_to_le16(VIRTIO_ECHO_VERSION),
        .greeting_len = cpu_to_le16(strlen(s->lie->name)),
        .max_payload = cpu_to_le32(LIAR_PAYLOAD),
    };

    memcpy(config.greeting, s->lie->name, strlen(s->lie->name));
    if (s->lie->config) {
        s->lie->config(s, &config);
    }
    memcpy(data, &config, sizeof(config));
}

static uint64_t liar_get_features(VirtIODevice *vdev, uint64_t features,
                                  Error **errp)
{
    virtio_add_feature(&features, VIRTIO_ECHO_F_EVENT);
    return features;
}

static void liar_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOLiar *s = VIRTIO_LIAR(dev);

    s->lie = liar_choose(&s->liar, liar_lies, G_N_ELEMENTS(liar_lies),
                         sizeof(*liar_lies), errp);
    if (!s->lie) {
        return;
    }
    virtio_init(vdev, VIRTIO_ID_ECHO, sizeof(struct virtio_echo_config));
    s->vqs[0] = virtio_add_queue(vdev, LIAR_QUEUE_SIZE, liar_handle_request);
    s->vqs[1] = virtio_add_queue(vdev, LIAR_QUEUE_SIZE, liar_handle_event);
}

static void liar_unrealize(DeviceState *dev)
{
    VirtIOLiar *s = VIRTIO_LIAR(dev);

    virtio_delete_queue(s->vqs[1]);
    virtio_delete_queue(s->vqs[0]);
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

static void liar_class_init(ObjectClass *klass, ClassData *data)
{
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    liar_class_setup(klass, "virtio-echo that lies to its driver");
    vdc->realize = liar_realize;
    vdc->unrealize = liar_unrealize;
    vdc->get_features = liar_get_features;
    vdc->get_config = liar_get_config;
}

static const TypeInfo liar_info = {
    .name = TYPE_VIRTIO_LIAR,
    .parent = TYPE_VIRTIO_DEVICE,
    .instance_size = sizeof(VirtIOLiar),
    .class_init = liar_class_init,
};

static void liar_register(void)
{
    type_register_static(&liar_info);
}

type_init(liar_register)
