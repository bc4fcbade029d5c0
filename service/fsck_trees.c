/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigreed --fsck of a log elsewhere: the trees that its bundles lead to, each of which the log
 * has signed. Two of one size are two logs under one key (attack T65): it showed each of several
 * pedigreed over this store a tree of its own, or was begun anew. What else it may hide takes the
 * log itself to be found (tlog/rekor_history.c).
 */
#include <string.h>

#include "crypto/digest.h"
#include "service/fsck_impl.h"
#include "util/limits.h"
#include "util/size.h"

#define BEGIN_WITH 1024

/* A tree's log and size; nothing but zeros: free. */
struct pdg_fsck_tree {
	uint8_t name[16];
	struct pdg_hash32 root;
};

void pdg_fsck_trees_done(struct pdg_fsck_trees *t)
{
	free(t->v);
	*t = (struct pdg_fsck_trees){0};
}

/* The log's key and the first line of its note: one key may have several, one after another. */
static int name_of(const struct pdg_entry *e, uint8_t out[16], struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT + PDG_LIMIT_KIB(1));
	const uint8_t *end = memchr(e->checkpoint.p, '\n', e->checkpoint.n);
	uint8_t sum[PDG_SHA256_LEN];
	int rc;

	pdg_buf_put(&text, pdg_buf_bytes(&e->log_id));
	pdg_buf_u32be(&text, (uint32_t)(e->proof_size >> 32));
	pdg_buf_u32be(&text, (uint32_t)(e->proof_size & UINT32_MAX));
	if (end)
		pdg_buf_put(&text, pdg_bytes(e->checkpoint.p, (size_t)(end - e->checkpoint.p)));
	rc = pdg_buf_check(&text, err);
	if (rc == 0)
		rc = pdg_sha256(pdg_buf_bytes(&text), sum, err);
	if (rc == 0)
		memcpy(out, sum, 16);
	return rc;
}

static struct pdg_fsck_tree *place(struct pdg_fsck_tree *v, size_t room, const uint8_t name[16])
{
	static const uint8_t none[16];
	size_t at = 0;

	memcpy(&at, name, sizeof(at));
	for (at &= room - 1;
	     memcmp(v[at].name, none, 16) != 0 && memcmp(v[at].name, name, 16) != 0;)
		at = (at + 1) & (room - 1);
	return &v[at];
}

static int grow(struct pdg_fsck_trees *t, struct pdg_error *err)
{
	static const uint8_t none[16];
	size_t room = t->room ? 2 * t->room : BEGIN_WITH;
	struct pdg_fsck_tree *v;
	size_t i;

	if (t->n < t->room / 4 * 3)
		return 0;
	v = pdg_calloc(room, sizeof(*v));
	if (!v)
		return pdg_nomem(err);
	for (i = 0; i < t->room; i++) {
		if (memcmp(t->v[i].name, none, 16) != 0)
			*place(v, room, t->v[i].name) = t->v[i];
	}
	free(t->v);
	t->v = v;
	t->room = room;
	return 0;
}

int pdg_fsck_tree(struct pdg_fsck_trees *t, const struct pdg_entry *e, struct pdg_error *err)
{
	struct pdg_fsck_tree *there;
	uint8_t name[16];
	int rc = e->has_proof ? name_of(e, name, err) : 0;

	if (rc < 0 || !e->has_proof)
		return rc;
	rc = grow(t, err);
	if (rc < 0)
		return rc;
	there = place(t->v, t->room, name);
	if (memcmp(there->name, name, 16) != 0) {
		memcpy(there->name, name, 16);
		there->root = e->proof_root;
		t->n++;
		return 0;
	}
	if (memcmp(there->root.b, e->proof_root.b, PDG_HASH_LEN) == 0)
		return 0;
	return pdg_reject(err, "LOG-2",
			  "the log has signed another tree of %llu entries for another attestation",
			  (unsigned long long)e->proof_size);
}
