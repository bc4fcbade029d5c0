/* SPDX-License-Identifier: Apache-2.0 */
/* Keys with the time in which their signatures count. */
#include "support/check.h"
#include "trust/policy.h"

static void good_at_a_time(void)
{
	static char name[] = "k";
	static const struct {
		struct pdg_trusted_key key;
		int64_t at;
		bool independent;
		const char *rule; /* NULL: good */
	} cases[] = {
		/* no window: always, even without a time */
		{{.name = name}, 0, false, NULL},
		{{.name = name}, 1000, false, NULL},
		/* both ends of a window belong to it */
		{{.name = name, .when.after = 100, .when.before = 200}, 99, true, "TIM-1"},
		{{.name = name, .when.after = 100, .when.before = 200}, 100, false, NULL},
		{{.name = name, .when.after = 100, .when.before = 200}, 200, false, NULL},
		{{.name = name, .when.after = 100, .when.before = 200}, 201, true, "TIM-2"},
		/* a window and no time */
		{{.name = name, .when.after = 100}, 0, false, "TIM-1"},
		{{.name = name, .when.before = 200}, 0, false, "TIM-2"},
		/* compromised: only an independent time before it helps */
		{{.name = name, .when.compromised_since = 150}, 149, true, NULL},
		{{.name = name, .when.compromised_since = 150}, 150, true, "TIM-3"},
		{{.name = name, .when.compromised_since = 150}, 151, true, "TIM-3"},
		{{.name = name, .when.compromised_since = 150}, 149, false, "TIM-3"},
		{{.name = name, .when.compromised_since = 150}, 0, true, "TIM-3"},
		{{.name = name, .when.compromised_since = 150}, 0, false, "TIM-3"},
		{{.name = name, .when.after = 100, .when.compromised_since = 150},
		 99,
		 true,
		 "TIM-1"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_error err = {0};
		int rc = pdg_trusted_key_good_at(&cases[i].key, cases[i].at, cases[i].independent,
						 &err);

		pdg_test_case("case %zu", i);
		if (cases[i].rule)
			CHECK_RULE(rc, &err, cases[i].rule);
		else
			CHECK_OK(rc, &err);
	}
}

static void which_of_a_list(void)
{
	struct pdg_trusted_key v[2] = {0};
	const struct pdg_key_list list = {v, 2}, none = {0};
	PDG_AUTO(key) struct pdg_key *other = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &v[0].key, &err), &err);
	CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &v[1].key, &err), &err);
	CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &other, &err), &err);
	CHECK(pdg_key_list_find(&list, v[1].key) == &v[1]);
	CHECK(pdg_key_list_find(&list, other) == NULL);
	CHECK(pdg_key_list_has(&list, v[0].key));
	CHECK(!pdg_key_list_has(&none, v[0].key));
	CHECK(pdg_key_by_hint(other, &list, pdg_key_hint(other)) == other);
	CHECK(pdg_key_by_hint(other, &list, pdg_key_hint(v[1].key)) == v[1].key);
	CHECK(pdg_key_by_hint(other, &none, pdg_key_hint(v[1].key)) == NULL);
	pdg_key_free(v[0].key);
	pdg_key_free(v[1].key);
}

PDG_TEST_MAIN("trusted_key", {"good at a time", good_at_a_time},
	      {"which of a list", which_of_a_list})
