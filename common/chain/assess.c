/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record, in the order of trust: journal (it gives the time), countersignature, log, then the
 * producer and the stage (assess_stage.c). The first refusal ends it.
 */
#include "chain/assess.h"

#include <stdio.h>

#include "attest/bundle_verify.h"
#include "crypto/digest.h"
#include "util/size.h"
#include "util/str.h"

void pdg_assessed_free(struct pdg_assessed *a)
{
	size_t i;

	if (!a)
		return;
	for (i = 0; i < a->n_checks; i++) {
		free(a->checks[i].what);
		free(a->checks[i].detail);
	}
	pdg_journal_leaf_free(a->leaf);
	pdg_build_done(&a->build);
	free(a->signer);
	free(a);
}
PDG_AUTO_DEFINE(assessed, struct pdg_assessed *, pdg_assessed_free)

void pdg_assess_note(struct pdg_assessed *a, const char *what, bool good, const char *detail)
{
	struct pdg_check *c = &a->checks[a->n_checks];

	/* A record makes one check a step: the array's end would be a step too many. */
	a->lost = a->lost || a->n_checks == PDG_ASSESS_CHECKS;
	if (a->lost)
		return;
	c->what = pdg_str_dup(what);
	c->detail = pdg_str_dup(detail);
	c->good = good;
	a->n_checks++;
	a->lost = !c->what || !c->detail;
}

int pdg_assess_on_word(struct pdg_judge *j, struct pdg_assessed *a, enum pdg_word word,
		       const char *what, struct pdg_error *err)
{
	int rc;

	a->words |= (unsigned)word;
	if (j->policy->require.on_service_word) {
		pdg_assess_note(a, what, true, "not in the record: on the service's word");
		return 0;
	}
	rc = pdg_reject(err, "CHN-7",
			"%s is not in the record: only the service's word stands for it", what);
	pdg_fix(err, "fetch the whole record, or set onServiceWord = true in [require]");
	return rc;
}

/* One of @keys under which the journal's checkpoint and inclusion hold. */
static int journal_key(const struct pdg_key_list *keys, const struct pdg_journal_proof *p,
		       const struct pdg_trusted_key **out, struct pdg_error *err)
{
	size_t i;
	int rc = PDG_E_REJECTED;

	for (i = 0; i < keys->n && rc == PDG_E_REJECTED; i++) {
		rc = pdg_journal_proof_verify(p, keys->v[i].key, err);
		if (rc == 0)
			*out = &keys->v[i];
	}
	return rc;
}

/* Is the leaf, which the journal holds, this record's, and one that accepts? */
static int check_leaf(const struct pdg_judge *j, const struct pdg_record *r,
		      const struct pdg_journal_leaf *leaf, struct pdg_error *err)
{
	int rc;

	if (!pdg_str_eq(leaf->reference, r->reference))
		return pdg_reject(err, "CHN-5", "the journal leaf is about %s", leaf->reference);
	if (!pdg_str_eq(leaf->decision, "accepted"))
		return pdg_reject(err, "CHN-5", "the journal says '%s' by %s", leaf->decision,
				  leaf->rule ? leaf->rule : "no rule");
	if (leaf->received <= pdg_now(j->clock) + PDG_TIME_TOLERANCE)
		return 0;
	rc = pdg_reject(err, "CHN-5", "the journal leaf is dated in the future");
	pdg_fix(err, "check the clock of this machine, and the service's");
	return rc;
}

/* rules.md 5.3: the leaf is this record's, and gives the time at which it was received. */
static int check_journal(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	const struct pdg_record *r = a->record;
	const struct pdg_key_list *keys = &j->policy->journal_keys;
	const struct pdg_trusted_key *key = NULL;
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *leaf = NULL;
	char time[PDG_TIME_TEXT];
	char text[PDG_TIME_TEXT + sizeof("received ")];
	int rc;

	if (r->logged && keys->n == 0)
		return 0; /* its time is then not believed */
	if (keys->n == 0)
		return pdg_reject(err, "CHN-5", "pending, and the policy names no journalKey");
	if (!r->journal && r->logged)
		return pdg_assess_on_word(j, a, PDG_WORD_JOURNAL, "the journal leaf", err);
	if (!r->journal)
		return pdg_reject(err, "CHN-5", "a pending record without its journal leaf");
	rc = journal_key(keys, r->journal, &key, err);
	if (rc == 0)
		rc = pdg_journal_leaf_parse(pdg_buf_bytes(&r->journal->leaf), &leaf, err);
	if (rc == 0)
		rc = check_leaf(j, r, leaf, err);
	if (rc < 0)
		return rc;
	rc = pdg_trusted_key_good_at(key, leaf->received, false, err);
	if (rc < 0)
		return pdg_context(err, rc, "journal");
	a->received = leaf->received;
	a->at = leaf->received;
	a->leaf = PDG_TAKE(leaf);
	pdg_time_text(a->received, time);
	(void)snprintf(text, sizeof(text), "received %s", time);
	pdg_assess_note(a, "journal", true, text);
	return 0;
}

static struct pdg_entry_claim claim_of(const struct pdg_judge *j, const struct pdg_assessed *a,
				       const struct pdg_trusted_key *key, const uint8_t *digest)
{
	const struct pdg_envelope *e = a->record->bundle->envelope;

	return (struct pdg_entry_claim){
		.digest = digest,
		.payload = pdg_buf_bytes(&e->payload),
		.sig = pdg_buf_bytes(&e->sigs[0].sig),
		.key = key->key,
		.latest = pdg_now(j->clock),
	};
}

/* What is countersigned was received before: a time that says otherwise is of a clock that lies. */
static int check_order(const struct pdg_assessed *a, int64_t time, const char *rule,
		       const char *what, struct pdg_error *err)
{
	char proven[PDG_TIME_TEXT];
	char received[PDG_TIME_TEXT];

	if (time == 0 || a->received == 0 || time >= a->received - PDG_TIME_TOLERANCE)
		return 0;
	pdg_time_text(time, proven);
	pdg_time_text(a->received, received);
	return pdg_reject(err, rule, "the %s is of %s, before the statement was received, %s", what,
			  proven, received);
}

/*
 * When the countersignature existed, as neither the service nor whoever has the record says
 * (rules.md 1): an authority's timestamp, else the signed time of a Rekor v1; 0: nobody does.
 */
static int proven_time(struct pdg_judge *j, struct pdg_assessed *a,
		       const struct pdg_trusted_key *key, int64_t *out, struct pdg_error *err)
{
	const struct pdg_bundle *b = a->record->bundle;
	uint8_t digest[PDG_SHA256_LEN] = {0};
	struct pdg_entry_claim claim = claim_of(j, a, key, digest);
	int64_t at = 0;
	size_t i;
	int rc;

	*out = 0;
	if (!j->root)
		return 0;
	rc = pdg_bundle_time(b, j->root, claim.sig, claim.latest, &at, err);
	if (rc == 0)
		rc = check_order(a, at, "TSA-10", "timestamp", err);
	for (i = 0; rc == 0 && at == 0 && i < b->n_entries; i++) {
		struct pdg_entry_shown shown = {0};

		if (b->entries[i]->set.n == 0)
			continue;
		rc = pdg_sha256(pdg_buf_bytes(&b->envelope->pae), digest, err);
		if (rc == 0)
			rc = pdg_entry_judge(b->entries[i], j->root, &claim, &shown, err);
		if (rc == 0)
			rc = check_order(a, shown.time, "LOG-19", "log entry", err);
		at = shown.time;
	}
	if (rc == 0)
		*out = at;
	return rc;
}

/* Was the key good when the signature existed, as far as anybody shows when that was? */
static int check_key(struct pdg_judge *j, struct pdg_assessed *a, const struct pdg_trusted_key *key,
		     struct pdg_error *err)
{
	int64_t proven = 0;
	int rc = proven_time(j, a, key, &proven, err);

	if (rc < 0)
		return rc;
	return pdg_trusted_key_good_at(key, proven ? proven : a->at, proven != 0, err);
}

/* The service's own signature over the same payload, by a key good at that time. */
static int check_countersignature(struct pdg_judge *j, struct pdg_assessed *a,
				  const struct pdg_trusted_key **out, struct pdg_error *err)
{
	const struct pdg_key_list *keys = &j->policy->service_keys;
	size_t i, which;
	int rc;

	for (i = 0; i < keys->n; i++) {
		rc = pdg_envelope_verify(a->record->bundle->envelope, keys->v[i].key, &which, err);
		if (rc == PDG_E_REJECTED)
			continue;
		if (rc == 0)
			rc = check_key(j, a, &keys->v[i], err);
		if (rc < 0)
			return pdg_context(err, rc, "countersignature");
		*out = &keys->v[i];
		pdg_assess_note(a, "countersignature", true, keys->v[i].name);
		return 0;
	}
	rc = pdg_reject(err, "CHN-3",
			keys->n ? "not countersigned by a serviceKey of the policy"
				: "the policy names no serviceKey");
	pdg_fix(err, "submit it to the service, or name its key as serviceKey in [trust]");
	return rc;
}

/*
 * Every entry must match: one that does not is an error even if another does (formats.md 7.4). It
 * was made at some time after the statement was received, and before now.
 */
static int check_entries(struct pdg_judge *j, struct pdg_assessed *a,
			 const struct pdg_trusted_key *key, struct pdg_error *err)
{
	const struct pdg_bundle *b = a->record->bundle;
	uint8_t digest[PDG_SHA256_LEN] = {0};
	const struct pdg_entry_claim claim = claim_of(j, a, key, digest);
	size_t i;
	int rc = pdg_sha256(pdg_buf_bytes(&b->envelope->pae), digest, err);

	for (i = 0; rc == 0 && i < b->n_entries; i++) {
		struct pdg_entry_shown shown = {0};

		rc = pdg_entry_judge(b->entries[i], j->root, &claim, &shown, err);
		if (rc == 0)
			rc = check_order(a, shown.time, "LOG-19", "log entry", err);
		/* One with a time of its own was held against the log's window there. */
		if (rc == 0 && shown.time == 0)
			rc = pdg_root_log_good(shown.log, a->at, claim.latest, err);
		if (rc == 0) {
			a->logs[i] = shown.log;
			a->n_logs = i + 1;
			pdg_assess_note(a, "log proof", true, shown.log->host);
		}
	}
	return rc;
}

static int check_log(struct pdg_judge *j, struct pdg_assessed *a, const struct pdg_trusted_key *key,
		     struct pdg_error *err)
{
	int rc;

	if (j->root && a->record->bundle->n_entries > 0)
		return check_entries(j, a, key, err);
	a->unlogged = true;
	if (!j->policy->require.log)
		return 0;
	if (j->root)
		return pdg_reject(err, "LOG-10", "the bundle has no log entry");
	rc = pdg_reject(err, "TRT-2", "the policy names no trustedRoot, so no log can be believed");
	pdg_fix(err, "add trustedRoot to [trust], or log = false to [require]");
	return rc;
}

/* Countersigned and logged; or accepted by the journal's word, and pending. */
static int check_accepted(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	const struct pdg_trusted_key *service = NULL;
	int rc;

	a->step = PDG_STEP_COUNTERSIGNATURE;
	if (!a->record->logged) {
		a->pending = true;
		pdg_assess_note(a, "log proof", false, "accepted, but not logged yet");
		return 0;
	}
	rc = check_countersignature(j, a, &service, err);
	if (rc < 0)
		return rc;
	a->step = PDG_STEP_LOG;
	return check_log(j, a, service, err);
}

/* The leaf names the envelope too, with all the signatures of then; others may have joined. */
static int find_shown(struct pdg_assessed *a, struct pdg_error *err)
{
	if (!a->leaf || !a->record->envelope)
		return 0;
	return pdg_envelope_prefix(a->record->envelope, a->leaf->envelope, &a->shown, err);
}

/* Asked last: where a signature was tampered with, that it is wrong says more than that it is
 * another. */
static int check_same_envelope(const struct pdg_assessed *a, struct pdg_error *err)
{
	if (!a->leaf || !a->record->envelope || a->shown > 0)
		return 0;
	return pdg_reject(err, "CHN-5", "the journal leaf is about another envelope, %s",
			  a->leaf->envelope);
}

static int assess(struct pdg_judge *j, struct pdg_assessed *a, struct pdg_error *err)
{
	int rc;

	if (a->record->kind == PDG_RECORD_ENVELOPE) {
		rc = pdg_reject(err, "CHN-3",
				"an envelope alone does not show that the service took it");
		pdg_fix(err, "submit it, and fetch the record");
		return rc;
	}
	a->step = PDG_STEP_JOURNAL;
	rc = check_journal(j, a, err);
	if (rc == 0)
		rc = check_accepted(j, a, err);
	if (rc < 0)
		return rc;
	a->step = PDG_STEP_STAGE;
	rc = find_shown(a, err);
	if (rc == 0)
		rc = pdg_assess_stage(j, a, err);
	if (rc == 0)
		rc = check_same_envelope(a, err);
	if (rc == 0)
		a->step = PDG_STEP_DONE;
	return rc;
}

static bool is_refusal(int rc)
{
	return rc == PDG_E_REJECTED || rc == PDG_E_FORMAT || rc == PDG_E_LIMIT ||
	       rc == PDG_E_NOTFOUND;
}

/* What is refused belongs to the record; what is no judgement goes up. */
static int settle(struct pdg_assessed *a, int rc, const struct pdg_error *why,
		  struct pdg_error *err)
{
	static const char *const steps[] = {
		[PDG_STEP_NONE] = "countersignature",
		[PDG_STEP_JOURNAL] = "journal",
		[PDG_STEP_COUNTERSIGNATURE] = "countersignature",
		[PDG_STEP_LOG] = "log proof",
		[PDG_STEP_STAGE] = "producer",
		[PDG_STEP_DONE] = "producer",
	};

	if (rc < 0 && !is_refusal(rc)) {
		if (err)
			*err = *why;
		return rc;
	}
	if (rc < 0) {
		a->why = *why;
		pdg_assess_note(a, steps[a->step], false, why->text);
	}
	return a->lost ? pdg_nomem(err) : 0;
}

int pdg_assess(struct pdg_judge *j, const struct pdg_record *r, struct pdg_assessed **out,
	       struct pdg_error *err)
{
	PDG_AUTO(assessed) struct pdg_assessed *a = pdg_calloc(1, sizeof(*a));
	struct pdg_error why = {0};
	int rc;

	if (!a)
		return pdg_nomem(err);
	a->record = r;
	a->at = pdg_now(j->clock);
	rc = settle(a, assess(j, a, &why), &why, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(a);
	return 0;
}
