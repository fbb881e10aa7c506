// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of XDP in the driver, by bpf() itself. The byte behind a frame's header
 * says how often it is to go round: the program counts it down, swaps the
 * addresses and sends the frame back to the peer, which sends it here again. At
 * none the stack gets it; 255 drops it. What is not our kind of frame passes.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define ROUNDS_AT ETH_HLEN
#define DROP 0xff
#define ROUNDS 5
#define LOAD(size, to, from, at) \
	((struct bpf_insn){      \
		.code = BPF_LDX | (size) | BPF_MEM, .dst_reg = to, .src_reg = from, .off = at})
#define STORE(size, to, at, from) \
	((struct bpf_insn){       \
		.code = BPF_STX | (size) | BPF_MEM, .dst_reg = to, .src_reg = from, .off = at})
#define MOVE(to, from) \
	((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = to, .src_reg = from})
#define SET(to, value) \
	((struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = to, .imm = value})
#define ADD(to, value) \
	((struct bpf_insn){.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = to, .imm = value})
#define IF(how, reg, value, skip) \
	((struct bpf_insn){       \
		.code = BPF_JMP | (how) | BPF_K, .dst_reg = reg, .imm = value, .off = skip})
#define IF_REG(how, reg, than, skip) \
	((struct bpf_insn){          \
		.code = BPF_JMP | (how) | BPF_X, .dst_reg = reg, .src_reg = than, .off = skip})
#define CALL(number) ((struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = number})
#define EXIT ((struct bpf_insn){.code = BPF_JMP | BPF_EXIT})

/* Sends back: by the verdict, or to the NIC of number @nic, which may be its own. */
static int load(int nic, bool frags)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_W, 2, 1, offsetof(struct xdp_md, data)),
		LOAD(BPF_W, 3, 1, offsetof(struct xdp_md, data_end)),
		MOVE(4, 2),
		ADD(4, ROUNDS_AT + 1),
		IF_REG(BPF_JGT, 4, 3, 19),
		LOAD(BPF_H, 5, 2, 12),
		IF(BPF_JNE, 5, htons(ETHER_TYPE), 17),
		LOAD(BPF_B, 5, 2, ROUNDS_AT),
		IF(BPF_JEQ, 5, 0, 15),
		IF(BPF_JEQ, 5, DROP, 16),
		ADD(5, -1),
		STORE(BPF_B, 2, ROUNDS_AT, 5),
		LOAD(BPF_W, 5, 2, 0),
		LOAD(BPF_W, 4, 2, ETH_ALEN),
		STORE(BPF_W, 2, 0, 4),
		STORE(BPF_W, 2, ETH_ALEN, 5),
		LOAD(BPF_H, 5, 2, 4),
		LOAD(BPF_H, 4, 2, ETH_ALEN + 4),
		STORE(BPF_H, 2, 4, 4),
		STORE(BPF_H, 2, ETH_ALEN + 4, 5),
		SET(1, nic),
		SET(2, 0),
		nic ? CALL(BPF_FUNC_redirect) : SET(0, XDP_TX),
		EXIT,
		SET(0, XDP_PASS),
		EXIT,
		SET(0, XDP_DROP),
		EXIT,
	};
	static char log[4096];
	static const char license[] = "GPL";
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)insns,
		.insn_cnt = sizeof(insns) / sizeof(*insns),
		.license = (uintptr_t)license,
		.prog_flags = frags ? BPF_F_XDP_HAS_FRAGS : 0,
		.log_buf = (uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	int program = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (program < 0)
		printf("# bpf(): %s: %.200s\n", strerror(errno), log);
	return program;
}

/* Until the returned descriptor is closed */
static int attach(int program)
{
	union bpf_attr attr = {.link_create = {.prog_fd = program,
					       .target_ifindex = if_nametoindex(net_name()),
					       .attach_type = BPF_XDP,
					       .flags = XDP_FLAGS_DRV_MODE}};
	int link = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	close(program);
	return link;
}

static bool goes_round(int fd, size_t size)
{
	static uint8_t frame[FRAME_MAX];
	ssize_t n;

	net_write_frame(frame, size, size);
	frame[ROUNDS_AT] = ROUNDS;
	if (send(fd, frame, size, 0) != (ssize_t)size) {
		printf("# cannot send %zu bytes: %s\n", size, strerror(errno));
		return false;
	}
	memset(frame, 0xee, sizeof(frame));
	n = recv(fd, frame, sizeof(frame), 0);
	if (n != (ssize_t)size || frame[ROUNDS_AT]) {
		printf("# %zd bytes of %zu came, with %u rounds to go\n", n, size,
		       frame[ROUNDS_AT]);
		return false;
	}
	net_fill(frame, ROUNDS_AT + 1, size);
	return net_is(frame, size, size);
}

/* What is sent behind it comes; it itself never does. */
static bool is_dropped(int fd)
{
	struct pollfd poll_fd = {fd, POLLIN, 0};
	uint8_t frame[FRAME_LEAST] = {0};

	net_write_frame(frame, sizeof(frame), 1);
	frame[ROUNDS_AT] = DROP;
	if (send(fd, frame, sizeof(frame), 0) != FRAME_LEAST || !goes_round(fd, 100))
		return false;
	if (poll(&poll_fd, 1, 200) == 0)
		return true;
	puts("# what is to be dropped comes");
	return false;
}

static bool go_round(int fd, const size_t *sizes, size_t count)
{
	bool ok = true;

	for (size_t i = 0; ok && i < count; i++)
		ok = goes_round(fd, sizes[i]);
	return ok;
}

static bool run_program(bool redirects, bool frags)
{
	static const size_t sizes[] = {60, 61, 255, 256, 257, 700, 1513, 1514};
	int fd = net_raw(), link = attach(load(redirects ? if_nametoindex(net_name()) : 0, frags));
	bool ok = fd >= 0 && link >= 0;

	if (link < 0)
		printf("# no program: %s\n", strerror(errno));
	ok = ok && go_round(fd, sizes, sizeof(sizes) / sizeof(*sizes)) && is_dropped(fd) &&
	     net_stream(256 << 10);
	close(link);
	close(fd);
	return ok;
}

bool test_xdp(void)
{
	bool ok = test_udp();

	for (int i = 0; ok && i < 4; i++)
		ok = run_program(i & 1, i & 2);
	return ok && test_udp() && test_tcp();
}

/* Large packets fill several buffers: only programs that know of those may see them. */
static bool run_large(bool redirects)
{
	static const size_t sizes[] = {1514, 3000, 4000, 6000, 9014};
	int nic = redirects ? if_nametoindex(net_name()) : 0;
	int fd = net_raw(), link = attach(load(nic, false));
	bool ok = link < 0 && fd >= 0;

	if (link >= 0)
		puts("# a program of single buffers is taken for packets of several");
	close(link);
	link = attach(load(nic, true));
	ok = ok && link >= 0 && go_round(fd, sizes, sizeof(sizes) / sizeof(*sizes));
	close(link);
	close(fd);
	return ok;
}

bool test_xdp_jumbo(void)
{
	bool ok = net_set_mtus(9000);

	ok = ok && run_large(false) && run_large(true);
	return net_set_mtus(1500) && ok && test_tcp();
}
