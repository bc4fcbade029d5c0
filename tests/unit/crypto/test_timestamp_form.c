/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One token, one way to write it: the name of a commit covers the token in its signature, and no
 * signature of the commit does (attacks.md M1). Every value of a token is taken out, doubled,
 * swapped, emptied, followed by another and, where it is a name, renamed; what of that is still
 * taken is written down here.
 */
#include <openssl/obj_mac.h>

#include "crypto/der.h"
#include "support/check.h"
#include "support/cms_made.h"
#include "unit/crypto/tsa_made.h"

#define DATA	    pdg_bytes_str("the bytes of a signature")
#define BUF(name)   PDG_AUTO(buf) struct pdg_buf name = PDG_BUF_INIT(PKI_DER_MAX)
#define CONSTRUCTED 0x20U
#define OID(...)    pdg_bytes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

PDG_AUTO_DEFINE(tsa_made, struct pdg_tsa *, pdg_tsa_free)

/* root <- middle <- leaf, and another of each kind. */
static struct tsa_cert root, middle, leaf, rsa, other;

static void make_certs(void)
{
	static const char eku[] = "critical,timeStamping";

	tsa_cert_init(&root, &(struct tsa_cert_make){.name = "root", .ca = true});
	tsa_cert_init(&middle,
		      &(struct tsa_cert_make){.name = "middle", .issuer = &root, .ca = true});
	tsa_cert_init(&leaf,
		      &(struct tsa_cert_make){.name = "leaf", .issuer = &middle, .eku = eku});
	tsa_cert_init(&rsa,
		      &(struct tsa_cert_make){
			      .name = "rsa", .issuer = &middle, .eku = eku, .rsa_bits = 2048});
	tsa_cert_init(&other,
		      &(struct tsa_cert_make){.name = "other", .issuer = &middle, .ca = true});
}

static void drop_certs(void)
{
	tsa_cert_done(&root);
	tsa_cert_done(&middle);
	tsa_cert_done(&leaf);
	tsa_cert_done(&rsa);
	tsa_cert_done(&other);
}

static int judge(struct pdg_bytes der, struct pdg_tsa *tsa, struct pdg_error *err)
{
	int64_t at = 0;
	int rc = pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, der, DATA, &tsa, 1, &at, NULL, err);

	CHECK_INT(at, rc == 0 ? TSA_TIME : 0);
	return rc;
}

/* One change: the value at @at becomes @with, and so does the one behind it where @two. */
struct change {
	const uint8_t *at;
	bool two;
	struct pdg_bytes with;
};

/* Write @in again with @c, lengths and all. */
static void rewrite(struct pdg_bytes in, const struct change *c, struct pdg_buf *out)
{
	struct pdg_der v;

	while (in.n && pdg_der_next(&in, &v)) {
		if (v.whole.p == c->at) {
			pdg_buf_put(out, c->with);
			if (c->two && !pdg_der_next(&in, &v))
				abort();
		} else if (v.tag & CONSTRUCTED) {
			BUF(body);

			rewrite(v.body, c, &body);
			put_tlv(out, v.tag, pdg_buf_bytes(&body));
		} else {
			pdg_buf_put(out, v.whole);
		}
	}
}

struct trial {
	struct pdg_bytes token;
	struct pdg_tsa *tsa;
	size_t made;
	struct pdg_buf taken; /* what was taken all the same: a letter each, see try_value() */
};

static void try(struct trial *t, char kind, const uint8_t *at, bool two, struct pdg_bytes with)
{
	const struct change c = {at, two, with};
	struct pdg_error err = {0};
	BUF(out);

	rewrite(t->token, &c, &out);
	if (pdg_bytes_eq(pdg_buf_bytes(&out), t->token))
		return;
	t->made++;
	if (judge(pdg_buf_bytes(&out), t->tsa, &err) == 0)
		pdg_buf_putc(&t->taken, (uint8_t)kind);
	else
		CHECK(err.rule[0] != '\0');
}

/* Other names in place of the name @v, with NULL behind them and without. */
static void try_names(struct trial *t, const struct pdg_der *v, bool null)
{
	const struct pdg_bytes names[] = {
		OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1),  /* rsaEncryption */
		OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11), /* sha256WithRSAEncryption */
		OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2),	   /* ecdsa-with-SHA256 */
		OID(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2),	   /* dsa-with-sha256 */
		OID(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2),	   /* sha384 */
		OID(0x2b, 0x65, 0x70),				   /* Ed25519 */
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		BUF(b);

		put_tlv(&b, PDG_DER_OID, names[i]);
		try(t, 'n', v->whole.p, null, pdg_buf_bytes(&b));
		put_tlv(&b, 0x05, pdg_bytes(NULL, 0));
		try(t, 'N', v->whole.p, null, pdg_buf_bytes(&b));
	}
}

/* Every change of the value @v, before which @rest stands no more. */
static void try_value(struct trial *t, const struct pdg_der *v, struct pdg_bytes rest)
{
	const struct pdg_bytes behind[] = {
		OID(0xa0, 0),
		OID(0xa1, 0),
		OID(0x05, 0),
		OID(0x30, 0),
		OID(0x31, 0),
		pdg_buf_bytes(&root.der),
		pdg_buf_bytes(&middle.der),
		pdg_buf_bytes(&other.der),
	};
	struct pdg_der next;
	BUF(b);
	size_t i;

	try(t, 'd', v->whole.p, false, pdg_bytes(NULL, 0)); /* deleted */
	pdg_buf_put(&b, v->whole);
	pdg_buf_put(&b, v->whole);
	try(t, '2', v->whole.p, false, pdg_buf_bytes(&b));
	pdg_buf_reset(&b);
	put_tlv(&b, v->tag, pdg_bytes(NULL, 0));
	try(t, 'e', v->whole.p, false, pdg_buf_bytes(&b)); /* emptied */
	for (i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		pdg_buf_reset(&b);
		pdg_buf_put(&b, v->whole);
		pdg_buf_put(&b, behind[i]);
		try(t, 'b', v->whole.p, false, pdg_buf_bytes(&b));
	}
	if (!pdg_der_next(&rest, &next))
		next.tag = 0;
	/* Which of certificates may stand first is below. */
	if (next.tag && !pdg_bytes_eq(next.whole, pdg_buf_bytes(&middle.der))) {
		pdg_buf_reset(&b);
		pdg_buf_put(&b, next.whole);
		pdg_buf_put(&b, v->whole);
		try(t, 's', v->whole.p, true, pdg_buf_bytes(&b)); /* swapped */
	}
	if (v->tag == PDG_DER_OID)
		try_names(t, v, next.tag == 0x05);
}

static void try_all(struct trial *t, struct pdg_bytes in)
{
	struct pdg_der v;

	while (in.n && pdg_der_next(&in, &v)) {
		try_value(t, &v, in);
		if (v.tag & CONSTRUCTED)
			try_all(t, v.body);
	}
}

/* Which changes are taken: deleted certificates, and RSA's names. */
static void no_value_is_free(void)
{
	static const struct {
		const struct tsa_cert *chain[4];
		struct tsa_token_make make;
		const char *taken;
	} t[] = {
		/* none, or an empty set of certificates behind the content, or the signer's path */
		{{&leaf, &middle, &root}, {.signer = &leaf}, "b"},
		{{&leaf, &middle, &root}, {.signer = &leaf, .with = {&leaf}}, "dedb"},
		{{&leaf, &middle, &root}, {.signer = &leaf, .with = {&leaf, &middle}}, "dedb"},
		{{&middle, &root}, {.signer = &leaf, .with = {&leaf, &middle}}, "db"},
		{{&middle, &root}, {.signer = &leaf, .with = {&leaf}}, "b"},
		{{&root}, {.signer = &leaf, .with = {&leaf, &middle}}, NULL},
		{{&rsa, &middle, &root}, {.signer = &rsa}, "bnN"},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(tsa_made) struct pdg_tsa *tsa = tsa_of(t[i].chain, 0, 0);
		struct tsa_token_make make = t[i].make;
		struct trial trial = {.tsa = tsa};
		struct pdg_error err = {0};
		BUF(token);

		pdg_test_case("case %zu", i);
		make.data = DATA;
		tsa_token(&make, &token);
		if (!t[i].taken) {
			CHECK_RULE(judge(pdg_buf_bytes(&token), tsa, &err), &err, "CMS-4");
			continue;
		}
		pdg_buf_init(&trial.taken, 4096);
		trial.token = pdg_buf_bytes(&token);
		if (CHECK_OK(judge(trial.token, tsa, &err), &err))
			try_all(&trial, trial.token);
		CHECK(trial.made > 500);
		CHECK_STR(pdg_buf_cstr(&trial.taken), t[i].taken);
		pdg_buf_done(&trial.taken);
	}
	pdg_test_case(NULL);
}

/* The path's order, or DER's where that is another one; nothing else. */
static void certificates_stand_in_order(void)
{
	static const struct tsa_cert *const orders[][3] = {
		{&leaf, &middle, &root}, {&leaf, &root, &middle}, {&middle, &leaf, &root},
		{&middle, &root, &leaf}, {&root, &leaf, &middle}, {&root, &middle, &leaf},
	};
	PDG_AUTO(tsa_made)
	struct pdg_tsa *tsa =
		tsa_of((const struct tsa_cert *[]){&leaf, &middle, &root, NULL}, 0, 0);
	unsigned sorted = 0;
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct tsa_token_make make = {.signer = &leaf, .data = DATA};
		struct pdg_error err = {0};
		bool in_der;
		BUF(all);
		BUF(token);

		pdg_test_case("order %zu", i);
		for (size_t k = 0; k < 3; k++) {
			make.with[k] = orders[i][k];
			pdg_buf_put(&all, pdg_buf_bytes(&orders[i][k]->der));
		}
		in_der = pdg_der_sorted(pdg_buf_bytes(&all));
		sorted += in_der;
		tsa_token(&make, &token);
		if (i == 0 || in_der)
			CHECK_OK(judge(pdg_buf_bytes(&token), tsa, &err), &err);
		else
			CHECK_RULE(judge(pdg_buf_bytes(&token), tsa, &err), &err, "CMS-4");
	}
	pdg_test_case(NULL);
	CHECK_UINT(sorted, 1);
}

/* Of two authorities of one root, the one whose chain has the token's certificates says it. */
static void another_authority_may_know_them(void)
{
	struct pdg_tsa *two[] = {
		tsa_of((const struct tsa_cert *[]){&root, NULL}, 0, 0),
		tsa_of((const struct tsa_cert *[]){&leaf, &middle, &root, NULL}, 0, 0),
	};
	struct tsa_token_make make = {.signer = &leaf, .data = DATA, .with = {&leaf, &middle}};
	struct pdg_error err = {0};
	size_t which = 7;
	int64_t at = 0;
	BUF(token);

	tsa_token(&make, &token);
	CHECK_OK(pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, pdg_buf_bytes(&token), DATA, two, 2, &at,
				      &which, &err),
		 &err);
	CHECK_UINT(which, 1);
	pdg_tsa_free(two[0]);
	pdg_tsa_free(two[1]);
}

int main(void)
{
	static const struct pdg_test tests[] = {
		{"no value is free", no_value_is_free},
		{"certificates stand in order", certificates_stand_in_order},
		{"another authority may know them", another_authority_may_know_them},
	};
	int rc;

	make_certs();
	rc = pdg_test_run("timestamp_form", tests, sizeof(tests) / sizeof(tests[0]));
	drop_certs();
	return rc;
}
