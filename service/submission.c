/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first step on a submission: outside bytes to an envelope and what came with it. Told apart by
 * their members alone, as rules.md 8 says: mediaType is a bundle, attestation a submission, else an
 * envelope.
 */
#include "service/submission.h"

#include "attest/bundle.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

static const char *const build_members[] = {"attestation", "commit", "source", NULL};
static const char *const source_members[] = {"attestation", "commit", NULL};

void pdg_submission_free(struct pdg_submission *s)
{
	if (!s)
		return;
	pdg_submission_free(s->source);
	pdg_envelope_free(s->envelope);
	pdg_buf_done(&s->commit);
	free(s->hint);
	free(s);
}

/* A bundle's envelope; its entries and key are the sender's word, and we make our own. */
static int read_bundle(const json_t *o, struct pdg_submission *s, struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	int rc;

	rc = pdg_bundle_read(o, &b, err);
	if (rc < 0)
		return rc;
	if (!b->envelope)
		return pdg_reject(err, "SUB-1",
				  "the bundle holds a message signature, no statement");
	s->envelope = PDG_TAKE(b->envelope);
	s->hint = PDG_TAKE(b->key_hint);
	return 0;
}

static int read_attestation(const json_t *o, struct pdg_submission *s, struct pdg_error *err)
{
	if (pdg_json_get(o, "mediaType"))
		return read_bundle(o, s, err);
	return pdg_envelope_read(o, &s->envelope, err);
}

/* {"attestation", "commit"} and, in the outermost one alone, "source". */
static int read_parts(const json_t *o, bool outer, struct pdg_submission *s, struct pdg_error *err)
{
	const json_t *part;
	int rc;

	rc = pdg_json_only(o, outer ? build_members : source_members, err);
	if (rc == 0)
		rc = pdg_json_obj(o, "attestation", &part, err);
	if (rc == 0)
		rc = read_attestation(part, s, err);
	if (rc < 0)
		return rc;
	if (pdg_json_get(o, "commit")) {
		s->has_commit = true;
		rc = pdg_json_base64(o, "commit", &s->commit, err);
	}
	return rc;
}

struct pdg_submission *pdg_submission_new(void)
{
	struct pdg_submission *s = pdg_calloc(1, sizeof(*s));

	if (s)
		pdg_buf_init(&s->commit, PDG_LIMIT_COMMIT);
	return s;
}

static int read_source(const json_t *o, struct pdg_submission *s, struct pdg_error *err)
{
	const json_t *part = NULL;
	int rc = pdg_json_opt_obj(o, "source", &part, err);

	if (rc < 0 || !part)
		return rc;
	s->source = pdg_submission_new();
	if (!s->source)
		return pdg_nomem(err);
	rc = read_parts(part, false, s->source, err);
	return rc < 0 ? pdg_context(err, rc, "source") : 0;
}

int pdg_submission_parse(struct pdg_bytes body, struct pdg_submission **out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *root = NULL;
	PDG_AUTO(submission) struct pdg_submission *s = NULL;
	int rc;

	rc = pdg_json_load(body, PDG_LIMIT_BODY, &root, err);
	if (rc < 0)
		return rc;
	s = pdg_submission_new();
	if (!s)
		return pdg_nomem(err);
	if (!pdg_json_get(root, "mediaType") && pdg_json_get(root, "attestation")) {
		rc = read_parts(root, true, s, err);
		if (rc == 0)
			rc = read_source(root, s, err);
	} else {
		rc = read_attestation(root, s, err);
	}
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(s);
	return 0;
}
