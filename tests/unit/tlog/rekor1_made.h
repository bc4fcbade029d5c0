/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Rekor v1 of our own: a log key, a tree of seven entries of which one is ours, and that entry
 * with everything a log says of it, as parts to be spoilt and as protobuf.
 */
#ifndef PDG_TESTS_UNIT_TLOG_REKOR1_MADE_H
#define PDG_TESTS_UNIT_TLOG_REKOR1_MADE_H

#include "support/check.h"
#include "tlog/note.h"
#include "tlog/rekor_v1.h"
#include "unit/tlog/keys.h"
#include "unit/tlog/naive.h"
#include "util/limits.h"
#include "util/str.h"

#define REKOR1_HOST   "rekor.example"
#define REKOR1_ORIGIN REKOR1_HOST " - 2605736670972794746"
#define REKOR1_TIME   1681496844
#define REKOR1_INDEX  17974796 /* over all trees */
#define REKOR1_LEAF   4	       /* in its own */
#define REKOR1_SIZE   7

struct rekor1 {
	struct pdg_key *log;
	struct pdg_key *signer;
	struct pdg_root *root;
	uint8_t digest[32];
	struct pdg_buf sig;
	struct pdg_rekor1_claim claim;
	struct pdg_buf body; /* of the claim */
	struct pdg_hash32 tree;
	struct pdg_proof proof;
	struct pdg_buf set;
	struct pdg_buf note;
};

/* The log's signature over what it says of an entry. */
static inline void rekor1_set(const struct pdg_key *log, const struct pdg_root *root,
			      struct pdg_bytes body, int64_t time, uint64_t index,
			      struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(65536);
	char id[65];

	pdg_hex(pdg_bytes(root->logs[0].log_id, 32), id);
	pdg_buf_puts(&msg, "{\"body\":\"");
	pdg_base64(body, &msg);
	pdg_buf_printf(&msg, "\",\"integratedTime\":%lld,\"logID\":\"%s\",\"logIndex\":%llu}",
		       (long long)time, id, (unsigned long long)index);
	naive_must(pdg_key_sign(log, pdg_buf_bytes(&msg), out, NULL));
}

/* A checkpoint as Rekor v1 signs it: the name of the line is the origin without the tree. */
static inline void rekor1_note(const struct pdg_key *key, const char *origin, const char *name,
			       uint64_t size, const struct pdg_hash32 *root, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(1024);

	pdg_buf_printf(out, "%s\n%llu\n", origin, (unsigned long long)size);
	pdg_base64(pdg_bytes(root->b, PDG_HASH_LEN), out);
	pdg_buf_puts(out, "\n");
	pdg_buf_put(&sig, pdg_bytes(pdg_key_spki_sha256(key), 4));
	naive_must(pdg_key_sign(key, pdg_buf_bytes(out), &sig, NULL));
	pdg_buf_printf(out, "\n\xe2\x80\x94 %s ", name);
	pdg_base64(pdg_buf_bytes(&sig), out);
	pdg_buf_puts(out, "\n");
}

static inline struct pdg_root *rekor1_root(const struct pdg_key *log, int64_t from)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(8192);
	struct pdg_root *root = NULL;

	naive_must(pdg_root_write(&(struct pdg_root_make){.base_url = "https://" REKOR1_HOST,
							  .key = log,
							  .log_id = pdg_key_spki_sha256(log),
							  .valid_from = from},
				  &text, NULL));
	naive_must(pdg_root_parse(pdg_buf_bytes(&text), &root, NULL));
	return root;
}

static inline void rekor1_init(struct rekor1 *r)
{
	struct pdg_hash32 leaf[REKOR1_SIZE];
	size_t i;

	*r = (struct rekor1){.log = key_new(PDG_KEY_ECDSA_P256),
			     .signer = key_new(PDG_KEY_ECDSA_P256)};
	pdg_buf_init(&r->sig, 1024);
	pdg_buf_init(&r->body, 65536);
	pdg_buf_init(&r->set, 1024);
	pdg_buf_init(&r->note, 4096);
	r->root = rekor1_root(r->log, REKOR1_TIME - 1000);
	memset(r->digest, 0x5a, sizeof(r->digest));
	naive_must(pdg_key_sign(r->signer, pdg_bytes_str("x"), &r->sig, NULL));
	r->claim = (struct pdg_rekor1_claim){.hash = PDG_SHA256,
					     .digest = pdg_bytes(r->digest, sizeof(r->digest)),
					     .sig = pdg_buf_bytes(&r->sig),
					     .der = pdg_key_spki(r->signer)};
	naive_must(pdg_rekor1_body(&r->claim, &r->body, NULL));
	memset(leaf, 0x77, sizeof(leaf));
	for (i = 0; i < REKOR1_SIZE; i++)
		leaf[i].b[0] = (uint8_t)i;
	naive_must(pdg_merkle_leaf(pdg_buf_bytes(&r->body), &leaf[REKOR1_LEAF], NULL));
	r->tree = naive_mth(leaf, REKOR1_SIZE);
	naive_path(REKOR1_LEAF, leaf, REKOR1_SIZE, &r->proof);
	rekor1_set(r->log, r->root, pdg_buf_bytes(&r->body), REKOR1_TIME, REKOR1_INDEX, &r->set);
	rekor1_note(r->log, REKOR1_ORIGIN, REKOR1_HOST, REKOR1_SIZE, &r->tree, &r->note);
}

static inline void rekor1_done(struct rekor1 *r)
{
	pdg_key_free(r->log);
	pdg_key_free(r->signer);
	pdg_root_free(r->root);
	pdg_buf_done(&r->sig);
	pdg_buf_done(&r->body);
	pdg_buf_done(&r->set);
	pdg_buf_done(&r->note);
}
PDG_AUTO_DEFINE_VALUE(rekor1, struct rekor1, rekor1_done)

/* Protobuf. */

static inline void put_varint(struct pdg_buf *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		pdg_buf_putc(out, (uint8_t)(v | 0x80));
	pdg_buf_putc(out, (uint8_t)v);
}

static inline void put_number(struct pdg_buf *out, unsigned field, uint64_t v)
{
	put_varint(out, field << 3);
	put_varint(out, v);
}

static inline void put_bytes(struct pdg_buf *out, unsigned field, struct pdg_bytes b)
{
	put_varint(out, field << 3 | 2);
	put_varint(out, b.n);
	pdg_buf_put(out, b);
}

/*
 * Fields as masks: bit n of @once is field n of the entry, bit n of @proof one of inclusion_proof,
 * bit n of @kind one of kind_version; those of @twice stand there twice, likewise.
 */
struct rekor1_fields {
	unsigned entry, entry_twice;
	unsigned proof, proof_twice;
	unsigned kind, kind_twice;
};

#define REKOR1_ALL                                                                                 \
	{                                                                                          \
		.entry = 0x7e, .proof = 0x3e, .kind = 0x6                                          \
	} /* all but the body */

static inline unsigned rekor1_times(unsigned once, unsigned twice, unsigned field)
{
	return (once >> field & 1) + (twice >> field & 1);
}

static inline void put_kind(const struct rekor1_fields *f, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf m = PDG_BUF_INIT(4096);
	unsigned i;
	unsigned k;

	for (i = 1; i <= 2; i++)
		for (k = rekor1_times(f->kind, f->kind_twice, i); k > 0; k--)
			put_bytes(&m, i, pdg_bytes_str(i == 1 ? "hashedrekord" : "0.0.1"));
	put_bytes(out, 3, pdg_buf_bytes(&m));
}

static inline void put_proof_field(const struct rekor1 *r, unsigned field, struct pdg_buf *m)
{
	PDG_AUTO(buf) struct pdg_buf c = PDG_BUF_INIT(4096);
	size_t i;

	switch (field) {
	case 1:
		put_number(m, 1, REKOR1_LEAF);
		break;
	case 2:
		put_bytes(m, 2, pdg_bytes(r->tree.b, PDG_HASH_LEN));
		break;
	case 3:
		put_number(m, 3, REKOR1_SIZE);
		break;
	case 4:
		for (i = 0; i < r->proof.n; i++)
			put_bytes(m, 4, pdg_bytes(r->proof.v[i].b, PDG_HASH_LEN));
		break;
	default:
		put_bytes(&c, 1, pdg_buf_bytes(&r->note));
		put_bytes(m, 5, pdg_buf_bytes(&c));
		break;
	}
}

static inline void put_proof(const struct rekor1 *r, const struct rekor1_fields *f,
			     struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf m = PDG_BUF_INIT(65536);
	unsigned i;
	unsigned k;

	for (i = 1; i <= 5; i++)
		for (k = rekor1_times(f->proof, f->proof_twice, i); k > 0; k--)
			put_proof_field(r, i, &m);
	put_bytes(out, 6, pdg_buf_bytes(&m));
}

static inline void put_entry_field(const struct rekor1 *r, const struct rekor1_fields *f,
				   unsigned field, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf m = PDG_BUF_INIT(4096);

	switch (field) {
	case 1:
		put_number(out, 1, REKOR1_INDEX);
		break;
	case 2:
		put_bytes(&m, 1, pdg_bytes(pdg_key_spki_sha256(r->log), 32));
		put_bytes(out, 2, pdg_buf_bytes(&m));
		break;
	case 3:
		put_kind(f, out);
		break;
	case 4:
		put_number(out, 4, REKOR1_TIME);
		break;
	case 5:
		put_bytes(&m, 1, pdg_buf_bytes(&r->set));
		put_bytes(out, 5, pdg_buf_bytes(&m));
		break;
	case 6:
		put_proof(r, f, out);
		break;
	default:
		put_bytes(out, 7, pdg_buf_bytes(&r->body));
		break;
	}
}

/* The entry as TransparencyLogEntry. */
static inline void rekor1_proto(const struct rekor1 *r, const struct rekor1_fields *f,
				struct pdg_buf *out)
{
	unsigned i;
	unsigned k;

	for (i = 1; i <= 7; i++)
		for (k = rekor1_times(f->entry, f->entry_twice, i); k > 0; k--)
			put_entry_field(r, f, i, out);
}

#endif
