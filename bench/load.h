/* SPDX-License-Identifier: Apache-2.0 */
/* Whom bench-load speaks to: what is sent, what is answered, and what it costs there. */
#ifndef PDG_BENCH_LOAD_H
#define PDG_BENCH_LOAD_H

#include <sys/types.h>

#include "attest/dsse.h"

enum bench_kind { BENCH_PEDIGREE, BENCH_REKOR_V2, BENCH_REKOR_V1 };

struct bench_target {
	enum bench_kind kind;
	uint64_t port, wait;
	struct pdg_buf key; /* base64 of the public key: its DER (v2) or its PEM (v1) */
};

/** @as NULL: pedigree. @public: a PEM file, for the others. */
int bench_target_init(struct bench_target *t, const char *as, const char *public,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Append the whole request that submits @e. */
int bench_request(const struct bench_target *t, const struct pdg_envelope *e, struct pdg_buf *out,
		  struct pdg_error *err) PDG_MUST_CHECK;

/** Is the answer in @in whole? Its status and its length then. -1: it is no HTTP. */
int bench_answer(struct pdg_bytes in, uint64_t *out_status, size_t *out_n);

/** Microseconds of CPU that process @pid and its children, which live, have used; 0 for no @pid. */
double bench_family_us(pid_t pid);

#endif
