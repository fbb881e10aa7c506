/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/probe-rom.h"

#include <string.h>

/*
 * From the reset vector into 64-bit mode, the way that every kernel goes, with
 * a CPUID in the end. Half-working virtualisation runs 16-bit code and then
 * hangs on this way, so arriving in real mode proves nothing.
 *
 * The code runs from the ROM's copy below 1 MiB; the page tables that map the
 * first 2 MiB onto themselves are at 0x1000, 0x2000 and 0x3000 in RAM.
 */
extern const guint8 probe_code[], probe_code_end[];

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* clang-format off */
__asm__(".pushsection .rodata\n"
	"	.balign 16\n"
	"	.set base, 0xf0000\n"
	"probe_code:\n"
	"	.code16\n"
	"	cli\n"
	"	cld\n"
	"	xor %ax, %ax\n"
	"	mov %ax, %ds\n"
	"	mov %ax, %es\n"
	"	mov $0x1000, %di\n"
	"	mov $0x3000, %cx\n"
	"	rep stosb\n"
	"	movl $0x2003, 0x1000\n" /* present, writable */
	"	movl $0x3003, 0x2000\n"
	"	movl $0x0083, 0x3000\n" /* ... and a 2 MiB page */
	"	mov %cr4, %eax\n"
	"	or $0x20, %eax\n" /* PAE */
	"	mov %eax, %cr4\n"
	"	mov $0x1000, %eax\n"
	"	mov %eax, %cr3\n"
	"	mov $0xc0000080, %ecx\n" /* EFER */
	"	rdmsr\n"
	"	or $0x100, %eax\n" /* LME */
	"	wrmsr\n"
	"	lgdtl %cs:gdt_pointer - probe_code\n"
	"	mov %cr0, %eax\n"
	"	or $0x80000001, %eax\n" /* PG, PE */
	"	mov %eax, %cr0\n"
	"	ljmpl $8, $(long_mode - probe_code + base)\n"
	"long_mode:\n"
	"	.code64\n"
	"	xor %eax, %eax\n"
	"	cpuid\n"
	"	mov $" TEXT(PROBE_ROM_VALUE) ", %al\n"
	"	out %al, $" TEXT(PROBE_ROM_PORT) "\n"
	"1:	hlt\n"
	"	jmp 1b\n"
	"	.balign 8\n"
	"gdt:	.quad 0, 0x00209a0000000000\n" /* 64-bit code */
	"gdt_pointer:\n"
	"	.word 15\n"
	"	.long gdt - probe_code + base\n"
	"probe_code_end:\n"
	".popsection\n");
/* clang-format on */

void probe_rom_fill(guint8 rom[PROBE_ROM_BYTES])
{
	/* The reset vector, 16 bytes before the end: ljmp $0xf000, $0 */
	static const guint8 reset[] = {0xea, 0x00, 0x00, 0x00, 0xf0};

	memset(rom, 0xf4, PROBE_ROM_BYTES); /* hlt */
	memcpy(rom, probe_code, probe_code_end - probe_code);
	memcpy(rom + PROBE_ROM_BYTES - 16, reset, sizeof(reset));
}
