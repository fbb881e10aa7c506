/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-memory.h"

#include <string.h>

#define IMAGE_BASE 0xffffffff80000000ULL /* __START_KERNEL_map: phys_base is behind it */
#define DIRECT_BASE 0xffff888000000000ULL /* with page_offset_base, what that says */
#define DIRECT_BYTES (1ULL << 46)
#define PAGE_BYTES 4096ULL

#define PRESENT 1
#define LARGE (1 << 7)
#define FRAME 0x000ffffffffff000ULL

static bool read_word(struct vq_memory *physical, guint64 address, guint64 *word)
{
	guint8 bytes[8];

	if (!physical->read(physical, address, bytes, sizeof(bytes)))
		return false;
	*word = vq_le32(bytes) | (guint64)vq_le32(bytes + 4) << 32;
	return true;
}

/* Four levels; a kernel with five (la57) is not followed. */
static bool walk(const struct kernel_memory *memory, guint64 address, guint64 *physical)
{
	guint64 table = memory->root - IMAGE_BASE;

	for (int shift = 39; shift >= 12; shift -= 9) {
		guint64 entry, mask = (1ULL << shift) - 1;

		if (!read_word(memory->physical, table + (address >> shift & 511) * 8, &entry) ||
		    !(entry & PRESENT))
			return false;
		if (shift == 12 || (shift < 39 && entry & LARGE)) {
			*physical = (entry & FRAME & ~mask) | (address & mask);
			return true;
		}
		table = entry & FRAME;
	}
	return false;
}

static bool translate(const struct kernel_memory *memory, guint64 address, guint64 *physical)
{
	if (address >= IMAGE_BASE && address < memory->end)
		*physical = address - IMAGE_BASE;
	else if (address >= memory->direct && address - memory->direct < DIRECT_BYTES)
		*physical = address - memory->direct;
	else
		return memory->root && walk(memory, address, physical);
	return true;
}

bool kernel_memory_read(const struct kernel_memory *memory, guint64 address, void *to, size_t len)
{
	guint8 *out = to;

	while (len > 0) {
		size_t part = MIN(len, PAGE_BYTES - address % PAGE_BYTES);
		guint64 physical;

		if (!translate(memory, address, &physical) ||
		    !memory->physical->read(memory->physical, physical, out, part))
			return false;
		address += part;
		out += part;
		len -= part;
	}
	return true;
}

bool kernel_memory_pointer(const struct kernel_memory *memory, guint64 address, guint64 *pointer)
{
	guint8 bytes[8];

	if (!kernel_memory_read(memory, address, bytes, sizeof(bytes)))
		return false;
	*pointer = vq_le32(bytes) | (guint64)vq_le32(bytes + 4) << 32;
	return true;
}

char *kernel_memory_string(const struct kernel_memory *memory, guint64 address, size_t max)
{
	g_autofree char *text = g_malloc0(max + 1);
	/* It may be the last thing on a page that is mapped. */
	size_t first = MIN(max, PAGE_BYTES - address % PAGE_BYTES);

	if (!kernel_memory_read(memory, address, text, first))
		return NULL;
	if (!memchr(text, 0, first) && first < max)
		kernel_memory_read(memory, address + first, text + first, max - first);
	return g_utf8_make_valid(text, -1);
}

static bool is_running(const struct kernel_memory *memory, const struct kernel_types *types)
{
	guint64 address;
	g_autoptr(GBytes) notes = kernel_types_notes(types, &address);
	size_t len = notes ? g_bytes_get_size(notes) : 0;
	g_autofree guint8 *there = g_malloc0(len + 1);

	return len && kernel_memory_read(memory, address, there, len) &&
	       memcmp(there, g_bytes_get_data(notes, NULL), len) == 0;
}

char *kernel_memory_init(struct kernel_memory *memory, const struct kernel_types *types,
			 struct vq_memory *physical)
{
	guint64 address;

	*memory = (struct kernel_memory){.physical = physical, .direct = DIRECT_BASE};
	kernel_types_symbol(types, "_end", &memory->end);
	if (!is_running(memory, types))
		return g_strdup("the guest runs another kernel than the debug file is of");
	if (kernel_types_symbol(types, "page_offset_base", &address))
		kernel_memory_pointer(memory, address, &memory->direct);
	if (!kernel_types_symbol(types, "init_top_pgt", &memory->root))
		memory->root = 0;
	return NULL;
}
