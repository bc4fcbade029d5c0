/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys with the time in which their signatures count. pdg_trusted_key_good_at() is the one
 * place where that question is answered, for countersignatures, server keys, builders and all.
 */
#include <stdlib.h>

#include "trust/policy.h"
#include "trust/policy_read.h"
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

void pdg_strings_done(struct pdg_strings *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct pdg_strings){0};
}

/* Was it known to be outside the thief's hands: by a time that neither he nor the service made up?
 */
static int check_compromise(const struct pdg_trusted_key *key, int64_t at, bool independent,
			    struct pdg_error *err)
{
	char since[PDG_TIME_TEXT];
	int rc;

	if (key->compromised_since == 0)
		return 0;
	if (independent && at > 0 && at < key->compromised_since)
		return 0;
	pdg_time_text(key->compromised_since, since);
	rc = pdg_reject(err, "TIM-3", "the key '%.100s' is compromised since %s", key->name, since);
	pdg_fix(err,
		"only a timestamp or signed log time before that could show an older signature");
	return rc;
}

int pdg_trusted_key_good_at(const struct pdg_trusted_key *key, int64_t at, bool independent,
			    struct pdg_error *err)
{
	char limit[PDG_TIME_TEXT];
	int rc;

	rc = check_compromise(key, at, independent, err);
	if (rc < 0)
		return rc;
	if (key->valid_after != 0 && at < key->valid_after) {
		pdg_time_text(key->valid_after, limit);
		return pdg_reject(err, "TIM-1",
				  at > 0 ? "the key '%.100s' is valid only from %s on"
					 : "the key '%.100s' is valid only from %s on, and the "
					   "signature has no time",
				  key->name, limit);
	}
	if (key->valid_before != 0 && (at <= 0 || at > key->valid_before)) {
		pdg_time_text(key->valid_before, limit);
		return pdg_reject(err, "TIM-2",
				  at > 0 ? "the key '%.100s' was valid only until %s"
					 : "the key '%.100s' is valid only until %s, and the "
					   "signature has no time",
				  key->name, limit);
	}
	return 0;
}
