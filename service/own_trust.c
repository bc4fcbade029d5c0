/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service's own keys held against the policy, as a verifier will do it (chain/assess.c). Asked
 * when a key is to follow another, before a statement is signed, and by readiness.
 */
#include "service/own_trust.h"

#include <string.h>

#include "util/time.h"

static int good(const struct pdg_key_list *list, const struct pdg_key *key, const char *what,
		const char *named, int64_t at, struct pdg_error *err)
{
	const struct pdg_trusted_key *entry = pdg_key_list_find(list, key);
	struct pdg_error why = {0};
	int rc;

	if (!entry) {
		rc = pdg_reject(err, "RDY-8",
				"the %s %s is none that the policy in force trusts: it names "
				"another %s",
				what, pdg_key_hint(key), named);
		pdg_fix(err,
			"name its public half by %s in [trust] of the policy, raise the "
			"policy's version, and reload",
			named);
		return rc;
	}
	if (pdg_trusted_key_good_at(entry, at, false, &why) == 0)
		return 0;
	rc = pdg_reject(err, "RDY-8", "the %s %s is not good now by the policy in force: %s [%s]",
			what, pdg_key_hint(key), why.text, why.rule);
	pdg_fix(err, "see that the clock is right; then sign with a key that the policy trusts "
		     "now, or mend the policy's [trust] or [revocation], raise its version, and "
		     "reload");
	return rc;
}

int pdg_own_trust_service(const struct pdg_in_force *f, int64_t at, struct pdg_error *err)
{
	return good(&f->policy->service_keys, f->signing, "signing key", "serviceKey", at, err);
}

int pdg_own_trust_still(const struct pdg_in_force *f, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *now = pdg_in_force_ref(f->box);

	if (now == f)
		return 0;
	return good(&now->policy->service_keys, f->signing, "signing key", "serviceKey",
		    pdg_policy_box_now(f->box), err);
}

int pdg_own_trust_journal(const struct pdg_in_force *f, const struct pdg_key *key, int64_t at,
			  struct pdg_error *err)
{
	return good(&f->policy->journal_keys, key, "journal's key", "journalKey", at, err);
}

int pdg_own_trust_log(int64_t since, int64_t at, struct pdg_error *err)
{
	char begun[PDG_TIME_TEXT], now[PDG_TIME_TEXT];
	int rc;

	if (at >= since)
		return 0;
	pdg_time_text(since, begun);
	pdg_time_text(at, now);
	rc = pdg_reject(err, "RDY-8",
			"the log was begun at %s by the clock of then, and it is %s: an entry of "
			"today would be older than its log, which nobody believes",
			begun, now);
	pdg_fix(err, "set the clock right; if it is right, it was ahead at the first start: stop "
		     "the service, move the store and the log away, with the keys beside them, "
		     "start it anew, and give verifiers the new trusted root");
	return rc;
}

int pdg_own_trust_root(const struct pdg_in_force *f, const uint8_t *id, const struct pdg_key *key,
		       bool embedded, struct pdg_error *err)
{
	const struct pdg_root *root = f->judge->root;
	size_t i;
	int rc;

	if (!f->policy->trusted_root)
		return 0;
	for (i = 0; i < root->n_logs; i++) {
		const struct pdg_root_log *log = &root->logs[i];

		if (pdg_key_same(log->key, key) &&
		    (!embedded || memcmp(log->log_id, id, sizeof(log->log_id)) == 0))
			return 0;
	}
	rc = pdg_reject(
		err, "LOG-8",
		"the policy's trustedRoot \"%s\" does not name the log of this service, key %s",
		f->policy->trusted_root, pdg_key_hint(key));
	pdg_fix(err, "put the log back that it names, or add this one to it, as it is in "
		     "/.well-known/pedigree/trusted-root.json of the service");
	return rc;
}
