/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers as QEMU's monitor prints them, and gates as the CPU reads them. */
#include "vm/cpu.h"
#include "../unit.h"

static const char registers[] =
	"CPU#0\n"
	"RAX=0000000000000000 RBX=ffffffff92e0c940 RCX=0000000000000001 RDX=4000000000000000\n"
	"GS =0000 ffff8f4c07c00000 ffffffff 00c00000\n"
	"LDT=0000 0000000000000000 00000000 00008200 DPL=0 LDT\n"
	"TR =0040 fffffe0000003000 00004087 00008900 DPL=0 TSS64-avl\n"
	"GDT=     fffffe0000001000 0000007f\n"
	"IDT=     fffffe0000000000 00000fff\n"
	"CR0=80050033 CR2=00007f5d0a3b2000 CR3=0000000002a10801 CR4=00771ef0\n"
	"EFER=0000000000000d01\n";

static void the_registers_are_found(void **state)
{
	struct cpu cpu;

	(void)state;
	assert_true(cpu_parse(registers, &cpu));
	assert_int_equal(cpu.idt, 0xfffffe0000000000);
	/* Without the context's number in its low bits. */
	assert_int_equal(cpu.page_table, 0x2a10000);
	assert_true(cpu.five_levels);
	assert_true(cpu_parse("IDT=1 2 CR3=5000 CR4=00770ef0", &cpu));
	assert_false(cpu.five_levels);
}

static void what_lacks_one_is_refused(void **state)
{
	struct cpu cpu;

	(void)state;
	assert_false(cpu_parse("", &cpu));
	assert_false(cpu_parse("IDT=1 2 CR3=5000", &cpu));
	assert_false(cpu_parse("IDT= CR3=5000 CR4=0", &cpu) && cpu.idt);
	assert_false(cpu_parse("PSTATE=600003c5 -ZC- EL1h", &cpu));
}

/* Offset in three pieces: 0xffffffff92a00a20. */
static void a_gate_leads_to_its_handler(void **state)
{
	static const guint8 gate[16] = {0x20, 0x0a, 0x10, 0x00, 0x00, 0x8e, 0xa0, 0x92,
					0xff, 0xff, 0xff, 0xff, 0,    0,    0,	  0};

	(void)state;
	assert_int_equal(cpu_gate_target(gate), 0xffffffff92a00a20);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_registers_are_found),
	cmocka_unit_test(what_lacks_one_is_refused),
	cmocka_unit_test(a_gate_leads_to_its_handler),
};

UNIT_MAIN(tests)
