/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Make a good record once, then change it in every byte: it must never be part of a good chain
 * again, but for the members that bind nothing and are said here, each with the reason.
 */
#include "unit/chain/scene.h"

/*
 * What may change: "received" is what the record says, and the journal's leaf decides; "links" are
 * advice (rules.md 5.4); the hint of a bundle's key orders trials and decides nothing. The first
 * character of each follows on @before, the last stands before @end.
 */
static const struct {
	const char *before;
	char end;
} unbound[] = {
	{"\"received\":\"", '"'},
	{"\"links\":[", ']'},
	{"\"hint\":\"", '"'},
};

static bool is_unbound(struct pdg_bytes text, size_t at)
{
	size_t i;

	for (i = 0; i < sizeof(unbound) / sizeof(unbound[0]); i++) {
		size_t from = pdg_bytes_find(text, pdg_bytes_str(unbound[i].before), 0);
		size_t to;

		if (!CHECK(from != SIZE_MAX))
			return true;
		from += strlen(unbound[i].before);
		to = pdg_bytes_find_byte(text, (uint8_t)unbound[i].end, from);
		if (at >= from && at < to)
			return true;
	}
	return false;
}

/* The verdict with @record in the place of one of the two statements, @other being the other. */
static enum pdg_outcome judge_with(struct scene *s, struct pdg_bytes record,
				   const struct pdg_made *other)
{
	PDG_AUTO(chain_report) struct pdg_chain_report *r = NULL;
	struct pdg_record *parsed = NULL;
	struct pdg_error err = {0};

	if (pdg_record_parse(record, NULL, &parsed, &err) < 0)
		return PDG_VERDICT_UNDECIDED;
	scene_clear(s);
	if (!CHECK_OK(pdg_evidence_add(s->e, parsed, &err), &err))
		return PDG_VERDICT_GOOD;
	pdg_world_add(s->e, other);
	if (!CHECK_OK(pdg_chain_verify(s->w.judge, s->e, WORLD_ARTIFACT, NULL, &r, &err), &err))
		return PDG_VERDICT_GOOD;
	return r->verdict;
}

static void mutate(struct scene *s, const struct pdg_made *made, const struct pdg_made *other)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(buf) struct pdg_buf original = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	struct pdg_bytes was;
	size_t i, free_bytes = 0;

	pdg_made_record(made, &original);
	pdg_buf_put(&text, pdg_buf_bytes(&original));
	was = pdg_buf_bytes(&text);
	CHECK(judge_with(s, was, other) == PDG_VERDICT_GOOD);
	for (i = 0; i < text.n; i++) {
		if (is_unbound(pdg_buf_bytes(&original), i)) {
			free_bytes++;
			continue;
		}
		/* Each byte once, each bit in every eighth: bundles are tried bit by bit elsewhere.
		 */
		text.p[i] ^= (uint8_t)(1U << i % 8);
		pdg_test_case("byte %zu of %zu, bit %zu, after '%.*s'", i, text.n, i % 8,
			      (int)(i < 30 ? i : 30), (const char *)text.p + (i < 30 ? 0 : i - 30));
		CHECK(judge_with(s, was, other) != PDG_VERDICT_GOOD);
		text.p[i] ^= (uint8_t)(1U << i % 8);
	}
	pdg_test_case(NULL);
	/* A time, a hint, and no link. */
	CHECK_UINT(free_bytes, 20 + 44);
}

static void no_byte_of_a_source_changes_unnoticed(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	mutate(&s, &s.source, &s.build);
}

static void no_byte_of_a_build_changes_unnoticed(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, NULL);
	mutate(&s, &s.build, &s.source);
}

PDG_TEST_MAIN("mutate",
	      {"no byte of a source changes unnoticed", no_byte_of_a_source_changes_unnoticed},
	      {"no byte of a build changes unnoticed", no_byte_of_a_build_changes_unnoticed})
