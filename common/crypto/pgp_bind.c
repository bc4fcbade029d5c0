/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over certificates. Signatures that cannot be read or do not verify prove nothing and are
 * passed over: whether a binding, a user id or a key is valid at all stays GnuPG's word.
 */
#include "crypto/pgp_bind_impl.h"

#include "util/limits.h"
#include "util/size.h"

#define REASON_SUPERSEDED 1
#define REASON_RETIRED	  3
#define NOBODY		  SIZE_MAX

struct revocation {
	bool seen;
	bool hard; /* one of them does not exclude that the key was compromised */
	int64_t first;
};

/* What is being read. */
struct reader {
	struct pdg_pgp_bounds bounds;
	struct pdg_pgp_hashed_key primary;
	struct pdg_pgp_hashed_key subkey;
	struct revocation primary_revoked;
	struct revocation subkey_revoked;
	size_t primary_at;
	size_t at;	/* the key whose signatures follow, or NOBODY behind a user id */
	int64_t newest; /* when the newest valid binding of the subkey was made */
	int64_t asked;	/* and the newest one that is GnuPG's to check; 0: there is none */
	bool unsure;	/* the newest valid one has a consent that is GnuPG's to check */
};

static int broken(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "PGP-4", "OpenPGP key file: %s", what);
}

static void hashed_key_done(struct pdg_pgp_hashed_key *k)
{
	pdg_pgp_material_free(k->m);
	*k = (struct pdg_pgp_hashed_key){0};
}

static void reader_done(struct reader *r)
{
	hashed_key_done(&r->primary);
	hashed_key_done(&r->subkey);
	pdg_pgp_bounds_done(&r->bounds);
}
PDG_AUTO_DEFINE_VALUE(reader, struct reader, reader_done)

static int hashed_key_init(struct pdg_pgp_hashed_key *k, struct pdg_bytes body,
			   struct pdg_error *err)
{
	hashed_key_done(k);
	k->head[0] = 0x99;
	k->head[1] = (uint8_t)(body.n >> 8 & 0xFF);
	k->head[2] = (uint8_t)(body.n & 0xFF);
	k->body = body;
	return pdg_pgp_material_new(body, &k->m, err);
}

/* The next embedded signature in @rest, or false at its end. */
static bool next_embedded(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	struct pdg_pgp_subpacket sub;
	const char *why;

	while (rest->n > 0 && pdg_pgp_subpacket_next(rest, &sub, &why)) {
		if (sub.type == PDG_PGP_SUB_EMBEDDED) {
			*out = sub.body;
			return true;
		}
	}
	return false;
}

/* Is @s by @by over the primary key, and over the subkey too if @both? As pdg_pgp_bind_verdict().
 */
static int verify_keys(const struct reader *r, const struct pdg_pgp_sigbody *s,
		       const struct pdg_pgp_hashed_key *by, bool both, struct pdg_error *err)
{
	const struct pdg_bytes pieces[] = {
		pdg_bytes(r->primary.head, sizeof(r->primary.head)),
		r->primary.body,
		pdg_bytes(r->subkey.head, sizeof(r->subkey.head)),
		r->subkey.body,
	};

	if (!by->m)
		return 0;
	return pdg_pgp_bind_verdict(pdg_pgp_sigbody_verify(s, by->m, pieces, both ? 4 : 2, err));
}

/* Does @body hold the subkey's consent to the primary key? As pdg_pgp_bind_verdict(). */
static int check_consent(struct reader *r, struct pdg_bytes body, struct pdg_error *err)
{
	struct pdg_pgp_sigbody s;
	struct pdg_pgp_said f;
	int rc = pdg_pgp_bind_verdict(pdg_pgp_sigbody_read(body, &s, err));

	if (rc <= 0)
		return rc;
	if (s.type != PDG_PGP_TYPE_PRIMARY_BINDING || !pdg_pgp_said_read(&s, &f) || f.lifetime ||
	    f.foreign)
		return 0;
	/* By another algorithm than its own no key agrees to anything: nobody need be asked. */
	if (s.algo != r->subkey.body.p[PDG_PGP_KEY_HEAD - 1])
		return 0;
	if (!pdg_pgp_sigbody_here(&s, r->subkey.m)) {
		r->unsure = true;
		return 0;
	}
	return verify_keys(r, &s, &r->subkey, true, err);
}

/* As pdg_pgp_bind_verdict(), for all signatures that a binding carries, in its unsigned part too
 * (GnuPG). */
static int find_consent(struct reader *r, const struct pdg_pgp_sigbody *binding,
			struct pdg_error *err)
{
	const struct pdg_bytes areas[] = {binding->hashed, binding->unhashed};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 2; i++) {
		struct pdg_bytes rest = areas[i];
		struct pdg_bytes body;

		while (rc == 0 && next_embedded(&rest, &body))
			rc = check_consent(r, body, err);
	}
	return rc;
}

/* A binding that is GnuPG's to check. Where it carries no consent, there is nothing to ask. */
static int note_foreign(struct reader *r, const struct pdg_pgp_sigbody *s,
			const struct pdg_pgp_said *f, struct pdg_error *err)
{
	bool unsure = r->unsure;
	int rc;

	r->unsure = false;
	rc = find_consent(r, s, err);
	if (rc == 1 || r->unsure) {
		r->bounds.v[r->at].ask = true;
		if (f->created > r->asked)
			r->asked = f->created;
	}
	r->unsure = unsure;
	return rc < 0 ? rc : 0;
}

static int read_binding(struct reader *r, const struct pdg_pgp_sigbody *s, struct pdg_error *err)
{
	struct pdg_pgp_bound *b = &r->bounds.v[r->at];
	struct pdg_pgp_said f;
	int rc;

	if (b->primary || !pdg_pgp_said_read(s, &f) || f.created < r->newest)
		return 0;
	if (!pdg_pgp_sigbody_here(s, r->primary.m))
		return note_foreign(r, s, &f, err);
	rc = verify_keys(r, s, &r->primary, true, err);
	if (rc <= 0)
		return rc;
	r->newest = f.created;
	r->unsure = false;
	b->cross_certified = false;
	if (f.sign && !f.lifetime) {
		rc = find_consent(r, s, err);
		if (rc < 0)
			return rc;
		b->cross_certified = rc == 1;
	}
	b->ask = (r->unsure && !b->cross_certified) || (r->asked && r->asked >= r->newest);
	return 0;
}

/*
 * Is it the primary key's own? Of a form that is GnuPG's to check, GnuPG has: what it exports of
 * the primary's own revocations is right, for it drops what is not (cli/pgp/describe.c).
 */
static int is_own(const struct reader *r, const struct pdg_pgp_sigbody *s, bool both,
		  struct pdg_error *err)
{
	if (pdg_pgp_sigbody_here(s, r->primary.m))
		return verify_keys(r, s, &r->primary, both, err);
	return pdg_pgp_bind_names(s, r->bounds.v[r->primary_at].fingerprint);
}

/* One that does not verify is a designated revoker's, whose reason nobody here can check. */
static int read_revocation(struct reader *r, const struct pdg_pgp_sigbody *s, struct pdg_error *err)
{
	struct pdg_pgp_bound *b = &r->bounds.v[r->at];
	struct revocation *rev = b->primary ? &r->primary_revoked : &r->subkey_revoked;
	struct pdg_pgp_said f = {0};
	int rc = 0;

	if ((s->type == PDG_PGP_TYPE_KEY_REVOCATION) != b->primary)
		return 0;
	if (pdg_pgp_said_read(s, &f))
		rc = is_own(r, s, !b->primary, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || (f.reason != REASON_SUPERSEDED && f.reason != REASON_RETIRED))
		rev->hard = true;
	if (!rev->seen || f.created < rev->first)
		rev->first = f.created;
	rev->seen = true;
	b->revoked_at = rev->hard ? 0 : rev->first;
	return 0;
}

/* The type of a signature, whether it can be read otherwise or not; SIZE_MAX for less than that. */
static size_t type_of(struct pdg_bytes body)
{
	if (body.n < 3)
		return SIZE_MAX;
	return body.p[body.p[0] == 3 ? 2 : 1]; /* RFC 4880 5.2.2, 5.2.3 */
}

/* A revocation of a form that is not read here: its reason and time are not known either. */
static void note_unread(struct reader *r)
{
	struct pdg_pgp_bound *b = &r->bounds.v[r->at];

	if (b->primary)
		r->primary_revoked.hard = true;
	else
		r->subkey_revoked.hard = true;
	b->revoked_at = 0;
}

static int read_signature(struct reader *r, struct pdg_bytes body, struct pdg_error *err)
{
	struct pdg_pgp_sigbody s;
	size_t type = type_of(body);
	bool revokes_key =
		type == PDG_PGP_TYPE_KEY_REVOCATION || type == PDG_PGP_TYPE_SUBKEY_REVOCATION;
	int rc;

	if (revokes_key || type == PDG_PGP_TYPE_CERT_REVOCATION) {
		rc = pdg_pgp_bind_keep(&r->bounds, body, err);
		if (rc < 0)
			return rc;
	}
	rc = pdg_pgp_bind_verdict(pdg_pgp_sigbody_read(body, &s, err));
	if (rc < 0)
		return rc;
	if (r->at == NOBODY)
		return rc == 1 ? pdg_pgp_bind_uid_sig(&r->bounds, &r->primary, &s, err) : 0;
	if (rc == 1 && s.type == PDG_PGP_TYPE_SUBKEY_BINDING)
		return read_binding(r, &s, err);
	if (rc == 1 && revokes_key)
		return read_revocation(r, &s, err);
	if (revokes_key)
		note_unread(r);
	return 0;
}

static int read_key(struct reader *r, struct pdg_bytes body, bool primary, struct pdg_error *err)
{
	struct pdg_pgp_hashed_key *k = primary ? &r->primary : &r->subkey;
	struct pdg_pgp_bound *b;
	int rc;

	if (!primary && r->bounds.n == 0)
		return broken(err, "a subkey stands before any primary key");
	rc = hashed_key_init(k, body, err);
	if (rc < 0)
		return rc;
	rc = pdg_array_grow(&r->bounds.v, r->bounds.n, &r->bounds.cap, sizeof(*b), PDG_LIMIT_KEYS);
	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "OpenPGP key file: more than %d keys",
				PDG_LIMIT_KEYS);
	if (rc < 0)
		return pdg_nomem(err);
	if (primary)
		r->primary_revoked = (struct revocation){0};
	r->subkey_revoked = r->primary_revoked;
	r->newest = 0;
	r->asked = 0;
	r->at = r->bounds.n;
	if (primary)
		r->primary_at = r->at;
	b = &r->bounds.v[r->at];
	b->primary = primary;
	b->cross_certified = primary;
	b->body = body;
	b->revoked_at =
		r->subkey_revoked.seen && !r->subkey_revoked.hard ? r->subkey_revoked.first : 0;
	rc = pdg_pgp_fingerprint(body, b->fingerprint, err);
	if (rc < 0)
		return rc;
	r->bounds.n++;
	return 0;
}

static int refuse_packet(unsigned tag, struct pdg_error *err)
{
	int rc = pdg_reject(err, "PGP-4", "OpenPGP key file: %s (packet %u) does not belong there",
			    pdg_pgp_tag_name(tag), tag);

	if (tag == PDG_PGP_TAG_SECRET_KEY || tag == PDG_PGP_TAG_SECRET_SUBKEY)
		pdg_fix(err, "export the public key with gpg --armor --export");
	return rc;
}

static int read_packet(struct reader *r, const struct pdg_pgp_packet *p, struct pdg_error *err)
{
	switch (p->tag) {
	case PDG_PGP_TAG_PUBLIC_KEY:
	case PDG_PGP_TAG_PUBLIC_SUBKEY:
		return read_key(r, p->body, p->tag == PDG_PGP_TAG_PUBLIC_KEY, err);
	case PDG_PGP_TAG_SIGNATURE:
		if (r->bounds.n == 0)
			return broken(err, "a signature stands before any primary key");
		return read_signature(r, p->body, err);
	case PDG_PGP_TAG_USER_ID:
	case PDG_PGP_TAG_USER_ATTRIBUTE:
		if (r->bounds.n == 0)
			return broken(err, "a user id stands before any primary key");
		r->at = NOBODY;
		return pdg_pgp_bind_uid(&r->bounds, r->primary_at, p, err);
	case PDG_PGP_TAG_TRUST: /* GnuPG's notes in old keyrings */
		return 0;
	default:
		return refuse_packet(p->tag, err);
	}
}

int pdg_pgp_bind_read(struct pdg_bytes packets, struct pdg_pgp_bounds *out, struct pdg_error *err)
{
	PDG_AUTO(reader) struct reader r = {.at = NOBODY};
	struct pdg_error inner = {0};
	struct pdg_pgp_packet p;
	const char *why;

	while (packets.n > 0) {
		int rc;

		if (!pdg_pgp_packet_next(&packets, &p, &why))
			return pdg_reject(err, "PGP-4", "OpenPGP key file: a packet %s", why);
		rc = read_packet(&r, &p, &inner);
		if (rc < 0) {
			if (err)
				*err = inner;
			return rc;
		}
	}
	*out = r.bounds;
	r.bounds = (struct pdg_pgp_bounds){0};
	return 0;
}

void pdg_pgp_bounds_done(struct pdg_pgp_bounds *b)
{
	free(b->v);
	free(b->uids);
	free(b->revocations);
	*b = (struct pdg_pgp_bounds){0};
}
