/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records, bare bundles and bare envelopes from outside bytes. In the order of trust: shape,
 * agreement of the parts with one another, statement. Nothing is verified here.
 */
#include "chain/record.h"

#include <string.h>

#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define RULE "REC-1"

static const char *const record_members[] = {"reference", "stage",  "state",  "received",
					     "envelope",  "bundle", "commit", "journal",
					     "links",	  NULL};
static const char *const envelope_members[] = {"payload", "payloadType", "signatures", NULL};
static const char *const signature_members[] = {"sig", "keyid", NULL};

void pdg_record_free(struct pdg_record *r)
{
	if (!r)
		return;
	pdg_envelope_free(r->envelope);
	pdg_bundle_free(r->bundle);
	pdg_buf_done(&r->commit);
	pdg_journal_proof_free(r->journal);
	pdg_statement_free(r->statement);
	free(r->where);
	free(r);
}

/* What the record says of itself, without its parts. *@out_stage: the stage's name as it is said.
 */
static int read_words(const json_t *o, struct pdg_record *r, const char **out_stage,
		      struct pdg_error *err)
{
	const char *reference, *state, *received;
	const json_t *links;
	int rc;

	rc = pdg_json_only(o, record_members, err);
	if (rc == 0)
		rc = pdg_json_str(o, "reference", &reference, err);
	if (rc == 0)
		rc = pdg_json_str(o, "stage", out_stage, err);
	if (rc == 0)
		rc = pdg_json_str(o, "state", &state, err);
	if (rc == 0)
		rc = pdg_json_str(o, "received", &received, err);
	if (rc == 0)
		rc = pdg_json_opt_arr(o, "links", &links, err);
	if (rc < 0)
		return rc;
	if (!pdg_is_reference(reference))
		return pdg_reject(err, RULE, "'%.100s' is no reference", reference);
	memcpy(r->reference, reference, strlen(reference) + 1);
	r->logged = pdg_str_eq(state, "logged");
	if (!r->logged && !pdg_str_eq(state, "pending-log"))
		return pdg_reject(err, RULE, "state is '%.100s', not logged or pending-log", state);
	rc = pdg_time_parse(pdg_bytes_str(received), &r->received, err);
	return rc < 0 ? pdg_context(err, rc, "received") : 0;
}

static int read_bundle(const json_t *o, struct pdg_record *r, struct pdg_error *err)
{
	int rc = pdg_bundle_read(o, &r->bundle, err);

	if (rc < 0)
		return rc;
	if (!r->bundle->envelope)
		return pdg_reject(err, RULE, "the bundle holds a message signature, no statement");
	return 0;
}

/* A record's own envelope is one that the service wrote: nothing in it is for others. */
static int check_envelope_members(const json_t *envelope, struct pdg_error *err)
{
	const json_t *list = NULL;
	size_t i;
	int rc = pdg_json_only(envelope, envelope_members, err);

	if (rc == 0)
		rc = pdg_json_opt_arr(envelope, "signatures", &list, err);
	for (i = 0; rc == 0 && i < pdg_json_len(list); i++)
		rc = pdg_json_only(pdg_json_at(list, i), signature_members, err);
	return rc < 0 ? pdg_context(err, pdg_under_rule(err, rc, RULE), "envelope") : 0;
}

static int read_parts(const json_t *o, const json_t *envelope, const json_t *bundle,
		      const json_t *journal, struct pdg_record *r, struct pdg_error *err)
{
	int rc = pdg_envelope_read(envelope, &r->envelope, err);

	if (rc == 0)
		rc = check_envelope_members(envelope, err);
	if (rc == 0 && bundle)
		rc = read_bundle(bundle, r, err);
	if (rc == 0 && journal)
		rc = pdg_journal_proof_read(journal, &r->journal, err);
	if (rc == 0 && pdg_json_get(o, "commit"))
		rc = pdg_context(
			err,
			pdg_under_rule(err, pdg_json_base64(o, "commit", &r->commit, err), RULE),
			"commit");
	return rc;
}

static int read_record(const json_t *o, struct pdg_record *r, const char **out_stage,
		       struct pdg_error *err)
{
	const json_t *envelope, *bundle = NULL, *journal = NULL;
	int rc = read_words(o, r, out_stage, err);

	if (rc == 0)
		rc = pdg_json_obj(o, "envelope", &envelope, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(o, "bundle", &bundle, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(o, "journal", &journal, err);
	if (rc < 0)
		return pdg_under_rule(err, rc, RULE);
	rc = read_parts(o, envelope, bundle, journal, r, err);
	if (rc < 0)
		return rc;
	if (r->logged != (r->bundle != NULL))
		return pdg_reject(err, RULE, "the state and the presence of a bundle disagree");
	return 0;
}

/* The one payload that all parts are about, and what it is. */
static int agree(struct pdg_record *r, const char *said_stage, struct pdg_error *err)
{
	const struct pdg_envelope *inner = r->bundle ? r->bundle->envelope : NULL;
	const struct pdg_envelope *e = r->envelope ? r->envelope : inner;
	int rc;

	if (r->reference[0] && !pdg_str_eq(r->reference, e->reference))
		return pdg_reject(err, RULE, "the record says reference %s, its payload is %s",
				  r->reference, e->reference);
	if (r->envelope && inner && !pdg_str_eq(r->envelope->reference, inner->reference))
		return pdg_reject(err, RULE, "envelope and bundle hold different payloads");
	memcpy(r->reference, e->reference, sizeof(r->reference));
	rc = pdg_statement_parse(pdg_buf_bytes(&e->payload), &r->statement, err);
	if (rc < 0)
		return rc;
	/* A statement of no stage of ours is no error: it is simply not part of a chain. */
	if (pdg_stage_of(r->statement, &r->stage, NULL) < 0)
		r->stage = NULL;
	if (said_stage && r->stage && !pdg_str_eq(said_stage, r->stage->name))
		return pdg_reject(err, RULE, "the record says stage '%.100s', its statement is %s",
				  said_stage, r->stage->name);
	if (r->commit.n && (!r->stage || r->stage->id != PDG_STAGE_SOURCE))
		return pdg_reject(err, RULE, "a commit with a statement that is no source");
	return 0;
}

static int read_any(const json_t *root, struct pdg_record *r, struct pdg_error *err)
{
	const char *stage = NULL;
	int rc;

	if (pdg_json_get(root, "mediaType")) {
		r->kind = PDG_RECORD_BUNDLE;
		r->logged = true;
		rc = read_bundle(root, r, err);
	} else if (pdg_json_get(root, "payload")) {
		r->kind = PDG_RECORD_ENVELOPE;
		rc = pdg_envelope_read(root, &r->envelope, err);
	} else {
		rc = read_record(root, r, &stage, err);
	}
	return rc < 0 ? rc : agree(r, stage, err);
}

int pdg_record_parse(struct pdg_bytes in, const char *where, struct pdg_record **out,
		     struct pdg_error *err)
{
	PDG_AUTO(json) json_t *root = NULL;
	PDG_AUTO(record) struct pdg_record *r = NULL;
	int rc;

	rc = pdg_json_load(in, PDG_LIMIT_RECORD, &root, err);
	if (rc < 0)
		return pdg_context(err, rc, "record");
	r = pdg_calloc(1, sizeof(*r));
	if (!r)
		return pdg_nomem(err);
	pdg_buf_init(&r->commit, PDG_LIMIT_COMMIT);
	r->size = in.n;
	if (where) {
		r->where = pdg_str_dup(where);
		if (!r->where)
			return pdg_nomem(err);
	}
	rc = read_any(root, r, err);
	if (rc < 0)
		return pdg_context(err, rc, "record");
	*out = PDG_TAKE(r);
	return 0;
}

int pdg_record_write(const struct pdg_record_write *r, struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_jw w;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "reference", r->reference);
	pdg_jw_kstr(&w, "stage", r->stage);
	pdg_jw_kstr(&w, "state", r->logged ? "logged" : "pending-log");
	pdg_jw_key(&w, "received");
	pdg_jw_time(&w, r->received);
	pdg_jw_key(&w, "envelope");
	pdg_jw_raw(&w, r->envelope);
	pdg_jw_key(&w, "bundle");
	if (r->bundle.n)
		pdg_jw_raw(&w, r->bundle);
	else
		pdg_jw_null(&w);
	if (r->commit.n) {
		pdg_jw_key(&w, "commit");
		pdg_jw_base64(&w, r->commit);
	}
	pdg_jw_key(&w, "journal");
	if (r->journal)
		pdg_journal_proof_write(r->journal, &w);
	else
		pdg_jw_null(&w);
	pdg_jw_key(&w, "links");
	pdg_jw_raw(&w, r->links.n ? r->links : pdg_bytes_str("[]"));
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}
