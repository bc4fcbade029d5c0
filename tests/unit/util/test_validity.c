/* SPDX-License-Identifier: Apache-2.0 */
/* Was a key good at time T: each bound, its edges, and evidence without a time. */
#include "support/check.h"
#include "util/validity.h"

struct asked {
	struct pdg_validity v;
	int64_t at;
	bool independent;
	enum pdg_standing want;
};

static void check_all(const struct asked *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		enum pdg_standing got =
			pdg_validity_at(&cases[i].v, cases[i].at, cases[i].independent);

		pdg_test_case("case %zu", i);
		CHECK_INT(got, cases[i].want);
	}
	pdg_test_case(NULL);
}

static void each_bound(void)
{
	static const struct asked cases[] = {
		{{0}, 1000, false, PDG_STANDING_GOOD},
		{{.after = 100, .before = 200}, 99, true, PDG_STANDING_NOT_YET},
		{{.after = 100, .before = 200}, 100, false, PDG_STANDING_GOOD},
		{{.after = 100, .before = 200}, 200, false, PDG_STANDING_GOOD},
		{{.after = 100, .before = 200}, 201, true, PDG_STANDING_EXPIRED},
		/* An ordinary revocation spares what was there before, on whoever's word. */
		{{.revoked_since = 150}, 149, false, PDG_STANDING_GOOD},
		{{.revoked_since = 150}, 149, true, PDG_STANDING_GOOD},
		{{.revoked_since = 150}, 150, false, PDG_STANDING_REVOKED},
		{{.revoked_since = 150}, 151, true, PDG_STANDING_REVOKED},
		/* From a compromise only an independent time saves, and only one before it. */
		{{.compromised_since = 150}, 149, true, PDG_STANDING_GOOD},
		{{.compromised_since = 150}, 150, true, PDG_STANDING_COMPROMISED},
		{{.compromised_since = 150}, 151, true, PDG_STANDING_COMPROMISED},
		{{.compromised_since = 150}, 149, false, PDG_STANDING_COMPROMISED},
		{{.compromised_since = PDG_COMPROMISED_EVER}, 1, true, PDG_STANDING_COMPROMISED},
		{{.compromised_since = PDG_COMPROMISED_EVER}, 1000, true, PDG_STANDING_COMPROMISED},
	};

	check_all(cases, sizeof(cases) / sizeof(cases[0]));
}

/* rules.md 1: where evidence has no time at all, an expired or revoked key fails. */
static void without_a_time(void)
{
	static const struct asked cases[] = {
		{{0}, 0, false, PDG_STANDING_GOOD},
		{{.after = 100}, 0, false, PDG_STANDING_NOT_YET},
		{{.before = 200}, 0, false, PDG_STANDING_EXPIRED},
		{{.before = 200}, -1, true, PDG_STANDING_EXPIRED},
		{{.revoked_since = 150}, 0, true, PDG_STANDING_REVOKED},
		{{.compromised_since = 150}, 0, true, PDG_STANDING_COMPROMISED},
	};

	check_all(cases, sizeof(cases) / sizeof(cases[0]));
}

static void the_first_of_several_is_named(void)
{
	static const struct asked cases[] = {
		{{.after = 300, .before = 200}, 250, false, PDG_STANDING_NOT_YET},
		{{.before = 200, .revoked_since = 150, .compromised_since = 100},
		 201,
		 false,
		 PDG_STANDING_EXPIRED},
		{{.revoked_since = 150, .compromised_since = 100},
		 160,
		 false,
		 PDG_STANDING_REVOKED},
		{{.before = 200, .compromised_since = 150}, 100, false, PDG_STANDING_COMPROMISED},
	};

	check_all(cases, sizeof(cases) / sizeof(cases[0]));
}

static void check_narrowed(struct pdg_validity v, struct pdg_validity more,
			   struct pdg_validity want)
{
	pdg_validity_narrow(&v, &more);
	CHECK_INT(v.after, want.after);
	CHECK_INT(v.before, want.before);
	CHECK_INT(v.revoked_since, want.revoked_since);
	CHECK_INT(v.compromised_since, want.compromised_since);
}

static void the_stricter_bound_holds(void)
{
	const struct pdg_validity none = {0};
	const struct pdg_validity wide = {100, 900, 800, 700};
	const struct pdg_validity tight = {200, 600, 500, 400};

	check_narrowed(none, none, none);
	check_narrowed(none, wide, wide);
	check_narrowed(wide, none, wide);
	check_narrowed(wide, tight, tight);
	check_narrowed(tight, wide, tight);
}

PDG_TEST_MAIN("validity", {"each bound", each_bound}, {"without a time", without_a_time},
	      {"the first of several is named", the_first_of_several_is_named},
	      {"the stricter bound holds", the_stricter_bound_holds})
