/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp(2), a list of what is allowed. No path, no socket, no program and no process can be
 * named by what is on it.
 */
#include "signer/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/size.h"

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define THIS_ARCH AUDIT_ARCH_RISCV64
#else
#define THIS_ARCH 0
#endif

/* The offset of the low half of an argument, little-endian as all of the above are. */
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t))

static const int allowed[] = {
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_recvfrom,
	SYS_recvmsg,
	SYS_sendto,
	SYS_sendmsg,
	SYS_close,
	SYS_shutdown,
	SYS_ppoll,
	SYS_futex,
	SYS_munmap,
	SYS_brk,
	SYS_madvise,
	SYS_getrandom,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_sched_yield,
	SYS_getpid,
	SYS_gettid,
	SYS_tgkill,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_set_robust_list,
	SYS_exit,
	SYS_exit_group,
	SYS_sigaltstack,
#ifdef SYS_rseq
	SYS_rseq,
#endif
};

#define ALLOWED (sizeof(allowed) / sizeof(allowed[0]))

/* mmap() and mprotect(), unless they ask for code. */
static const int memory[] = {SYS_mmap, SYS_mprotect};

#define MEMORY (sizeof(memory) / sizeof(memory[0]))

static void put(struct sock_filter **at, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	*(*at)++ = (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = k};
}

#define LOAD(offset)	     put(&at, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset), 0, 0)
#define IF_EQUAL(k, yes, no) put(&at, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(k), yes, no)
#define IF_BITS(k, yes, no)  put(&at, BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(k), yes, no)
#define ANSWER(k)	     put(&at, BPF_RET | BPF_K, (uint32_t)(k), 0, 0)

/* Four instructions for the processor, two for each call, five for memory's. */
static struct sock_filter *make(size_t *out_n)
{
	struct sock_filter *all = pdg_calloc(5 + 2 * ALLOWED + 5 * MEMORY, sizeof(*all));
	struct sock_filter *at = all;
	size_t i;

	if (!all)
		return NULL;
	LOAD(offsetof(struct seccomp_data, arch));
	IF_EQUAL(THIS_ARCH, 1, 0);
	ANSWER(SECCOMP_RET_KILL_PROCESS);
	LOAD(offsetof(struct seccomp_data, nr));
	for (i = 0; i < ALLOWED; i++) {
		IF_EQUAL(allowed[i], 0, 1);
		ANSWER(SECCOMP_RET_ALLOW);
	}
	for (i = 0; i < MEMORY; i++) {
		IF_EQUAL(memory[i], 0, 4);
		LOAD(ARGUMENT(2));
		IF_BITS(PROT_EXEC, 1, 0);
		ANSWER(SECCOMP_RET_ALLOW);
		ANSWER(SECCOMP_RET_ERRNO | EPERM);
	}
	ANSWER(SECCOMP_RET_ERRNO | EPERM);
	*out_n = (size_t)(at - all);
	return all;
}

bool pdg_signer_filter(void)
{
	struct sock_fprog program = {0};
	struct sock_filter *all;
	size_t n = 0;
	bool on;

	all = THIS_ARCH ? make(&n) : NULL;
	if (!all)
		return false;
	program.len = (unsigned short)n;
	program.filter = all;
	on = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) ==
	     0;
	free(all);
	return on;
}
