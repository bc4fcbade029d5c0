/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys with the time in which their signatures count, put into words and rules:
 * countersignatures', journals', servers', builders'. Whether they do is util/validity.h's answer.
 */
#include <stdlib.h>

#include "trust/policy.h"
#include "trust/policy_read.h"
#include "util/str.h"
#include "util/time.h"

void pdg_key_list_done(struct pdg_key_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		pdg_key_free(list->v[i].key);
		free(list->v[i].name);
	}
	free(list->v);
	*list = (struct pdg_key_list){0};
}

const struct pdg_trusted_key *pdg_key_list_find(const struct pdg_key_list *list,
						const struct pdg_key *key)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (pdg_key_same(list->v[i].key, key))
			return &list->v[i];
	}
	return NULL;
}

bool pdg_key_list_has(const struct pdg_key_list *list, const struct pdg_key *key)
{
	return pdg_key_list_find(list, key);
}

const struct pdg_key *pdg_key_by_hint(const struct pdg_key *own, const struct pdg_key_list *others,
				      const char *hint)
{
	size_t i;

	if (pdg_str_eq(hint, pdg_key_hint(own)))
		return own;
	for (i = 0; i < others->n; i++) {
		if (pdg_str_eq(hint, pdg_key_hint(others->v[i].key)))
			return others->v[i].key;
	}
	return NULL;
}

static int refuse(const struct pdg_trusted_key *key, const char *rule, int64_t at, const char *said,
		  int64_t limit, struct pdg_error *err)
{
	char text[PDG_TIME_TEXT];

	pdg_time_text(limit, text);
	return pdg_reject(err, rule, "the key '%.100s' %s %s%s", key->name, said, text,
			  at > 0 ? "" : ", and the signature has no time");
}

int pdg_trusted_key_good_at(const struct pdg_trusted_key *key, int64_t at, bool independent,
			    struct pdg_error *err)
{
	const struct pdg_validity *v = &key->when;
	int rc;

	switch (pdg_validity_at(v, at, independent)) {
	case PDG_STANDING_NOT_YET:
		return refuse(key, "TIM-1", at, "is valid only from", v->after, err);
	case PDG_STANDING_EXPIRED:
		return refuse(key, "TIM-2", at, "was valid only until", v->before, err);
	case PDG_STANDING_REVOKED:
		return refuse(key, "TIM-5", at, "is revoked since", v->revoked_since, err);
	case PDG_STANDING_COMPROMISED:
		rc = refuse(key, "TIM-3", at, "is compromised since", v->compromised_since, err);
		pdg_fix(err, "only a timestamp or signed log time before that could show an older "
			     "signature");
		return rc;
	case PDG_STANDING_GOOD:
		break;
	}
	return 0;
}

void pdg_trusted_key_revoke(struct pdg_trusted_key *key, const struct pdg_revocations *r)
{
	char name[PDG_KEY_FINGERPRINT];
	const struct pdg_validity *more;

	pdg_key_fingerprint(pdg_key_spki_sha256(key->key), name);
	more = pdg_revocations_find(r, name);
	if (more)
		pdg_validity_narrow(&key->when, more);
}
