/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Until when a certificate's user ids count: the lifetime of the newest self-signature over each
 * (RFC 4880 5.2.3.10). GnuPG shows such a user id as expired and gpgme has no word for it. Whether
 * it is valid or revoked is GnuPG's word.
 */
#include "crypto/pgp_bind_impl.h"

#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define FINGERPRINT_LEN 20
#define KEYID_LEN	8
#define FLAG_SIGN	0x02
#define CERTIFIES	0x10 /* and the three types behind it (RFC 4880 5.2.1) */
#define CERTIFIES_LAST	0x13
#define USER_ID_HEAD	0xB4 /* RFC 4880 5.2.4 */

static void note(struct pdg_pgp_said *f, const struct pdg_pgp_subpacket *s)
{
	switch (s->type) {
	case PDG_PGP_SUB_CREATED:
		f->has_created = s->body.n == 4;
		f->created = f->has_created ? pdg_pgp_u32(s->body.p) : 0;
		break;
	case PDG_PGP_SUB_EXPIRES:
		f->lifetime = true;
		f->seconds = s->body.n == 4 ? pdg_pgp_u32(s->body.p) : 0;
		break;
	case PDG_PGP_SUB_KEY_FLAGS:
		f->sign = s->body.n > 0 && s->body.p[0] & FLAG_SIGN;
		break;
	case PDG_PGP_SUB_REASON:
		f->reason = s->body.n > 0 ? s->body.p[0] : 0;
		break;
	case PDG_PGP_SUB_ISSUER:
	case PDG_PGP_SUB_FINGERPRINT:
	case PDG_PGP_SUB_EMBEDDED:
	case PDG_PGP_SUB_POLICY_URI:
	case PDG_PGP_SUB_SIGNER:
	case PDG_PGP_SUB_REVOCABLE:
	case PDG_PGP_SUB_KEY_EXPIRES:
	case PDG_PGP_SUB_CIPHERS:
	case PDG_PGP_SUB_HASHES:
	case PDG_PGP_SUB_COMPRESSION:
	case PDG_PGP_SUB_KEYSERVER_FLAGS:
	case PDG_PGP_SUB_KEYSERVER:
	case PDG_PGP_SUB_PRIMARY_UID:
	case PDG_PGP_SUB_FEATURES:
		break;
	default:
		f->foreign |= s->critical;
		break;
	}
}

bool pdg_pgp_said_read(const struct pdg_pgp_sigbody *s, struct pdg_pgp_said *out)
{
	struct pdg_bytes rest = s->hashed;
	struct pdg_pgp_subpacket sub;
	struct pdg_pgp_said f = {0};
	const char *why;

	while (rest.n > 0) {
		if (!pdg_pgp_subpacket_next(&rest, &sub, &why))
			return false;
		note(&f, &sub);
	}
	*out = f;
	return f.has_created;
}

int pdg_pgp_bind_verdict(int rc)
{
	if (rc == PDG_E_FORMAT || rc == PDG_E_REJECTED)
		return 0;
	return rc < 0 ? rc : 1;
}

/* By key id, or by fingerprint (RFC 4880 5.2.3.5, RFC 9580 5.2.3.35). */
static bool area_names(struct pdg_bytes area, const char *fingerprint)
{
	char hex[PDG_PGP_FINGERPRINT_HEX];
	struct pdg_pgp_subpacket sub;
	const char *why;

	while (area.n > 0 && pdg_pgp_subpacket_next(&area, &sub, &why)) {
		struct pdg_bytes name = sub.body;

		if (sub.type == PDG_PGP_SUB_FINGERPRINT && name.n == FINGERPRINT_LEN + 1)
			name = pdg_bytes_from(name, 1);
		else if (sub.type != PDG_PGP_SUB_ISSUER || name.n != KEYID_LEN)
			continue;
		pdg_hex_upper(name, hex);
		return strcmp(fingerprint + strlen(fingerprint) - strlen(hex), hex) == 0;
	}
	return false;
}

bool pdg_pgp_bind_names(const struct pdg_pgp_sigbody *s, const char *fingerprint)
{
	return area_names(s->hashed, fingerprint) || area_names(s->unhashed, fingerprint);
}

int pdg_pgp_bind_uid(struct pdg_pgp_bounds *b, size_t primary, const struct pdg_pgp_packet *p,
		     struct pdg_error *err)
{
	int rc = pdg_array_grow(&b->uids, b->n_uids, &b->uids_cap, sizeof(*b->uids),
				PDG_LIMIT_PGP_UIDS);

	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "OpenPGP key file: more than %d user ids",
				PDG_LIMIT_PGP_UIDS);
	if (rc < 0)
		return pdg_nomem(err);
	b->uids[b->n_uids++] = (struct pdg_pgp_uid_bound){
		.primary = primary,
		.attribute = p->tag != PDG_PGP_TAG_USER_ID,
		.text = p->body,
	};
	return 0;
}

/* As pdg_pgp_bind_verdict(). One of a form that is GnuPG's to check, GnuPG has. */
static int is_own(const struct pdg_pgp_bounds *b, const struct pdg_pgp_uid_bound *u,
		  const struct pdg_pgp_hashed_key *primary, const struct pdg_pgp_sigbody *s,
		  struct pdg_error *err)
{
	uint32_t n = (uint32_t)u->text.n;
	const uint8_t head[5] = {USER_ID_HEAD, (uint8_t)(n >> 24), (uint8_t)(n >> 16 & 0xFF),
				 (uint8_t)(n >> 8 & 0xFF), (uint8_t)(n & 0xFF)};
	const struct pdg_bytes pieces[] = {
		pdg_bytes(primary->head, sizeof(primary->head)),
		primary->body,
		pdg_bytes(head, sizeof(head)),
		u->text,
	};

	if (!pdg_pgp_sigbody_here(s, primary->m))
		return pdg_pgp_bind_names(s, b->v[u->primary].fingerprint);
	return pdg_pgp_bind_verdict(pdg_pgp_sigbody_verify(s, primary->m, pieces, 4, err));
}

int pdg_pgp_bind_uid_sig(struct pdg_pgp_bounds *b, const struct pdg_pgp_hashed_key *primary,
			 const struct pdg_pgp_sigbody *s, struct pdg_error *err)
{
	struct pdg_pgp_uid_bound *u = b->n_uids ? &b->uids[b->n_uids - 1] : NULL;
	struct pdg_pgp_said f;
	int rc;

	if (!u || u->attribute || s->type < CERTIFIES || s->type > CERTIFIES_LAST ||
	    !pdg_pgp_said_read(s, &f) || f.created < u->newest)
		return 0;
	/* An end is believed of any signature that verifies, "no end" of one that is understood. */
	if (f.foreign && !f.seconds)
		return 0;
	rc = is_own(b, u, primary, s, err);
	if (rc <= 0)
		return rc;
	u->newest = f.created;
	u->expires = f.seconds ? (int64_t)f.created + f.seconds : 0;
	return 0;
}

bool pdg_pgp_bind_uid_expires(const struct pdg_pgp_bounds *b, const struct pdg_pgp_bound *primary,
			      struct pdg_bytes text, int64_t *out)
{
	size_t at = (size_t)(primary - b->v);
	bool all_endless = true;

	for (size_t i = 0; i < b->n_uids; i++) {
		const struct pdg_pgp_uid_bound *u = &b->uids[i];

		if (u->primary != at || u->attribute)
			continue;
		if (pdg_bytes_eq(u->text, text)) {
			*out = u->expires;
			return true;
		}
		all_endless = all_endless && u->expires == 0;
	}
	*out = 0;
	return all_endless;
}
