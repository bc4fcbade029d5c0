/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits whose signature carries a log entry or a timestamp, with single bits of them flipped:
 * none of them is good. Nothing in what proves a time may be free.
 */
#include "unit/commit/x509_data.h"
#include "util/limits.h"

#define SHOWN 60 /* bytes of the commit from the flipped one on, of a case that fails */

/* Flip bits of @c: every @step-th. Returns how many were judged. */
static size_t flip(const struct x509_world *w, const struct x509_commit *c, size_t step)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};
	size_t n = 0;
	size_t bit;

	pdg_verdict_init(&v);
	x509_commit_make(w, c, &raw);
	for (bit = 0; bit < raw.n * 8; bit += step) {
		struct pdg_bytes from = pdg_bytes_from(pdg_buf_bytes(&raw), bit / 8);
		int rc;

		raw.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		rc = pdg_judge_commit(w->signers, pdg_buf_bytes(&raw), false, RECEIVED, &v, &err);
		raw.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		n++;
		pdg_test_case("bit %zu: %.*s", bit, (int)pdg_bytes_head(from, SHOWN).n,
			      (const char *)from.p);
		if (!CHECK_OK(rc, &err) || !CHECK(v.result != PDG_RESULT_GOOD))
			break;
	}
	pdg_test_case(NULL);
	x509_check(w, c, RECEIVED, PDG_RESULT_GOOD, NULL);
	return n;
}

static void every_bit_of_a_log_entry(void)
{
	static const struct x509_commit logged = {.entry = MADE + 1, .cms = {.time = MADE}};
	struct x509_world w;

	x509_world_init(&w);
	x509_world_make(&w);
	CHECK(flip(&w, &logged, 1) > 14000);
	x509_world_done(&w);
}

/* Seven and eight share no divisor: each bit of a byte has its turn. */
static void every_seventh_bit_of_a_timestamp(void)
{
	static const struct x509_commit stamped = {.token = MADE + 1};
	struct x509_world w;

	x509_world_init(&w);
	x509_world_make(&w);
	CHECK(flip(&w, &stamped, 7) > 3000);
	x509_world_done(&w);
	/* The token brings its signer's certificate along, and who vouches for it. */
	x509_world_init(&w);
	w.tsa_root_alone = true;
	x509_world_make(&w);
	CHECK(flip(&w, &stamped, 7) > 3000);
	x509_world_done(&w);
}

PDG_TEST_MAIN("proof_bits", {"every bit of a log entry", every_bit_of_a_log_entry},
	      {"every seventh bit of a timestamp", every_seventh_bit_of_a_timestamp})
