/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw commits: any bytes are a commit or an error with a rule. Of a signed one, what is signed is
 * itself a commit, unsigned, and the same but for the signature: nothing else hides in a header.
 *
 * Covers: common/commit/object.c common/commit/lines.c common/commit/person.c
 */
#include "commit/object.h"
#include "fuzz.h"

static bool inside(struct pdg_bytes part, struct pdg_bytes all)
{
	return part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n);
}

static void check(const struct pdg_commit *c, bool sha256)
{
	PDG_AUTO(commit) struct pdg_commit *again = NULL;
	struct pdg_bytes payload = pdg_buf_bytes(&c->payload);
	size_t i;

	MUST(c->tree.n == (sha256 ? 64U : 40U));
	MUST(inside(c->message, c->raw) && inside(c->author.name, c->raw));
	MUST(inside(c->committer.email, c->raw) && c->committer.time >= 0);
	MUST((c->format == PDG_SIG_NONE) == (c->signature.n == 0));
	MUST((c->format == PDG_SIG_NONE) == (payload.n == 0));
	if (c->format == PDG_SIG_NONE)
		return;
	MUST(payload.n < c->raw.n);
	MUST(pdg_commit_parse(payload, sha256, &again, NULL) == 0);
	MUST(again->format == PDG_SIG_NONE && again->other_format == PDG_SIG_NONE);
	MUST(pdg_bytes_eq(again->tree, c->tree) && pdg_bytes_eq(again->message, c->message));
	MUST(again->n_parents == c->n_parents);
	MUST(pdg_bytes_eq(again->committer.email, c->committer.email));
	for (i = 0; i < c->n_parents; i++)
		MUST(pdg_bytes_eq(again->parents[i], c->parents[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int sha256;

	for (sha256 = 0; sha256 < 2; sha256++) {
		PDG_AUTO(commit) struct pdg_commit *c = NULL;
		struct pdg_error err = {0};

		if (pdg_commit_parse(pdg_bytes(data, size), sha256, &c, &err) < 0)
			MUST(c == NULL && (err.code == PDG_E_NOMEM || err.rule[0] != '\0'));
		else
			check(c, sha256);
	}
	return 0;
}
