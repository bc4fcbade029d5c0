/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every single bit of tags and of dual-signed commits. Of a tag none may change unnoticed. Of a
 * dual-signed commit only the value of the signature that nobody here can check may
 * (docs/THREATS.md), and all else in its header may not: not the form, not the key, not the armor.
 */
#include "unit/commit/commit_data.h"

/* Where the header of the other signature stands in @raw. */
static void find_other(struct pdg_bytes raw, size_t *from, size_t *to)
{
	*from = pdg_bytes_find(raw, pdg_bytes_str("\ngpgsig-sha256 "), 0) + 1;
	*to = pdg_bytes_find(raw, pdg_bytes_str("-----END "), *from);
	if (!CHECK(*from > 0 && *to != SIZE_MAX))
		abort();
	*to = pdg_bytes_find_byte(raw, '\n', *to) + 1;
}

/* Returns how many flips in [@from, @to) left @name good; one outside of it must not. */
static size_t flip(const struct world *w, const char *name, size_t from, size_t to)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(verdict) struct pdg_verdict v;
	size_t unnoticed = 0;
	size_t i;

	pdg_verdict_init(&v);
	data_read(name, &raw);
	for (i = 0; i < raw.n * 8; i++) {
		struct pdg_error err = {0};
		bool tag = pdg_bytes_starts(pdg_buf_bytes(&raw), "object ");
		int rc;

		raw.p[i / 8] ^= (uint8_t)(1U << i % 8);
		if (tag)
			rc = pdg_judge_tag(w->signers, pdg_buf_bytes(&raw), false, FEBRUARY, &v,
					   &err);
		else
			rc = pdg_judge_commit(w->signers, pdg_buf_bytes(&raw), false, FEBRUARY, &v,
					      &err);
		raw.p[i / 8] ^= (uint8_t)(1U << i % 8);
		pdg_test_case("%s, bit %zu", name, i);
		if (!CHECK_OK(rc, &err))
			break;
		if (v.result != PDG_RESULT_GOOD) {
			CHECK(v.why.rule[0] != '\0');
			continue;
		}
		if (!CHECK(i / 8 >= from && i / 8 < to))
			break;
		unnoticed++;
	}
	pdg_test_case(NULL);
	check_raw(w, pdg_buf_bytes(&raw), FEBRUARY, PDG_RESULT_GOOD, NULL);
	return unnoticed;
}

static void every_bit_of_a_tag(void)
{
	static const char *const names[] = {"pgp-tag.raw", "ssh-tag.raw"};
	struct world w;
	size_t i;

	world_init(&w);
	world_load(&w);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_UINT(flip(&w, names[i], 0, 0), 0);
	world_done(&w);
}

static void every_bit_of_a_dual_commit(void)
{
	/* What may change: bits of base64 that stand for 64 bytes of Ed25519. gpg's checksum tells.
	 */
	static const struct {
		const char *name;
		size_t least, most;
	} cases[] = {{"pgp-dual.raw", 0, 0}, {"ssh-dual.raw", 1, 600}};
	struct world w;
	size_t i;

	world_init(&w);
	world_load(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
		size_t from;
		size_t to;
		size_t unnoticed;

		data_read(cases[i].name, &raw);
		find_other(pdg_buf_bytes(&raw), &from, &to);
		unnoticed = flip(&w, cases[i].name, from, to);
		CHECK(unnoticed >= cases[i].least && unnoticed <= cases[i].most);
	}
	world_done(&w);
}

PDG_TEST_MAIN("mutate", {"every bit of a tag", every_bit_of_a_tag},
	      {"every bit of a dual commit", every_bit_of_a_dual_commit})
