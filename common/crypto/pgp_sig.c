/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signature over a commit: from armor to a parsed signature, from its issuer to a key of a ring,
 * from both to a verdict of mathematics. Everything in it that is not signed is a place where
 * somebody can hide or change bytes without making the signature bad, so only a hint at the
 * issuer may stand there (attacks.md M2).
 */
#include "crypto/pgp.h"

#include "crypto/pgp_armor.h"
#include "crypto/pgp_ring.h"
#include "crypto/pgp_sigbody.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define FINGERPRINT_LEN 20

struct pdg_pgp_sig {
	uint8_t *bytes; /* of the packet's body: what body points into */
	size_t n;
	struct pdg_pgp_sigbody body;
	int64_t created;
	int64_t expires;
	uint64_t keyid;
	char fingerprint[PDG_PGP_FINGERPRINT_HEX]; /* "" when only the key id is named */
	char issuer[PDG_PGP_FINGERPRINT_HEX];	   /* the fingerprint, else the key id */
};

/* What the subpackets say. */
struct facts {
	bool has_created;
	bool has_lifetime;
	bool has_keyid;
	bool hints[2]; /* at the issuer, that nothing signs: as key id, as fingerprint */
	uint32_t created;
	uint32_t lifetime; /* seconds, 0: without end */
	uint64_t keyid;
	char fingerprint[PDG_PGP_FINGERPRINT_HEX];
};

static int broken(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "PGP-2", "OpenPGP signature: %s", what);
}

static uint64_t keyid_of(const uint8_t *p)
{
	return (uint64_t)pdg_pgp_u32(p) << 32 | pdg_pgp_u32(p + 4);
}

/* A number of four bytes that may stand in a signature once. */
static int note_seconds(struct pdg_bytes body, bool *has, uint32_t *out, struct pdg_error *err)
{
	if (*has)
		return broken(err, "names a time twice");
	if (body.n != 4)
		return broken(err, "a time is not four bytes long");
	*has = true;
	*out = pdg_pgp_u32(body.p);
	return 0;
}

static int note_keyid(struct facts *f, const uint8_t *p, struct pdg_error *err)
{
	uint64_t keyid = keyid_of(p);

	if (f->has_keyid && f->keyid != keyid)
		return broken(err, "names two different issuers");
	f->has_keyid = true;
	f->keyid = keyid;
	return 0;
}

static int note_fingerprint(struct facts *f, struct pdg_bytes body, struct pdg_error *err)
{
	char hex[PDG_PGP_FINGERPRINT_HEX];
	struct pdg_bytes fingerprint = pdg_bytes_from(body, 1);

	if (body.n == 0)
		return broken(err, "the issuer's fingerprint is empty");
	if (body.p[0] != 4)
		return pdg_reject(err, "PGP-3",
				  "OpenPGP signature by a key of version %u, only 4 is judged",
				  body.p[0]);
	if (fingerprint.n != FINGERPRINT_LEN)
		return broken(err, "the issuer's fingerprint is not 20 bytes long");
	pdg_hex_upper(fingerprint, hex);
	if (f->fingerprint[0] && strcmp(f->fingerprint, hex) != 0)
		return broken(err, "names two different issuers");
	memcpy(f->fingerprint, hex, sizeof(hex));
	return note_keyid(f, fingerprint.p + FINGERPRINT_LEN - 8, err);
}

static int note_issuer(struct facts *f, const struct pdg_pgp_subpacket *s, struct pdg_error *err)
{
	if (s->type == PDG_PGP_SUB_FINGERPRINT)
		return note_fingerprint(f, s->body, err);
	if (s->body.n != 8)
		return broken(err, "the issuer's key id is not 8 bytes long");
	return note_keyid(f, s->body.p, err);
}

static int note_signed(struct facts *f, const struct pdg_pgp_subpacket *s, struct pdg_error *err)
{
	switch (s->type) {
	case PDG_PGP_SUB_CREATED:
		return note_seconds(s->body, &f->has_created, &f->created, err);
	case PDG_PGP_SUB_EXPIRES:
		return note_seconds(s->body, &f->has_lifetime, &f->lifetime, err);
	case PDG_PGP_SUB_ISSUER:
	case PDG_PGP_SUB_FINGERPRINT:
		return note_issuer(f, s, err);
	case PDG_PGP_SUB_POLICY_URI:
	case PDG_PGP_SUB_SIGNER:
		return 0; /* known, and only informs */
	default:
		/* RFC 4880 5.2.3.1: one that is not understood makes the signature bad. */
		if (s->critical)
			return pdg_reject(
				err, "PGP-2",
				"OpenPGP signature: the critical subpacket %u is not understood",
				s->type);
		return 0;
	}
}

static int note_unsigned(struct facts *f, const struct pdg_pgp_subpacket *s, struct pdg_error *err)
{
	bool *hint;

	if (s->critical || (s->type != PDG_PGP_SUB_ISSUER && s->type != PDG_PGP_SUB_FINGERPRINT))
		return pdg_reject(err, "PGP-2",
				  "OpenPGP signature: subpacket %u stands where nothing signs it",
				  s->type);
	hint = &f->hints[s->type == PDG_PGP_SUB_FINGERPRINT];
	if (*hint)
		return broken(err, "a hint at the issuer stands twice where nothing signs it");
	*hint = true;
	return note_issuer(f, s, err);
}

typedef int note_fn(struct facts *f, const struct pdg_pgp_subpacket *s, struct pdg_error *err);

static int read_area(struct pdg_bytes area, note_fn *note, struct facts *f, struct pdg_error *err)
{
	struct pdg_pgp_subpacket s;
	const char *why;
	int rc;

	while (area.n > 0) {
		if (!pdg_pgp_subpacket_next(&area, &s, &why))
			return pdg_reject(err, "PGP-2", "OpenPGP signature: a subpacket %s", why);
		if (!s.shortest)
			return broken(err,
				      "a subpacket's length is not written in the shortest form");
		rc = note(f, &s, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void read_v3_facts(const struct pdg_pgp_sigbody *s, struct facts *f)
{
	f->has_created = true;
	f->created = pdg_pgp_u32(s->v3);
	f->has_keyid = true;
	f->keyid = keyid_of(s->v3 + 4);
}

static void name_issuer(struct pdg_pgp_sig *sig)
{
	uint8_t id[8];

	for (size_t i = 0; i < sizeof(id); i++)
		id[i] = (uint8_t)(sig->keyid >> (56 - 8 * i));
	if (sig->fingerprint[0])
		memcpy(sig->issuer, sig->fingerprint, sizeof(sig->issuer));
	else
		pdg_hex_upper(pdg_bytes(id, sizeof(id)), sig->issuer);
}

static int read_facts(struct pdg_pgp_sig *sig, struct pdg_error *err)
{
	struct facts f = {0};
	int rc;

	if (sig->body.v3)
		read_v3_facts(&sig->body, &f);
	rc = read_area(sig->body.hashed, note_signed, &f, err);
	if (rc < 0)
		return rc;
	rc = read_area(sig->body.unhashed, note_unsigned, &f, err);
	if (rc < 0)
		return rc;
	if (!f.has_created)
		return broken(err, "does not say when it was made");
	if (!f.has_keyid)
		return broken(err, "does not name its issuer");
	sig->created = f.created;
	sig->expires = f.lifetime > 0 ? (int64_t)f.created + f.lifetime : 0;
	sig->keyid = f.keyid;
	memcpy(sig->fingerprint, f.fingerprint, sizeof(f.fingerprint));
	name_issuer(sig);
	return 0;
}

/* The body of the only packet, which is a signature. */
static int only_signature(struct pdg_bytes packets, struct pdg_bytes *out, struct pdg_error *err)
{
	struct pdg_pgp_packet packet;
	const char *why;

	if (packets.n == 0)
		return broken(err, "there is no packet");
	if (!pdg_pgp_packet_next(&packets, &packet, &why))
		return pdg_reject(err, "PGP-2", "OpenPGP signature: the packet %s", why);
	if (packet.tag != PDG_PGP_TAG_SIGNATURE)
		return pdg_reject(err, "PGP-2",
				  "OpenPGP signature: %s (packet %u) stands in its place",
				  pdg_pgp_tag_name(packet.tag), packet.tag);
	if (!packet.shortest)
		return broken(err, "the packet's length is not written in the shortest form");
	if (packets.n > 0)
		return broken(err, "there is more than one packet");
	*out = packet.body;
	return 0;
}

/* What stands for a document, and SHA-1 no more (collisions can be had for money). */
static int judge_form(const struct pdg_pgp_sigbody *s, struct pdg_error *err)
{
	if (s->type != PDG_PGP_TYPE_BINARY && s->type != PDG_PGP_TYPE_TEXT)
		return pdg_reject(err, "PGP-3",
				  "OpenPGP signature of type 0x%02x, only 0x00 and 0x01 are judged",
				  s->type);
	if (s->hash_id == PDG_PGP_HASH_SHA1)
		return pdg_reject(err, "PGP-3",
				  "OpenPGP signature over SHA-1, which is not judged");
	return 0;
}

int pdg_pgp_sig_parse_binary(struct pdg_bytes packets, struct pdg_pgp_sig **out,
			     struct pdg_error *err)
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *sig = NULL;
	struct pdg_bytes body = {0};
	int rc;

	if (packets.n > PDG_LIMIT_COMMIT_SIGNATURE)
		return pdg_reject(err, "PGP-2", "OpenPGP signature: longer than %zu bytes",
				  PDG_LIMIT_COMMIT_SIGNATURE);
	rc = only_signature(packets, &body, err);
	if (rc < 0)
		return rc;
	sig = pdg_calloc(1, sizeof(*sig));
	if (!sig)
		return pdg_nomem(err);
	sig->bytes = pdg_calloc(body.n > 0 ? body.n : 1, 1);
	if (!sig->bytes)
		return pdg_nomem(err);
	if (body.n > 0)
		memcpy(sig->bytes, body.p, body.n);
	sig->n = body.n;
	rc = pdg_pgp_sigbody_read(pdg_bytes(sig->bytes, body.n), &sig->body, err);
	if (rc < 0)
		return rc;
	rc = judge_form(&sig->body, err);
	if (rc < 0)
		return rc;
	rc = read_facts(sig, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(sig);
	return 0;
}

int pdg_pgp_sig_parse(struct pdg_bytes armor, struct pdg_pgp_sig **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf packets = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	int rc;

	if (armor.n > PDG_LIMIT_COMMIT_SIGNATURE)
		return pdg_reject(err, "PGP-1", "ASCII armor: longer than %zu bytes",
				  PDG_LIMIT_COMMIT_SIGNATURE);
	rc = pdg_pgp_armor_signature(armor, &packets, err);
	if (rc < 0)
		return rc;
	return pdg_pgp_sig_parse_binary(pdg_buf_bytes(&packets), out, err);
}

void pdg_pgp_sig_free(struct pdg_pgp_sig *sig)
{
	if (!sig)
		return;
	free(sig->bytes);
	free(sig);
}

const struct pdg_pgp_sigbody *pdg_pgp_sig_body(const struct pdg_pgp_sig *sig)
{
	return &sig->body;
}

int64_t pdg_pgp_sig_created(const struct pdg_pgp_sig *sig)
{
	return sig->created;
}

int64_t pdg_pgp_sig_expires(const struct pdg_pgp_sig *sig)
{
	return sig->expires;
}

const char *pdg_pgp_sig_issuer(const struct pdg_pgp_sig *sig)
{
	return sig->issuer;
}

static bool is_issuer(const struct pdg_pgp_sig *sig, const struct pdg_pgp_key *key)
{
	return key->keyid == sig->keyid &&
	       (!sig->fingerprint[0] || strcmp(sig->fingerprint, key->fingerprint) == 0);
}

int pdg_pgp_consent(const struct pdg_pgp_key *key)
{
	return key->cross_certified && !key->ask ? 2 : key->ask;
}

/* Inside one file, a certificate in which the key may sign comes before one in which it may not. */
static int rank(const struct pdg_pgp_key *key)
{
	return key->can_sign ? pdg_pgp_consent(key) : 0;
}

int pdg_pgp_sig_find(const struct pdg_pgp_sig *sig, const struct pdg_pgp_ring *ring,
		     const struct pdg_pgp_cert **out_cert, const struct pdg_pgp_key **out_key,
		     struct pdg_error *err)
{
	const struct pdg_pgp_key *found = NULL;
	const struct pdg_pgp_cert *of = NULL;
	const struct pdg_pgp_cert *cert = NULL;
	size_t at = 0;
	int rc;

	while ((rc = pdg_pgp_ring_with(ring, sig->keyid, &at, &cert, err)) == 0 && cert) {
		for (size_t k = 0; k < cert->n_keys; k++) {
			const struct pdg_pgp_key *key = &cert->keys[k];

			if (!is_issuer(sig, key) || (found && rank(key) <= rank(found)))
				continue;
			found = key;
			of = cert;
		}
	}
	if (rc < 0)
		return rc;
	*out_cert = of;
	*out_key = found;
	return 0;
}

bool pdg_pgp_sig_here(const struct pdg_pgp_sig *sig, const struct pdg_pgp_key *key)
{
	return !key->ask && sig->body.type == PDG_PGP_TYPE_BINARY &&
	       pdg_pgp_sigbody_here(&sig->body, key->material);
}

int pdg_pgp_sig_verify(const struct pdg_pgp_sig *sig, const struct pdg_pgp_key *key,
		       struct pdg_bytes msg, struct pdg_error *err)
{
	if (!pdg_pgp_sig_here(sig, key))
		return pdg_reject(err, "PGP-3",
				  "OpenPGP signature by key %s of a form that GnuPG checks",
				  key->fingerprint);
	return pdg_pgp_sigbody_verify(&sig->body, key->material, &msg, 1, err);
}

struct pdg_bytes pdg_pgp_sig_bytes(const struct pdg_pgp_sig *sig)
{
	return pdg_bytes(sig->bytes, sig->n);
}
