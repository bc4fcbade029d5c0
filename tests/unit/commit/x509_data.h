/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Fulcio-like world for judgements by certificate: root, intermediate and a leaf that lives ten
 * minutes; a log, a timestamp authority, and a repository section that trusts them.
 */
#ifndef PDG_TESTS_COMMIT_X509_DATA_H
#define PDG_TESTS_COMMIT_X509_DATA_H

#include "commit/judge.h"
#include "support/check.h"
#include "support/proofs_made.h"

#define MADE                                                                                       \
	INT64_C(1700000000) /* 2023-11-14T22:13:20Z: when the leaf begins and the commit is of */
#define LIFE	 600
#define YEAR	 INT64_C(31536000)
#define RECEIVED (MADE + YEAR)

#define ISSUER "https://issuer.example"
#define ALICE  "alice@example.com"

#define PAYLOAD                                                                                    \
	"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"                                          \
	"author Alice <" ALICE "> 1700000000 +0000\n"                                              \
	"committer Alice <" ALICE "> 1700000000 +0000\n"                                           \
	"\n"                                                                                       \
	"message\n"

enum who { ROOT, MIDDLE, LEAF, TSA_ROOT, TSA, WHO };

struct x509_world {
	struct pki_ask ask[WHO]; /* change before x509_world_make() */
	struct pki_cert cert[WHO];
	EVP_PKEY *log;
	const char *ca_from, *ca_until; /* of the trusted root */
	bool tsa_root_alone;		/* the trusted root leaves out who signs timestamps */
	bool own_roots;			/* x509Roots and nothing else instead of a trusted root */
	char *dir;
	char *identities[2];
	char *issuers[1];
	char *roots[1];
	struct pdg_policy_repository repo;
	struct pdg_signers *signers;
};

void x509_world_init(struct x509_world *w);
/* Make keys, certificates and files, then load. */
void x509_world_make(struct x509_world *w);
void x509_world_load(struct x509_world *w);
void x509_world_done(struct x509_world *w);

/* A commit to sign, and what is inside its signature. */
struct x509_commit {
	const char *payload; /* NULL: PAYLOAD */
	struct cms_ask cms;  /* signer and certs: NULL is LEAF alone */
	int64_t entry;	     /* a log entry of that time; 0: none */
	int64_t token;
	struct entry_ask log;	    /* how the entry is wrong; its log: NULL is the world's */
	const struct pki_cert *tsa; /* NULL: the world's */
	const char *token_over;	    /* other bytes than the signature */
	bool token_twice;
};

/* Append the raw commit. */
void x509_commit_make(const struct x509_world *w, const struct x509_commit *c, struct pdg_buf *out);

/* Make and judge it at @at. */
void x509_judge(const struct x509_world *w, const struct x509_commit *c, int64_t at,
		struct pdg_verdict *v);

/* The same, held against what is wanted. @rule NULL: good. */
void x509_check(const struct x509_world *w, const struct x509_commit *c, int64_t at,
		enum pdg_result want, const char *rule);

#endif
