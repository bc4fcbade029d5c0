/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revocation files: what they say reaches every key of the policy, and one that cannot be believed
 * whole is a mistake of whoever wrote it, at its line (attacks.md M10, T13).
 */
#include <string.h>

#include "unit/trust/policy_place.h"

#define PGP	"0123456789ABCDEF0123456789ABCDEF01234567"
#define SSH	"SHA256:uNiVztksCsDhcc0u9e8BrX4F57Q7aMUzBMyBLE2Y7Ws"
#define SHA	"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define JANUARY "2026-01-01T00:00:00Z"
#define KEY(k)	"[key \"" k "\"]\n"
#define SINCE	"revokedSince = " JANUARY "\n"
#define THEFT	"compromisedSince = " JANUARY "\n"
#define NAMES	"[revocation]\n\tfile = gone\n" REPO

static void what_a_file_says(void)
{
	struct pdg_revocations r = {0};
	const struct pdg_validity *v;
	struct pdg_error err = {0};
	struct place pl;

	open_place(&pl);
	put_file(&pl, "gone",
		 pdg_bytes_str(
			 "# left in January\n" KEY(SSH) "\trevokedSince = 2026-01-01T01:00:00+01:00"
							"  # at work\n" KEY(PGP) THEFT));
	put_file(&pl, "more", pdg_bytes_str(KEY(SHA) SINCE));
	CHECK(pdg_revocations_find(NULL, PGP) == NULL);
	CHECK(pdg_revocations_find(&r, PGP) == NULL);
	if (CHECK_OK(pdg_revocations_load(&r, at(&pl, "gone"), &err), &err) &&
	    CHECK_OK(pdg_revocations_load(&r, at(&pl, "more"), &err), &err)) {
		CHECK_UINT(r.n, 3);
		v = pdg_revocations_find(&r, SSH);
		if (CHECK(v != NULL)) {
			CHECK_INT(v->revoked_since, 1767225600);
			CHECK_INT(v->compromised_since, 0);
		}
		v = pdg_revocations_find(&r, PGP);
		if (CHECK(v != NULL)) {
			CHECK_INT(v->revoked_since, 0);
			CHECK_INT(v->compromised_since, 1767225600);
		}
		CHECK(pdg_revocations_find(&r, SHA) != NULL);
		CHECK(pdg_revocations_find(&r, "SHA256:") == NULL);
		CHECK(pdg_revocations_find(&r, "") == NULL);
	}
	pdg_revocations_done(&r);
	close_place(&pl);
}

static void mistakes_in_a_file(void)
{
	static const struct {
		const char *rule;
		const char *text;
	} cases[] = {
		/* the file as a whole */
		{"POL-5", ""},
		{"POL-5", "# nobody yet\n"},
		/* the syntax is the policy's */
		{"POL-1", KEY(PGP) ">revokedSince\n"},
		{"POL-1", KEY(PGP) SINCE ">[key." PGP "]\n"},
		{"POL-1", KEY(PGP) ">revokedSince = \"" JANUARY "\n"},
		{"POL-2", KEY(PGP) SINCE ">[keys \"" PGP "\"]\n"},
		{"POL-2", ">[key]\n" SINCE},
		{"POL-2", ">" REPO SINCE},
		{"POL-2", KEY(PGP) ">revoked = " JANUARY "\n"},
		{"POL-2", KEY(PGP) SINCE ">file = other\n"},
		/* dates */
		{"POL-3", KEY(PGP) ">revokedSince =\n"},
		{"POL-3", KEY(PGP) ">revokedSince = 2026-01-01\n"},
		{"POL-3", KEY(PGP) ">revokedSince = yesterday\n"},
		{"POL-3", KEY(PGP) ">compromisedSince = 1767225600\n"},
		/* nothing was signed then: what is meant is a time, or for ever */
		{"POL-3", KEY(PGP) ">compromisedSince = 1970-01-01T00:00:00Z\n"},
		{"POL-3", KEY(PGP) ">revokedSince = 1969-12-31T23:59:59Z\n"},
		{"POL-3", KEY(PGP) SINCE ">" SINCE},
		{"POL-3", KEY(PGP) SINCE KEY(PGP) ">" SINCE},
		/* fingerprints: of a known form, whole, as they are compared */
		{"POL-3", ">[key \"0123456789ABCDEF\"]\n" SINCE},
		{"POL-3", ">[key \"0123456789abcdef0123456789abcdef01234567\"]\n" SINCE},
		{"POL-3", ">[key \"0x0123456789ABCDEF0123456789ABCDEF01234567\"]\n" SINCE},
		{"POL-3", ">[key \"0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567\"]\n" SINCE},
		{"POL-3", ">[key \"SHA256:uNiVztksCsDhcc0u9e8BrX4F57Q7aMUzBMyBLE2Y7W\"]\n" SINCE},
		{"POL-3", ">[key \"SHA256:uNiVztksCsDhcc0u9e8BrX4F57Q7aMUzBMyBLE2Y7Ws=\"]\n" SINCE},
		{"POL-3", ">[key \"SHA256:uNiVztksCsDhcc0u9e8BrX4F57Q7aMUzBMyBLE2Y7Wt\"]\n" SINCE},
		{"POL-3", ">[key \"SHA256:uNiVztksCsDhcc0u9e8BrX4F57Q7aMUzBMyBLE2Y7_s\"]\n" SINCE},
		{"POL-3", ">[key \"MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48\"]\n" SINCE},
		{"POL-3", ">[key \"sha256:0123\"]\n" SINCE},
		{"POL-3",
		 ">[key \"sha256:0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
		 "\"]\n" SINCE},
		{"POL-3", ">[key \"alice@example.com\"]\n" SINCE},
		/* exactly one date */
		{"POL-8", ">" KEY(PGP)},
		{"POL-8", KEY(SSH) SINCE ">" KEY(PGP) KEY(SHA) SINCE},
		{"POL-8", ">" KEY(PGP) SINCE THEFT},
	};
	struct place pl;
	size_t i;

	open_place(&pl);
	put_file(&pl, "policy", pdg_bytes_str(NAMES));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i].text);
		check_refused(&pl, "gone", cases[i].text, cases[i].rule);
	}
	pdg_test_case(NULL);
	close_place(&pl);
}

static void mistakes_in_the_policy(void)
{
	static const struct {
		const char *rule;
		const char *text;
	} cases[] = {
		{"POL-5", "[revocation]\n>file = missing\n" REPO},
		{"POL-5", "[revocation]\n>file = none\n" REPO},
		{"POL-5", "[revocation]\n>file = .\n" REPO},
		{"POL-3", "[revocation]\n>file =\n" REPO},
		{"POL-2", "[revocation]\n>files = gone\n" REPO},
		{"POL-2", ">[revocation \"x\"]\nfile = gone\n" REPO},
		{"POL-8", ">[revocation]\n" REPO},
		/* revocations alone are no policy */
		{"POL-4", "[revocation]\nfile = gone\n"},
		/* the same file, or the same key, twice */
		{"POL-3", "[revocation]\nfile = gone\nfile = gone\n" REPO},
		{"POL-3", "[revocation]\nfile = gone\nfile = again\n" REPO},
		/* rules.md 5.8: revocations are loaded first, so their mistakes come first */
		{"POL-5", REPO "protect = main\n[revocation]\n>file = missing\n"},
	};
	struct place pl;
	size_t i;

	open_place(&pl);
	put_file(&pl, "again", pdg_bytes_str(KEY(PGP) THEFT));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i].text);
		check_refused(&pl, "policy", cases[i].text, cases[i].rule);
	}
	pdg_test_case(NULL);
	close_place(&pl);
}

/* A file that says @date of the key in a.pub, as `pedigree key show` names it. */
static void revoke_a(const struct place *pl, const char *date)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);
	struct pdg_error err = {0};
	char name[PDG_KEY_FINGERPRINT];

	if (!CHECK_OK(pdg_key_public_file(at(pl, "a.pub"), &key, &err), &err))
		return;
	pdg_key_fingerprint(pdg_key_spki_sha256(key), name);
	pdg_buf_printf(&text, "[key \"%s\"]\n%s", name, date);
	put_file(pl, "gone", pdg_buf_bytes(&text));
}

/* One policy for each role that a key of ours may have; the window of [trust "x"] is narrowed. */
static void every_role_is_reached(void)
{
	static const struct {
		const char *role;
		const char *text;
		size_t list; /* offset in struct pdg_policy, or SIZE_MAX: of its section */
	} cases[] = {
		{"serviceKey", "[trust]\nserviceKey = a.pub\n",
		 offsetof(struct pdg_policy, service_keys)},
		{"journalKey",
		 "[trust \"x\"]\njournalKey = a.pub\nvalidBefore = 2027-01-01T00:00:00Z\n",
		 offsetof(struct pdg_policy, journal_keys)},
		{"serverKey", REPO "serverKey = a.pub\n", SIZE_MAX},
		{"builder", "[builder \"b\"]\nrepository = https://h/*\nkey = a.pub\n", SIZE_MAX},
		{"producer",
		 "[producer \"p\"]\nrepository = https://h/*\nstage = sbom\nkey = a.pub\n",
		 SIZE_MAX},
	};
	struct place pl;
	size_t i;

	open_place(&pl);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(4096);
		PDG_AUTO(policy) struct pdg_policy *p = NULL;
		const struct pdg_key_list *list;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].role);
		revoke_a(&pl, i % 2 ? THEFT : SINCE);
		pdg_buf_printf(&text, "%s[revocation]\nfile = gone\n", cases[i].text);
		if (!CHECK_OK(load(&pl, pdg_buf_cstr(&text), &p, &err), &err))
			continue;
		if (cases[i].list != SIZE_MAX)
			list = (const void *)((const char *)p + cases[i].list);
		else if (p->n_repositories)
			list = &p->repositories[0].server_keys;
		else
			list = p->n_builders ? &p->builders[0].keys : &p->producers[0].keys;
		CHECK_RULE(pdg_trusted_key_good_at(&list->v[0], 1767225600, false, &err), &err,
			   i % 2 ? "TIM-3" : "TIM-5");
		if (i % 2 == 0)
			CHECK_OK(pdg_trusted_key_good_at(&list->v[0], 1767225599, false, &err),
				 &err);
	}
	pdg_test_case(NULL);
	close_place(&pl);
}

PDG_TEST_MAIN("revocation", {"what a file says", what_a_file_says},
	      {"mistakes in a file", mistakes_in_a_file},
	      {"mistakes in the policy", mistakes_in_the_policy},
	      {"every role is reached", every_role_is_reached})
