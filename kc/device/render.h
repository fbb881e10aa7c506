/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a device, filled in from the templates that kc carries. */
#ifndef KC_DEVICE_RENDER_H
#define KC_DEVICE_RENDER_H

#include <json-glib/json-glib.h>

/*
 * @context is what device_plan_read() returns. An object of texts by file
 * name, in the order in which they are best read. Caller unrefs. Fails with
 * STATUS_HOST_NOT_READY.
 */
JsonNode *device_render(JsonNode *context, GError **error);

/* One template that is no file of a device's folder: an object of one text. Likewise. */
JsonNode *device_render_one(const char *name, JsonNode *context, GError **error);

#endif
