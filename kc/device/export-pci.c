/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/export-pci.h"
#include "device/export-source.h"
#include "device/render.h"
#include "base/status.h"

#define TABLE                                                                       \
	"(?:^/\\*[^/]*\\*/\\n)?^static const VirtioPCIDeviceTypeInfo \\w+ = \\{\\n" \
	"\\s+\\.generic_name = \"([^\"]*)\",\\n\\s+\\.device = TYPE_(\\w+),\\n\\s+\\.nvectors = (\\w+),[^\\n]*\\n\\};\\n\\n?"

bool pci_is_asked_for(const char *text)
{
	g_autofree char *found = source_find(
		text, "^static const VirtioPCIDeviceTypeInfo \\w+ = \\{[^}]*\\.device =", 0);

	return found;
}

char *pci_without(const char *text)
{
	g_autofree char *without = source_replace(text, TABLE, "");

	return source_replace(without, "^    virtio_pci_types_register\\([^;]*;\\n", "");
}

static char *type_of(const char *macro, const char *all)
{
	g_autofree char *pattern = g_strdup_printf("^OBJECT_DECLARE_SIMPLE_TYPE\\((\\w+),\\s+%s\\)",
						   macro);

	return source_find(all, pattern, 1);
}

static JsonNode *context_of(const char *name, const char *text, const char *type)
{
	g_autofree char *generic = source_find(text, TABLE, 1);
	g_autofree char *macro = source_find(text, TABLE, 2);
	g_autofree char *vectors = source_find(text, TABLE, 3);
	g_autofree char *copyright = source_copyright(text);
	JsonNode *context = json_node_init_object(json_node_alloc(), NULL);
	JsonObject *object = json_object_new();

	json_node_take_object(context, object);
	json_object_set_string_member(object, "name", name);
	json_object_set_string_member(object, "generic", generic);
	json_object_set_string_member(object, "macro", macro);
	json_object_set_string_member(object, "type", type);
	json_object_set_string_member(object, "vectors", vectors);
	json_object_set_string_member(object, "copyright", copyright);
	return context;
}

char *pci_written_out(const char *name, const char *text, const char *all, GError **error)
{
	g_autofree char *macro = source_find(text, TABLE, 2);
	g_autofree char *type = macro ? type_of(macro, all) : NULL;
	g_autoptr(JsonNode) context = NULL;
	g_autoptr(JsonNode) files = NULL;

	if (!type) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "cannot export '%s': upstream's QEMU has no "
			    "VirtioPCIDeviceTypeInfo.device, and it can be written out only where "
			    "generic_name, device and nvectors stand alone in it, and an "
			    "OBJECT_DECLARE_SIMPLE_TYPE has the structure of that device",
			    name);
		return NULL;
	}
	context = context_of(name, text, type);
	files = device_render_one("pci.c", context, error);
	return files ? g_strdup(json_object_get_string_member(json_node_get_object(files), "pci.c"))
		     : NULL;
}
