/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Journal leaves and their proofs (docs/FORMATS.md, section Journal). A leaf has one spelling:
 * what is read is written again and compared, so that no two leaves say the same and no
 * leaf says more than is read out of it.
 */
#include "tlog/journal.h"

#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define RULE	"JNL-1"
#define VERSION 1

static const char *const leaf_members[] = {
	"decision", "envelope",	 "grade", "links", "policy", "producer", "producerKey",
	"received", "reference", "rule",  "stage", "v",	     NULL,
};

void pdg_journal_leaf_free(struct pdg_journal_leaf *leaf)
{
	size_t i;

	if (!leaf)
		return;
	free(leaf->decision);
	free(leaf->reference);
	free(leaf->envelope);
	free(leaf->producer);
	free(leaf->producer_key);
	free(leaf->stage);
	free(leaf->grade);
	for (i = 0; i < leaf->n_links; i++) {
		free(leaf->links[i].stage);
		free(leaf->links[i].reference);
	}
	free(leaf->links);
	free(leaf->policy_digest);
	free(leaf->rule);
	free(leaf);
}

static bool is_digest(const char *s)
{
	struct pdg_bytes b = pdg_bytes_str(s);

	return pdg_bytes_starts(b, "sha256:") && pdg_is_hex(pdg_bytes_from(b, 7), 64);
}

static bool is_text(const char *s)
{
	return s && *s && pdg_bytes_utf8(pdg_bytes_str(s));
}

static bool is_text_or_absent(const char *s)
{
	return !s || is_text(s);
}

/* What is wrong with the leaf, or NULL. The same rules for writing and for reading. */
static const char *fault(const struct pdg_journal_leaf *l)
{
	bool accepted = pdg_str_eq(l->decision, "accepted");
	size_t i;

	if (!accepted && !pdg_str_eq(l->decision, "refused"))
		return "decision is neither accepted nor refused";
	if (accepted == (l->rule != NULL) || !is_text_or_absent(l->rule))
		return "rule is there when a decision refuses, and only then";
	if (!is_digest(l->reference) || !is_digest(l->envelope) || !is_digest(l->policy_digest))
		return "reference, envelope and policy digest are sha256: and 64 hex digits";
	if (!is_text(l->producer) || !is_text_or_absent(l->producer_key))
		return "producer is missing or not UTF-8";
	if ((accepted && !l->stage) || !is_text_or_absent(l->stage))
		return "stage is missing or not UTF-8";
	if (!is_text_or_absent(l->grade) || (l->grade && !pdg_str_eq(l->stage, "source")))
		return "grade is for sources only";
	if (l->received < 0)
		return "received is before 1970";
	if (l->policy_version > INT64_MAX)
		return "the policy's version is out of range";
	if (l->n_links > PDG_LIMIT_LINKS)
		return "more links than stages can have";
	for (i = 0; i < l->n_links; i++) {
		if (!is_text(l->links[i].stage) || !is_digest(l->links[i].reference))
			return "a link is not a stage and a reference";
	}
	return NULL;
}

static void write_optional(struct pdg_jw *w, const char *name, const char *value)
{
	if (value)
		pdg_jw_kstr(w, name, value);
}

/* Members in code-point order: canonical by construction. */
static void write_leaf(const struct pdg_journal_leaf *l, struct pdg_jw *w)
{
	size_t i;

	pdg_jw_obj(w);
	pdg_jw_kstr(w, "decision", l->decision);
	pdg_jw_kstr(w, "envelope", l->envelope);
	write_optional(w, "grade", l->grade);
	pdg_jw_key(w, "links");
	pdg_jw_arr(w);
	for (i = 0; i < l->n_links; i++) {
		pdg_jw_obj(w);
		pdg_jw_kstr(w, "reference", l->links[i].reference);
		pdg_jw_kstr(w, "stage", l->links[i].stage);
		pdg_jw_end(w);
	}
	pdg_jw_end(w);
	pdg_jw_key(w, "policy");
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "digest", l->policy_digest);
	pdg_jw_ku64(w, "version", l->policy_version);
	pdg_jw_end(w);
	pdg_jw_kstr(w, "producer", l->producer);
	write_optional(w, "producerKey", l->producer_key);
	pdg_jw_key(w, "received");
	pdg_jw_time(w, l->received);
	pdg_jw_kstr(w, "reference", l->reference);
	write_optional(w, "rule", l->rule);
	write_optional(w, "stage", l->stage);
	pdg_jw_ku64(w, "v", VERSION);
	pdg_jw_end(w);
}

int pdg_journal_leaf_write(const struct pdg_journal_leaf *leaf, struct pdg_buf *out,
			   struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	const char *why = fault(leaf);
	struct pdg_jw w;
	int rc;

	if (why)
		return pdg_fail(err, PDG_E_USAGE, "journal leaf: %s", why);
	pdg_jw_init(&w, &text);
	write_leaf(leaf, &w);
	rc = pdg_buf_check(&text, err);
	if (rc < 0)
		return pdg_context(err, pdg_under_rule(err, rc, "LOG-15"), "journal leaf");
	pdg_buf_put(out, pdg_buf_bytes(&text));
	return pdg_buf_check(out, err);
}

static int read_text(const json_t *o, const char *name, bool required, char **out,
		     struct pdg_error *err)
{
	const char *s = NULL;
	int rc = required ? pdg_json_str(o, name, &s, err) : pdg_json_opt_str(o, name, &s, err);

	if (rc < 0 || !s)
		return rc;
	*out = pdg_str_dup(s);
	return *out ? 0 : pdg_nomem(err);
}

static int read_links(const json_t *doc, struct pdg_journal_leaf *l, struct pdg_error *err)
{
	static const char *const members[] = {"reference", "stage", NULL};
	const json_t *links;
	size_t i;
	int rc = pdg_json_arr(doc, "links", &links, err);

	if (rc < 0)
		return rc;
	if (pdg_json_len(links) > PDG_LIMIT_LINKS)
		return pdg_reject(err, RULE, "more links than stages can have");
	l->links = pdg_calloc(pdg_json_len(links) + 1, sizeof(*l->links));
	if (!l->links)
		return pdg_nomem(err);
	for (i = 0; i < pdg_json_len(links); i++) {
		const json_t *link = pdg_json_at(links, i);

		l->n_links = i + 1;
		rc = pdg_json_only(link, members, err);
		if (rc == 0)
			rc = read_text(link, "reference", true, &l->links[i].reference, err);
		if (rc == 0)
			rc = read_text(link, "stage", true, &l->links[i].stage, err);
		if (rc < 0)
			return pdg_context(err, rc, "links[%zu]", i);
	}
	return 0;
}

static int read_policy(const json_t *doc, struct pdg_journal_leaf *l, struct pdg_error *err)
{
	static const char *const members[] = {"digest", "version", NULL};
	const json_t *policy;
	int rc = pdg_json_obj(doc, "policy", &policy, err);

	if (rc == 0)
		rc = pdg_json_only(policy, members, err);
	if (rc == 0)
		rc = read_text(policy, "digest", true, &l->policy_digest, err);
	if (rc == 0)
		rc = pdg_json_u64(policy, "version", &l->policy_version, err);
	return rc;
}

static int read_received(const json_t *doc, struct pdg_journal_leaf *l, struct pdg_error *err)
{
	const char *text;
	int rc = pdg_json_str(doc, "received", &text, err);

	return rc < 0 ? rc : pdg_time_parse(pdg_bytes_str(text), &l->received, err);
}

static int read_leaf(const json_t *doc, struct pdg_journal_leaf *l, struct pdg_error *err)
{
	uint64_t version;
	int rc;

	rc = pdg_json_only(doc, leaf_members, err);
	if (rc == 0)
		rc = pdg_json_u64(doc, "v", &version, err);
	if (rc == 0 && version != VERSION)
		rc = pdg_reject(err, RULE, "version is not %d", VERSION);
	if (rc == 0)
		rc = read_text(doc, "decision", true, &l->decision, err);
	if (rc == 0)
		rc = read_text(doc, "reference", true, &l->reference, err);
	if (rc == 0)
		rc = read_text(doc, "envelope", true, &l->envelope, err);
	if (rc == 0)
		rc = read_text(doc, "producer", true, &l->producer, err);
	if (rc == 0)
		rc = read_text(doc, "producerKey", false, &l->producer_key, err);
	if (rc == 0)
		rc = read_text(doc, "stage", false, &l->stage, err);
	if (rc == 0)
		rc = read_text(doc, "grade", false, &l->grade, err);
	if (rc == 0)
		rc = read_text(doc, "rule", false, &l->rule, err);
	if (rc == 0)
		rc = read_received(doc, l, err);
	if (rc == 0)
		rc = read_policy(doc, l, err);
	if (rc == 0)
		rc = read_links(doc, l, err);
	return rc;
}

/* Written again, the leaf must be the bytes that it was read from. */
static int check_canonical(const struct pdg_journal_leaf *l, struct pdg_bytes in,
			   struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	const char *why = fault(l);
	int rc;

	if (why)
		return pdg_reject(err, RULE, "%s", why);
	rc = pdg_journal_leaf_write(l, &again, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(in, pdg_buf_bytes(&again)))
		return pdg_reject(err, RULE, "not in its canonical form");
	return 0;
}

int pdg_journal_leaf_parse(struct pdg_bytes in, struct pdg_journal_leaf **out,
			   struct pdg_error *err)
{
	PDG_AUTO(json) json_t *doc = NULL;
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *l = NULL;
	int rc;

	rc = pdg_json_load(in, PDG_LIMIT_LOG_ENTRY, &doc, err);
	if (rc < 0)
		return pdg_context(err, pdg_under_rule(err, rc, RULE), "journal leaf");
	l = pdg_calloc(1, sizeof(*l));
	if (!l)
		return pdg_nomem(err);
	rc = read_leaf(doc, l, err);
	if (rc == 0)
		rc = check_canonical(l, in, err);
	if (rc < 0)
		return pdg_context(err, pdg_under_rule(err, rc, RULE), "journal leaf");
	*out = PDG_TAKE(l);
	return 0;
}
