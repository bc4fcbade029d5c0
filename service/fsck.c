/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigreed --fsck: everything that is stored is checked as a stranger would, from the bytes. What
 * does not hold is told line by line; the first failure does not end it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attest/bundle.h"
#include "service/core_impl.h"
#include "service/countersign.h"
#include "service/fsck_impl.h"
#include "service/own_trust.h"
#include "service/record.h"
#include "stage/build.h"
#include "stage/build_oidc.h"
#include "stage/stage.h"
#include "tlog/embedded.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

#define SHOW_EVERY 256 /* attestations */
/* Ids behind the leaves that are asked for one by one: what stands there was put there. */
#define AHEAD_MAX 100000

struct check {
	struct pdg_core *core;
	struct pdg_in_force *force;
	void (*line)(void *ctx, const char *text);
	void (*progress)(void *ctx, uint64_t done, uint64_t all);
	void *ctx;
	uint64_t all, seen, logged, leaves, entries, bad;
	int64_t last;	    /* behind it there is no id */
	bool unread;	    /* there are rows that cannot be read */
	bool log_damaged;   /* what its trees were cannot be said */
	uint64_t joined;    /* envelopes with a signer who came after their first leaf */
	uint64_t tree_size; /* of the checkpoint that was compared last: many have one */
	struct pdg_hash32 tree_root;
	struct pdg_fsck_trees trees; /* of a log elsewhere */
};

static void tell(struct check *c, const char *what, const struct pdg_error *why)
{
	char text[PDG_STORED_REFERENCE + sizeof(why->text) + sizeof(why->rule) + 8];

	(void)snprintf(text, sizeof(text), "%s: %s [%s]", what, why->text,
		       why->rule[0] ? why->rule : "FSK-1");
	c->line(c->ctx, text);
	c->bad++;
}

static void show(const struct check *c)
{
	if (c->progress && c->seen % SHOW_EVERY == 0)
		c->progress(c->ctx, c->seen, c->all);
}

static int check_reference(const struct pdg_stored *a, struct pdg_error *err)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	char reference[PDG_REFERENCE_LEN];
	int rc = pdg_reference(pdg_buf_bytes(&a->payload), reference, err);

	if (rc < 0)
		return rc;
	if (!pdg_str_eq(reference, a->reference))
		return pdg_reject(err, "FSK-1", "the payload's hash is %s", reference);
	rc = pdg_envelope_parse(pdg_buf_bytes(&a->envelope), &e, err);
	if (rc < 0)
		return pdg_context(err, rc, "envelope");
	if (!pdg_str_eq(e->reference, a->reference))
		return pdg_reject(err, "FSK-1", "the envelope is about %s", e->reference);
	return 0;
}

static int check_form(const struct pdg_stored *a, struct pdg_error *err)
{
	return a->damaged ? pdg_reject(err, "FSK-1", "its row is not of its form") : 0;
}

static int check_signatures(struct check *c, const struct pdg_stored *a, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pae = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD + PDG_LIMIT_KIB(4));
	const struct pdg_key *key = pdg_in_force_service_key(c->force, a->service_key);
	int rc;

	if (!key)
		return pdg_reject(err, "FSK-1",
				  "countersigned by key %s, which nobody names any more",
				  a->service_key);
	pdg_pae(pdg_bytes_str(PDG_PAYLOAD_TYPE), pdg_buf_bytes(&a->payload), &pae);
	rc = pdg_buf_check(&pae, err);
	if (rc == 0)
		rc = pdg_key_verify(key, pdg_buf_bytes(&pae), pdg_buf_bytes(&a->countersig), err);
	if (rc < 0)
		return pdg_context(err, rc, "countersignature");
	if (!a->logged)
		return 0;
	rc = pdg_core_check_bundle(c->core, a, key, err);
	return rc < 0 ? pdg_context(err, rc, "bundle") : 0;
}

/* What the service wrote for a CI is its own statement: it signed it as the producer too. */
static int check_own(struct check *c, const struct pdg_stored *a, struct pdg_error *err)
{
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(build) struct pdg_build b = {0};
	size_t which;
	int rc;

	if (!pdg_str_eq(a->stage, pdg_stage(PDG_STAGE_BUILD)->name))
		return 0;
	rc = pdg_statement_parse(pdg_buf_bytes(&a->payload), &st, err);
	if (rc == 0)
		rc = pdg_build_read(st, &b, err);
	if (rc < 0 || !pdg_build_is_oidc(b.build_type))
		return rc;
	rc = pdg_envelope_parse(pdg_buf_bytes(&a->envelope), &e, err);
	if (rc == 0)
		rc = pdg_envelope_verify(e, pdg_in_force_service_key(c->force, a->service_key),
					 &which, err);
	return rc < 0 ? pdg_context(err, rc, "the service's own statement") : 0;
}

/* The record as it is answered: its leaf is accepted, about this statement and envelope, which may
 * have been joined since. */
static int check_journal(struct check *c, const struct pdg_stored *a, struct pdg_error *err)
{
	PDG_AUTO(journal_proof) struct pdg_journal_proof *p = NULL;
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *leaf = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	size_t shown = 0;
	int rc = pdg_journal_read(c->core->store, a->journal_index, &p, err);

	if (rc == 0)
		rc = pdg_journal_proof_verify(p, c->core->journal_key, err);
	if (rc == 0)
		rc = pdg_journal_leaf_parse(pdg_buf_bytes(&p->leaf), &leaf, err);
	if (rc == 0)
		rc = pdg_envelope_parse(pdg_buf_bytes(&a->envelope), &e, err);
	if (rc == 0)
		rc = pdg_envelope_prefix(e, leaf->envelope, &shown, err);
	if (rc < 0)
		return pdg_context(err, rc, "journal");
	if (!pdg_str_eq(leaf->decision, "accepted") || !pdg_str_eq(leaf->reference, a->reference) ||
	    shown == 0)
		return pdg_reject(err, "FSK-1", "journal leaf %" PRIu64 " is about something else",
				  a->journal_index);
	rc = pdg_fsck_row(a, leaf, err);
	if (rc < 0)
		return rc;
	if (shown == e->n_sigs)
		return pdg_fsck_grade(a, leaf, err);
	c->joined++;
	return 0;
}

/* Another service over the same store may have logged it since the row was read. */
static bool is_logged_now(struct check *c, const struct pdg_stored *a)
{
	PDG_AUTO(stored) struct pdg_stored *now = NULL;

	return c->core->store->ops->get(c->core->store, a->reference, &now, NULL) == 0 &&
	       now->logged;
}

/* What is neither logged nor waits for the log would wait for ever, and nobody would hear of it. */
static int check_waits(struct check *c, const struct pdg_stored *a, struct pdg_error *err)
{
	bool waits = false;
	int rc = c->core->store->ops->waits(c->core->store, a->id, &waits, err);

	if (rc < 0 || waits == !a->logged || (!waits && is_logged_now(c, a)))
		return rc;
	return pdg_reject(err, "FSK-1", "%s",
			  waits ? "it is logged, and waits for the log"
				: "it is not logged, and does not wait for the log");
}

/* A link names what is kept. */
static int check_links(struct check *c, const struct pdg_stored *a, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(json) json_t *root = NULL;
	const json_t *links;
	size_t i;
	int rc;

	/* The strict loader takes objects alone. */
	pdg_buf_puts(&text, "{\"links\":");
	pdg_buf_put(&text, pdg_buf_bytes(&a->links));
	pdg_buf_putc(&text, '}');
	rc = pdg_json_load(pdg_buf_bytes(&text), PDG_LIMIT_MIB(1), &root, err);
	if (rc == 0)
		rc = pdg_json_arr(root, "links", &links, err);
	for (i = 0; rc == 0 && i < pdg_json_len(links); i++) {
		PDG_AUTO(stored) struct pdg_stored *b = NULL;
		const char *reference = NULL;

		rc = pdg_json_str(pdg_json_at(links, i), "reference", &reference, err);
		if (rc == 0)
			rc = c->core->store->ops->get(c->core->store, reference, &b, err);
	}
	return rc < 0 ? pdg_context(err, rc, "links") : 0;
}

/* The tree that its proof leads to is one that the log had: it was never begun anew under it. */
static int check_tree(struct check *c, const struct pdg_stored *a, struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	const struct pdg_entry *e;
	int rc;

	if (!a->logged || c->log_damaged)
		return 0;
	rc = pdg_bundle_parse(pdg_buf_bytes(&a->bundle), &b, err);
	if (rc < 0 || b->n_entries != 1)
		return rc;
	e = b->entries[0];
	if (c->core->cfg->log != PDG_LOG_EMBEDDED) {
		rc = pdg_fsck_tree(&c->trees, e, err);
		return rc < 0 ? pdg_context(err, rc, "log") : 0;
	}
	if (e->proof_size == c->tree_size &&
	    memcmp(&e->proof_root, &c->tree_root, sizeof(c->tree_root)) == 0)
		return 0;
	rc = pdg_embedded_had(c->core->log, e->proof_size, &e->proof_root, err);
	if (rc < 0)
		return pdg_context(err, rc, "log");
	c->tree_size = e->proof_size;
	c->tree_root = e->proof_root;
	return 0;
}

static int check_one(void *ctx, const struct pdg_stored *a, struct pdg_error *err)
{
	struct check *c = ctx;
	struct pdg_error why = {0};
	int rc;

	c->seen++;
	show(c);
	c->logged += a->logged;
	rc = check_form(a, &why);
	if (rc == 0)
		rc = check_reference(a, &why);
	if (rc == 0)
		rc = check_signatures(c, a, &why);
	if (rc == 0)
		rc = check_own(c, a, &why);
	if (rc == 0)
		rc = check_journal(c, a, &why);
	if (rc == 0)
		rc = check_links(c, a, &why);
	if (rc == 0)
		rc = check_tree(c, a, &why);
	if (rc == 0)
		rc = check_waits(c, a, &why);
	if (rc == 0)
		rc = pdg_fsck_found(c->core->store, a, &why);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		tell(c, a->reference, &why);
	return 0;
}

static void rows_unread(void *ctx, int64_t first, int64_t last, const struct pdg_error *why)
{
	struct check *c = ctx;
	char what[64];

	if (first == last)
		(void)snprintf(what, sizeof(what), "row %" PRId64, first);
	else
		(void)snprintf(what, sizeof(what), "rows %" PRId64 " to %" PRId64, first, last);
	tell(c, what, why);
	c->unread = true;
}

static int check_rows(struct check *c, struct pdg_error *err)
{
	const struct pdg_store_walk walk = {
		.each = check_one,
		.unread = rows_unread,
		.ctx = c,
		.last = c->last,
	};

	return pdg_store_each(c->core->store, &walk, err);
}

static void leaf_fault(void *ctx, uint64_t index, const struct pdg_error *why)
{
	char what[48];

	(void)snprintf(what, sizeof(what), "journal leaf %" PRIu64, index);
	tell(ctx, what, why);
}

/* From the leaves to the rows, which have been looked at. */
static int check_leaves(struct check *c, struct pdg_error *err)
{
	struct pdg_fsck_leaves f = {.store = c->core->store, .fault = leaf_fault, .ctx = c};
	struct pdg_error why = {0};
	int rc = pdg_fsck_leaves(&f, c->leaves, err);

	if (rc < 0 || f.joined == c->joined || c->unread)
		return rc;
	(void)pdg_reject(&why, "FSK-1",
			 "%" PRIu64 " attestations have a signer who joined, leaves show %" PRIu64,
			 c->joined, f.joined);
	tell(c, "journal", &why);
	return 0;
}

/* What is logged from here on would be older than its log (RDY-8 by another clock), or by a log
 * that the policy does not trust. */
static void check_begun(struct check *c)
{
	struct pdg_error why = {0};

	if (pdg_own_trust_log(c->core->log_since, pdg_now(&c->core->clock) + PDG_TIME_TOLERANCE,
			      &why) < 0)
		tell(c, "log", &why);
	if (pdg_core_log_in_root(c->core, c->force, &why) < 0)
		tell(c, "log", &why);
}

/* The store says itself by which key its journal is: the policy must not say otherwise. */
static void check_journal_key(struct check *c)
{
	struct pdg_error why = {0};

	if (pdg_key_list_has(&c->force->policy->journal_keys, c->core->journal_key))
		return;
	(void)pdg_reject(&why, "FSK-1", "its key %s is no journalKey of the policy",
			 pdg_key_hint(c->core->journal_key));
	tell(c, "journal", &why);
}

/* The log by itself, then against what the store knows of it; without that nothing can be said of
 * the trees that bundles lead to. */
static int check_log(struct check *c, struct pdg_error *err)
{
	struct pdg_error why = {0};
	uint64_t size;
	int rc;

	if (c->core->cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = pdg_embedded_fsck(c->core->log, &c->entries, &why);
	c->log_damaged = rc < 0;
	if (rc == 0)
		rc = pdg_core_check_head(c->core, &size, &why);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		tell(c, "log", &why);
	return 0;
}

/*
 * A row has a leaf of its own, but its id may be ahead of that: none is given out twice, whoever
 * put a row between. @kept: the last id that a row has; UINT64_MAX: that cannot be read.
 */
static int find_last(struct check *c, uint64_t kept, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int64_t given = 0;
	uint64_t last;
	int rc = c->core->store->ops->last_id(c->core->store, &given, err);

	if (rc < 0)
		return rc;
	last = given > 0 ? (uint64_t)given : 0;
	if (kept != UINT64_MAX && kept > last)
		last = kept;
	if (last >= INT64_MAX - 1) {
		(void)pdg_reject(&why, "STO-5", "behind %" PRIu64 " there is none", last);
		tell(c, "the rows' ids", &why);
	}
	if (last < c->leaves)
		last = c->leaves;
	if (last - c->leaves > AHEAD_MAX)
		last = c->leaves + AHEAD_MAX;
	c->last = last > INT64_MAX ? INT64_MAX : (int64_t)last;
	return 0;
}

/* What there is to check. */
static int count_all(struct check *c, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	struct pdg_store *s = c->core->store;
	uint64_t pending;
	int rc = s->ops->journal_state(s, &c->leaves, &note, err);

	if (rc == 0)
		rc = pdg_core_count(c->core, &c->all, &pending, err);
	if (rc == 0)
		rc = find_last(c, c->all, err);
	if (c->all > c->leaves)
		c->all = c->leaves;
	return rc;
}

/* The log would be given nothing for it, ever; or it was, and its statement is gone. */
static int check_strays(struct check *c, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int64_t id = INT64_MIN;
	char what[48];
	int rc;

	while ((rc = c->core->store->ops->stray(c->core->store, id, &id, &why)) == 0) {
		(void)pdg_reject(&why, "FSK-1",
				 "it waits for the log or has a bundle, and no attestation has it");
		(void)snprintf(what, sizeof(what), "row %" PRId64, id);
		tell(c, what, &why);
	}
	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (pdg_str_eq(why.rule, "STO-5")) {
		tell(c, "what waits for the log", &why);
		return 0;
	}
	if (err)
		*err = why;
	return rc;
}

static int check_whole(struct check *c, struct pdg_fsck_counts *out, struct pdg_error *err)
{
	struct pdg_core *core = c->core;
	struct pdg_error why = {0};
	char log[40];
	char text[256];
	int rc;

	rc = pdg_fsck_files(core->cfg, c->line, c->ctx, err);
	if (rc == 0)
		rc = count_all(c, err);
	if (rc < 0)
		return rc;
	show(c);
	check_begun(c);
	check_journal_key(c);
	if (pdg_journal_fsck(core->store, core->journal_key, core->journal_origin, &why) < 0)
		tell(c, "journal", &why);
	rc = check_log(c, err);
	if (rc == 0)
		rc = check_rows(c, err);
	if (rc == 0)
		rc = check_leaves(c, err);
	if (rc == 0)
		rc = check_strays(c, err);
	if (rc < 0)
		return rc;
	(void)snprintf(log, sizeof(log), "%" PRIu64 " log entries", c->entries);
	(void)snprintf(text, sizeof(text),
		       "%" PRIu64 " attestations, %" PRIu64 " of them logged; %" PRIu64
		       " journal leaves; %s; %" PRIu64 " faults",
		       c->seen, c->logged, c->leaves,
		       core->cfg->log == PDG_LOG_EMBEDDED ? log : "the log is elsewhere", c->bad);
	if (c->progress)
		c->progress(c->ctx, c->seen, c->seen);
	c->line(c->ctx, text);
	*out = (struct pdg_fsck_counts){.attestations = c->seen,
					.logged = c->logged,
					.leaves = c->leaves,
					.entries = c->entries,
					.faults = c->bad};
	return 0;
}

int pdg_core_fsck(struct pdg_core *core, void (*line)(void *ctx, const char *text),
		  void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
		  struct pdg_fsck_counts *out, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *force = pdg_in_force_ref(core->policy);
	struct check c = {
		.core = core, .force = force, .line = line, .progress = progress, .ctx = ctx};
	struct pdg_fsck_counts counts = {0};
	int rc = check_whole(&c, &counts, err);

	if (rc == 0 && out)
		*out = counts;
	pdg_fsck_trees_done(&c.trees);
	if (rc < 0 || c.bad == 0)
		return rc;
	return pdg_reject(err, "FSK-1", "%" PRIu64 " things that are stored do not hold", c.bad);
}
