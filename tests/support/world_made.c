/* SPDX-License-Identifier: Apache-2.0 */
/* Records as a service makes them: statement, envelope, countersignature, log entry, journal leaf.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "support/check.h"
#include "support/world_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define JOURNAL "journal.example.com"

/* --- the journal's tiles --- */

struct pdg_world_tile {
	struct pdg_world_tile *next;
	unsigned level;
	uint64_t n;
	struct pdg_buf hashes;
};

void world_tiles_free(struct pdg_world_tile *t)
{
	while (t) {
		struct pdg_world_tile *next = t->next;

		pdg_buf_done(&t->hashes);
		free(t);
		t = next;
	}
}

static struct pdg_world_tile *find_tile(struct pdg_world *w, unsigned level, uint64_t n)
{
	struct pdg_world_tile *t = w->tiles;

	while (t && (t->level != level || t->n != n))
		t = t->next;
	return t;
}

static int read_tile(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		     struct pdg_error *err)
{
	struct pdg_world_tile *t = find_tile(ctx, level, n);

	if (!t || t->hashes.n < (size_t)width * PDG_HASH_LEN)
		return pdg_fail(err, PDG_E_NOTFOUND, "no such tile");
	pdg_buf_put(out, pdg_bytes(t->hashes.p, (size_t)width * PDG_HASH_LEN));
	return pdg_buf_check(out, err);
}

static int write_tile(void *ctx, unsigned level, uint64_t n, struct pdg_bytes hashes,
		      struct pdg_error *err)
{
	struct pdg_world *w = ctx;
	struct pdg_world_tile *t = find_tile(w, level, n);

	if (!t) {
		t = pdg_calloc(1, sizeof(*t));
		if (!t)
			return pdg_nomem(err);
		pdg_buf_init(&t->hashes, (size_t)PDG_TILE_WIDTH * PDG_HASH_LEN);
		t->level = level;
		t->n = n;
		t->next = w->tiles;
		w->tiles = t;
	}
	pdg_buf_reset(&t->hashes);
	pdg_buf_put(&t->hashes, hashes);
	return pdg_buf_check(&t->hashes, err);
}

/* --- the journal --- */

static void write_leaf(const struct pdg_world *w, const struct pdg_make *m,
		       const struct pdg_made *made, struct pdg_buf *out)
{
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *leaf = pdg_calloc(1, sizeof(*leaf));
	char envelope[PDG_REFERENCE_LEN];
	struct pdg_error err = {0};

	world_must(pdg_reference(pdg_buf_bytes(&made->envelope), envelope, &err), &err, "envelope");
	leaf->decision = pdg_str_dup(m->rule ? "refused" : "accepted");
	leaf->reference = pdg_str_dup(made->reference);
	leaf->envelope = pdg_str_dup(envelope);
	leaf->producer = pdg_str_dup("somebody");
	leaf->stage = pdg_str_dup(made->stage);
	leaf->policy_digest = pdg_str_dup(w->policy->digest);
	leaf->policy_version = 1;
	leaf->received = made->received;
	leaf->rule = pdg_str_dup(m->rule);
	if (m->link) {
		leaf->links = pdg_calloc(1, sizeof(*leaf->links));
		leaf->links[0].stage = pdg_str_dup("source");
		leaf->links[0].reference = pdg_str_dup(m->link);
		leaf->n_links = 1;
	}
	world_must(pdg_journal_leaf_write(leaf, out, &err), &err, "leaf");
}

/* One leaf more, with its proof in the tree that it makes. */
static void make_journal(struct pdg_world *w, const struct pdg_make *m, struct pdg_made *made)
{
	const struct pdg_tile_store store = {.read = read_tile, .write = write_tile, .ctx = w};
	struct pdg_journal_proof *p = pdg_calloc(1, sizeof(*p));
	struct pdg_hash32 leaf;
	struct pdg_hash32 root;
	struct pdg_error err = {0};

	made->journal = p;
	pdg_buf_init(&p->leaf, PDG_LIMIT_LOG_ENTRY);
	pdg_buf_init(&p->checkpoint, PDG_LIMIT_CHECKPOINT);
	write_leaf(w, m, made, &p->leaf);
	world_must(pdg_merkle_leaf(pdg_buf_bytes(&p->leaf), &leaf, &err), &err, "leaf");
	world_must(pdg_tree_append(&store, w->leaves, &leaf, 1, &root, &err), &err, "journal");
	p->index = w->leaves++;
	p->size = w->leaves;
	world_must(pdg_tree_inclusion(&store, p->index, p->size, &p->proof, &err), &err, "journal");
	world_must(pdg_checkpoint_sign(JOURNAL, p->size, &root,
				       m->journal ? m->journal : w->key[WORLD_JOURNAL],
				       &p->checkpoint, &err),
		   &err, "journal");
}

/* --- envelope, countersignature, log --- */

static void make_envelope(const struct pdg_make *m, const struct pdg_key *producer,
			  struct pdg_made *made)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	struct pdg_error err = {0};

	world_must(pdg_envelope_sign(pdg_buf_bytes(&made->payload),
				     m->producer ? m->producer : producer, &e, &err),
		   &err, "envelope");
	if (m->second) {
		world_must(pdg_key_sign(m->second, pdg_buf_bytes(&e->pae), &sig, &err), &err,
			   "envelope");
		world_must(pdg_envelope_add(e, pdg_key_hint(m->second), pdg_buf_bytes(&sig), &err),
			   &err, "envelope");
	}
	world_must(pdg_envelope_write(e, &made->envelope, &err), &err, "envelope");
	memcpy(made->reference, e->reference, sizeof(made->reference));
}

static void make_bundle(struct pdg_world *w, const struct pdg_make *m, struct pdg_made *made)
{
	const struct pdg_key *key = m->service ? m->service : w->key[WORLD_SERVICE];
	struct pdg_log *log = m->log ? m->log : w->log;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(entry) struct pdg_entry *entry = NULL;
	struct pdg_log_item item = {.key = key};
	struct pdg_error err = {0};

	world_must(pdg_envelope_sign(pdg_buf_bytes(&made->payload), key, &e, &err), &err, "bundle");
	item.sig = pdg_buf_bytes(&e->sigs[0].sig);
	world_must(pdg_sha256(pdg_buf_bytes(&e->pae), item.digest, &err), &err, "bundle");
	if (!m->unlogged) {
		world_must(log->ops->add(log, &item, 1, &err), &err, "log");
		world_must(item.rc, &item.err, "log");
		entry = item.entry;
	}
	world_must(pdg_bundle_write(
			   &(struct pdg_bundle_parts){.key = key,
						      .entry = entry,
						      .payload = pdg_buf_bytes(&made->payload),
						      .sig = item.sig},
			   &made->bundle, &err),
		   &err, "bundle");
}

static void made_init(struct pdg_made *out, const char *stage, int64_t received)
{
	*out = (struct pdg_made){.stage = stage, .received = received};
	pdg_buf_init(&out->payload, PDG_LIMIT_PAYLOAD);
	pdg_buf_init(&out->envelope, PDG_LIMIT_ENVELOPE);
	pdg_buf_init(&out->bundle, PDG_LIMIT_BUNDLE);
	pdg_buf_init(&out->commit, PDG_LIMIT_COMMIT);
	pdg_buf_init(&out->links, PDG_LIMIT_KIB(4));
}

/* From the payload to the rest. */
static void finish(struct pdg_world *w, const struct pdg_make *m, const struct pdg_key *producer,
		   struct pdg_made *out)
{
	make_envelope(m, producer, out);
	out->logged = !m->pending;
	if (out->logged)
		make_bundle(w, m, out);
	make_journal(w, m, out);
	if (m->link)
		pdg_buf_printf(&out->links, "[{\"stage\":\"source\",\"reference\":\"%s\"}]",
			       m->link);
}

/* --- statements --- */

static void read_commit(const struct pdg_make *m, struct pdg_buf *out)
{
	PDG_AUTO(mem)
	char *path = pdg_str_printf("%s/commits/%s", PDG_TEST_DATA,
				    m->commit ? m->commit : "ssh-good.raw");

	pdg_test_read(path, out);
}

/* The verdict that a statement is made from: the judge's, or a lie about a commit that is not good.
 */
static void find_verdict(struct pdg_world *w, const char *uri, struct pdg_bytes raw, bool sha256,
			 int64_t at, struct pdg_verdict *v)
{
	const struct pdg_signers *signers = NULL;
	struct pdg_error err = {0};

	world_must(
		pdg_judge_signers(w->judge, pdg_policy_repository(w->policy, uri), &signers, &err),
		&err, "signers");
	world_must(pdg_judge_commit(signers, raw, sha256, at, v, &err), &err, "commit");
	v->result = PDG_RESULT_GOOD;
}

/* Is it an object of a repository with SHA-256 names? */
static bool is_sha256(struct pdg_bytes raw)
{
	return pdg_bytes_find_byte(raw, '\n', 0) > strlen("tree ") + 40;
}

static void make_source(struct pdg_world *w, const struct pdg_make *m, struct pdg_made *out)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	const char *uri = m->uri ? m->uri : WORLD_URI;
	struct pdg_source_make s = {
		.uri = uri,
		.raw = pdg_buf_bytes(&out->commit),
		.ref = m->ref ? (m->ref[0] ? m->ref : NULL) : WORLD_REF,
		.late = m->late,
		.verdict = &v,
	};
	char sha256[PDG_OID_HEX];
	struct pdg_error err = {0};

	pdg_verdict_init(&v);
	/* Sections that the policy lacks have the keys of the usual one. */
	find_verdict(w, pdg_policy_repository(w->policy, uri) ? uri : WORLD_URI, s.raw,
		     is_sha256(s.raw), out->received, &v);
	world_must(pdg_source_make(&s, &out->payload, &err), &err, "source");
	if (m->source_sha256) {
		world_must(pdg_commit_sha256(s.raw, sha256, &err), &err, "source");
		pdg_test_replace(&out->payload, NULL, sha256, m->source_sha256);
	}
}

void pdg_world_source(struct pdg_world *w, const struct pdg_make *m, struct pdg_made *out)
{
	made_init(out, m->payload ? m->stage : "source",
		  m->received ? m->received : WORLD_SOURCE_AT);
	read_commit(m, &out->commit);
	if (m->payload)
		pdg_buf_puts(&out->payload, m->payload);
	else
		make_source(w, m, out);
	finish(w, m, w->key[WORLD_SERVER], out);
}

static void make_build(const struct pdg_make *m, struct pdg_made *out)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_build_artifact artifact = {
		.name = "app.tar",
		.sha256 = m->artifact ? m->artifact : WORLD_ARTIFACT,
	};
	struct pdg_build_make b = {
		.builder_id = m->builder ? m->builder : WORLD_BUILDER,
		.source_uri = m->uri ? m->uri : WORLD_URI,
		.source_ref = m->ref,
		.source_sha256 = m->source_sha256,
		.invocation_id = m->invocation,
		.finished = m->finished,
		.artifacts = &artifact,
		.n_artifacts = 1,
	};
	char name[PDG_OID_HEX];
	struct pdg_error err = {0};

	read_commit(m, &raw);
	world_must(pdg_object_name("commit", pdg_buf_bytes(&raw), is_sha256(pdg_buf_bytes(&raw)),
				   name, &err),
		   &err, "commit");
	b.source_commit = name;
	world_must(pdg_build_make(&b, &out->payload, &err), &err, "build");
}

void pdg_world_build(struct pdg_world *w, const struct pdg_make *m, struct pdg_made *out)
{
	bool nightly = m->builder && pdg_str_eq(m->builder, WORLD_NIGHTLY);

	made_init(out, m->payload ? m->stage : "build", m->received ? m->received : WORLD_BUILD_AT);
	if (m->payload)
		pdg_buf_puts(&out->payload, m->payload);
	else
		make_build(m, out);
	finish(w, m, w->key[nightly ? WORLD_NIGHTLY_KEY : WORLD_BUILDER_KEY], out);
}

void pdg_made_done(struct pdg_made *m)
{
	pdg_buf_done(&m->payload);
	pdg_buf_done(&m->envelope);
	pdg_buf_done(&m->bundle);
	pdg_buf_done(&m->commit);
	pdg_buf_done(&m->links);
	pdg_journal_proof_free(m->journal);
	*m = (struct pdg_made){.stage = NULL};
}

void pdg_made_record(const struct pdg_made *m, struct pdg_buf *out)
{
	struct pdg_record_write r = {
		.reference = m->reference,
		.stage = m->stage,
		.logged = m->logged,
		.received = m->received,
		.envelope = pdg_buf_bytes(&m->envelope),
		.bundle = m->logged ? pdg_buf_bytes(&m->bundle) : pdg_bytes(NULL, 0),
		.commit = pdg_buf_bytes(&m->commit),
		.journal = m->journal,
		.links = pdg_buf_bytes(&m->links),
	};
	struct pdg_error err = {0};

	world_must(pdg_record_write(&r, out, &err), &err, "record");
}
