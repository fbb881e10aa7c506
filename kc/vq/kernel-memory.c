/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/kernel-memory.h"

#include <string.h>

#define IMAGE_BASE 0xffffffff80000000ULL /* __START_KERNEL_map: phys_base is behind it */
#define DIRECT_BASE 0xffff888000000000ULL /* with page_offset_base, what that says */
#define DIRECT_BYTES (1ULL << 46)
#define PAGE_BYTES 4096ULL
#define TRIES 3

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

static bool walk(const struct kernel_memory *memory, guint64 address, guint64 *physical)
{
	guint64 table = memory->root;

	for (int shift = memory->five_levels ? 48 : 39; shift >= 12; shift -= 9) {
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
	guint64 linked = address - memory->slide;

	if (linked >= IMAGE_BASE && linked < memory->end)
		*physical = linked - IMAGE_BASE + memory->base;
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

	return len && kernel_memory_read(memory, address + memory->slide, there, len) &&
	       memcmp(there, g_bytes_get_data(notes, NULL), len) == 0;
}

/* The handler of exception 0, which page tables of user space map, too. */
static bool find_handler(const struct kernel_types *types, guint64 *linked)
{
	return kernel_types_symbol(types, "asm_exc_divide_error", linked) ||
	       kernel_types_symbol(types, "divide_error", linked); /* before Linux 5.8 */
}

/*
 * KASLR moves the image in virtual and in physical memory, each by chance. The
 * CPU's own tables tell of both: where its first interrupt gate leads, and
 * which page is there.
 */
static bool find_moved(struct kernel_memory *memory, const struct kernel_types *types)
{
	guint64 gate_at, linked, runs, physical;
	guint8 gate[16];
	struct cpu cpu;

	if (!find_handler(types, &linked) || !memory->physical->cpu ||
	    !memory->physical->cpu(memory->physical, &cpu))
		return false;
	memory->root = cpu.page_table;
	memory->five_levels = cpu.five_levels;
	if (!walk(memory, cpu.idt, &gate_at) ||
	    !memory->physical->read(memory->physical, gate_at, gate, sizeof(gate)))
		return false;
	runs = cpu_gate_target(gate);
	if (!walk(memory, runs, &physical))
		return false;
	memory->slide = runs - linked;
	memory->base = physical - (linked - IMAGE_BASE);
	return is_running(memory, types);
}

/*
 * The guest goes on meanwhile, and may drop the page tables that were looked at.
 * What has not moved in physical memory may have moved all the same: thus the
 * CPU is asked first.
 */
static bool find_image(struct kernel_memory *memory, const struct kernel_types *types)
{
	for (int i = 0; i < TRIES; i++)
		if (find_moved(memory, types))
			return true;
	memory->slide = 0;
	memory->base = 0;
	return is_running(memory, types);
}

bool kernel_memory_symbol(const struct kernel_memory *memory, const struct kernel_types *types,
			  const char *name, guint64 *address)
{
	if (!kernel_types_symbol(types, name, address))
		return false;
	*address += memory->slide;
	return true;
}

char *kernel_memory_init(struct kernel_memory *memory, const struct kernel_types *types,
			 struct vq_memory *physical)
{
	guint64 address;
	struct cpu cpu;

	*memory = (struct kernel_memory){.physical = physical, .direct = DIRECT_BASE};
	kernel_types_symbol(types, "_end", &memory->end);
	if (!find_image(memory, types))
		return g_strdup("the guest's kernel is not the one of the debug file");
	if (kernel_memory_symbol(memory, types, "page_offset_base", &address))
		kernel_memory_pointer(memory, address, &memory->direct);
	memory->root = 0;
	if (kernel_memory_symbol(memory, types, "init_top_pgt", &address))
		translate(memory, address, &memory->root);
	if (physical->cpu && physical->cpu(physical, &cpu))
		memory->five_levels = cpu.five_levels;
	return NULL;
}
