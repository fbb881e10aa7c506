/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab's kernel in a memory made up here: where it was linked, where KASLR
 * may have put it, and what is another kernel.
 */
#include "lab/lab.h"
#include "vq/kernel-memory.h"
#include "../unit.h"

#include <string.h>

#define IMAGE_BASE 0xffffffff80000000ULL
#define PAGE 4096ULL
#define IDT 0xfffffe0000000000ULL
#define TABLES 0x100000ULL /* physical: the page tables of the CPU, one behind the other */
#define DIRECT 0xffff9a5540000000ULL /* where CONFIG_RANDOMIZE_MEMORY moves that, too */
#define DIRECT_LINKED 0xffff888000000000ULL
#define MODULE 0xffffffffc0123000ULL

static struct kernel_types *types;

struct guest {
	struct vq_memory memory;
	GHashTable *pages; /* by number */
	guint64 next_table;
	struct cpu cpu;
	bool has_cpu;
};

static guint8 *page_of(struct guest *guest, guint64 physical)
{
	gpointer key = GUINT_TO_POINTER(physical / PAGE);
	guint8 *page = g_hash_table_lookup(guest->pages, key);

	if (!page) {
		page = g_malloc0(PAGE);
		g_hash_table_insert(guest->pages, key, page);
	}
	return page;
}

static void put(struct guest *guest, guint64 physical, const void *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		page_of(guest, physical + i)[(physical + i) % PAGE] = ((const guint8 *)from)[i];
}

static void put_word(struct guest *guest, guint64 physical, guint64 word)
{
	word = GUINT64_TO_LE(word);
	put(guest, physical, &word, sizeof(word));
}

static bool fake_read(struct vq_memory *memory, guint64 address, void *to, size_t len)
{
	struct guest *guest = (struct guest *)memory;

	for (size_t i = 0; i < len; i++)
		((guint8 *)to)[i] = page_of(guest, address + i)[(address + i) % PAGE];
	return true;
}

static bool fake_cpu(struct vq_memory *memory, struct cpu *cpu)
{
	*cpu = ((struct guest *)memory)->cpu;
	return ((struct guest *)memory)->has_cpu;
}

/* One page, in the tables that begin at @table. */
static void map(struct guest *guest, guint64 table, guint64 address, guint64 physical)
{
	for (int shift = guest->cpu.five_levels ? 48 : 39; shift > 12; shift -= 9) {
		guint64 at = table + (address >> shift & 511) * 8, entry;

		fake_read(&guest->memory, at, &entry, sizeof(entry));
		if (!entry) {
			guest->next_table += PAGE;
			entry = guest->next_table | 1;
			put_word(guest, at, entry);
		}
		table = entry & ~(PAGE - 1);
	}
	put_word(guest, table + (address >> 12 & 511) * 8, (physical & ~(PAGE - 1)) | 1);
}

static guint64 linked(const char *name)
{
	guint64 address = 0;

	assert_true(kernel_types_symbol(types, name, &address));
	return address;
}

static void put_gate(struct guest *guest, guint64 target)
{
	put_word(guest, 0x9000, (target & 0xffff) | 0x8e0000100000 | (target >> 16 & 0xffff) << 48);
	put_word(guest, 0x9008, target >> 32);
}

/* The kernel runs @slide above where it was linked; @base is where IMAGE_BASE would be. */
static struct guest *guest_new(guint64 slide, guint64 base, bool five_levels)
{
	struct guest *guest = g_new0(struct guest, 1);
	guint64 handler = linked("asm_exc_divide_error"), notes_at, offset_base;
	g_autoptr(GBytes) notes = kernel_types_notes(types, &notes_at);
	guint64 root = linked("init_top_pgt") - IMAGE_BASE + base;
	size_t len;
	const void *bytes = g_bytes_get_data(notes, &len);

	guest->memory.read = fake_read;
	guest->memory.cpu = fake_cpu;
	guest->pages = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	guest->next_table = TABLES;
	guest->has_cpu = true;
	guest->cpu = (struct cpu){IDT, TABLES, five_levels};
	map(guest, TABLES, IDT, 0x9000);
	put_gate(guest, handler + slide);
	map(guest, TABLES, handler + slide, handler - IMAGE_BASE + base);
	put(guest, notes_at - IMAGE_BASE + base, bytes, len);
	if (kernel_types_symbol(types, "page_offset_base", &offset_base))
		put_word(guest, offset_base - IMAGE_BASE + base, DIRECT);
	map(guest, root, MODULE, 0x7000);
	put(guest, 0x7010, "a module's", 11);
	put(guest, 0x5010, "anybody's", 10);
	return guest;
}

static void guest_free(struct guest *guest)
{
	g_hash_table_unref(guest->pages);
	g_free(guest);
}

static void check_found(guint64 slide, guint64 base, bool five_levels)
{
	struct guest *guest = guest_new(slide, base, five_levels);
	struct kernel_memory memory;
	g_autofree char *why = kernel_memory_init(&memory, types, &guest->memory);
	g_autofree char *direct = NULL, *module = NULL;
	guint64 address, offset_base;
	bool moves = kernel_types_symbol(types, "page_offset_base", &offset_base);

	if (why)
		fail_msg("%s", why);
	assert_int_equal(memory.slide, slide);
	assert_int_equal(memory.base, base);
	assert_true(kernel_memory_symbol(&memory, types, "bus_kset", &address));
	assert_int_equal(address, linked("bus_kset") + slide);
	direct = kernel_memory_string(&memory, (moves ? DIRECT : DIRECT_LINKED) + 0x5010, 20);
	assert_string_equal(direct, "anybody's");
	module = kernel_memory_string(&memory, MODULE + 0x10, 20);
	assert_string_equal(module, "a module's");
	guest_free(guest);
}

static void a_kernel_is_found_wherever_it_is(void **state)
{
	(void)state;
	check_found(0, 0, false);
	check_found(0x12400000, 0x3a00000, false);
	/* What it is in memory is its physical place's own chance. */
	check_found(0, 0x3a00000, false);
	check_found(0x3e000000, 0, false);
	check_found(0x12400000, 0x3a00000, true);
}

static void check_lost(struct guest *guest)
{
	struct kernel_memory memory;
	g_autofree char *why = kernel_memory_init(&memory, types, &guest->memory);

	assert_non_null(why);
	guest_free(guest);
}

static void another_kernel_is_none(void **state)
{
	struct guest *guest = guest_new(0x12400000, 0x3a00000, false);
	guint64 at;
	g_autoptr(GBytes) notes = kernel_types_notes(types, &at);

	(void)state;
	/* The last byte of the notes, and so another build. */
	at += g_bytes_get_size(notes) - 1 - IMAGE_BASE + 0x3a00000;
	page_of(guest, at)[at % PAGE] ^= 1;
	check_lost(guest);
	guest = guest_new(0x12400000, 0x3a00000, false);
	put_gate(guest, 0x1234);
	check_lost(guest);
	guest = guest_new(0x12400000, 0x3a00000, false);
	guest->has_cpu = false;
	check_lost(guest);
	guest = guest_new(0x12400000, 0x3a00000, false);
	guest->cpu.idt = 0;
	check_lost(guest);
}

static int open_types(void **state)
{
	static const char *const sources[] = {"drivers/virtio/virtio_ring.c", NULL};
	g_autoptr(GError) error = NULL;
	struct lab *lab = lab_find(&error);
	char *why = NULL;

	(void)state;
	if (lab)
		types = kernel_types_open(lab->parts[LAB_VMLINUX_DEBUG], sources, &why);
	lab_free(lab);
	return types ? 0 : -1;
}

static int close_types(void **state)
{
	(void)state;
	kernel_types_free(types);
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_kernel_is_found_wherever_it_is),
	cmocka_unit_test(another_kernel_is_none),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_types, close_types);
}
