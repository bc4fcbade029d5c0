/* SPDX-License-Identifier: Apache-2.0 */
/* The writing side of OpenPGP, of which Pedigree itself has no need. */
#include "support/pgp_made.h"

#include <string.h>

#include "crypto/digest.h"
#include "support/sshsig_made.h"
#include "util/codec.h"
#include "util/limits.h"

#define TAG_SIGNATURE 2U
#define TAG_KEY	      6U
#define TAG_UID	      13U
#define ALGO_RSA      1
#define ALGO_EDDSA    22
#define HASH_SHA256   8
#define HASH_SHA512   10
#define RSA_SPKI      550 /* bytes of the SPKI of a key of 4096 bits whose exponent is 65537 */
#define RSA_AT	      33  /* where its modulus begins */
#define RSA_BYTES     512
#define CERTIFICATION 0x13
#define COLUMNS	      64 /* as gpg breaks its lines */

void pdg_made_pgp_done(struct pdg_made_pgp *p)
{
	pdg_buf_done(&p->body);
}

void pdg_made_pgp_mpi(struct pdg_buf *out, struct pdg_bytes v)
{
	size_t bits;

	while (v.n && v.p[0] == 0)
		v = pdg_bytes_from(v, 1);
	bits = 8 * v.n;
	while (v.n && !(v.p[0] >> (7 - (8 * v.n - bits)) & 1))
		bits--;
	pdg_buf_u16be(out, (uint16_t)bits);
	pdg_buf_put(out, v);
}

void pdg_made_pgp_packet(struct pdg_buf *out, unsigned tag, struct pdg_bytes body)
{
	bool wide = body.n > 255;

	pdg_buf_putc(out, (uint8_t)(0x80U | tag << 2 | wide));
	if (wide)
		pdg_buf_u16be(out, (uint16_t)body.n);
	else
		pdg_buf_putc(out, (uint8_t)body.n);
	pdg_buf_put(out, body);
}

/* 6.1, bit by bit. */
void pdg_made_pgp_sum(struct pdg_buf *out, struct pdg_bytes packets)
{
	uint32_t crc = 0xB704CE;
	uint8_t sum[3];
	size_t i;
	int bit;

	for (i = 0; i < packets.n; i++) {
		crc ^= (uint32_t)packets.p[i] << 16;
		for (bit = 0; bit < 8; bit++)
			crc = (crc << 1 ^ (crc & 0x800000 ? 0x864CFBU : 0)) & 0xFFFFFF;
	}
	for (i = 0; i < sizeof(sum); i++)
		sum[i] = (uint8_t)(crc >> (16 - 8 * i) & 0xFF);
	pdg_buf_putc(out, '=');
	pdg_base64(pdg_bytes(sum, sizeof(sum)), out);
	pdg_buf_putc(out, '\n');
}

int pdg_made_pgp_armor(struct pdg_buf *out, struct pdg_bytes packet, struct pdg_error *err)
{
	pdg_buf_puts(out, "-----BEGIN PGP SIGNATURE-----\n\n");
	pdg_made_lines(out, packet, COLUMNS);
	pdg_made_pgp_sum(out, packet);
	pdg_buf_puts(out, "-----END PGP SIGNATURE-----\n");
	return pdg_buf_check(out, err);
}

int pdg_made_pgp_body(const struct pdg_key *key, uint32_t created, struct pdg_buf *out,
		      struct pdg_error *err)
{
	static const uint8_t ed25519[] = {9,	0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA,
					  0x47, 0x0F, 0x01, 0x01, 0x07, 0x40};
	bool rsa = pdg_key_type(key) == PDG_KEY_RSA;
	struct pdg_bytes spki = pdg_key_spki(key);

	pdg_buf_putc(out, 4);
	pdg_buf_u32be(out, created);
	pdg_buf_putc(out, rsa ? ALGO_RSA : ALGO_EDDSA);
	if (rsa) {
		if (spki.n != RSA_SPKI)
			return pdg_fail(err, PDG_E_USAGE, "not an RSA key of 4096 bits");
		pdg_made_pgp_mpi(out, pdg_bytes(spki.p + RSA_AT, RSA_BYTES));
		pdg_made_pgp_mpi(out, pdg_bytes("\x01\x00\x01", 3));
	} else {
		/* The curve's name, and the point as a number of 263 bits. */
		pdg_buf_put(out, pdg_bytes(ed25519, sizeof(ed25519)));
		pdg_buf_put(out, pdg_key_ed25519_raw(key));
	}
	return pdg_buf_check(out, err);
}

void pdg_made_pgp_hashed_key(struct pdg_buf *out, struct pdg_bytes body)
{
	pdg_buf_putc(out, 0x99);
	pdg_buf_u16be(out, (uint16_t)body.n);
	pdg_buf_put(out, body);
}

int pdg_made_pgp_key(const struct pdg_key *key, uint32_t created, struct pdg_made_pgp *out,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf named = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	int rc;

	pdg_buf_init(&out->body, PDG_LIMIT_KIB(4));
	out->rsa = pdg_key_type(key) == PDG_KEY_RSA;
	rc = pdg_made_pgp_body(key, created, &out->body, err);
	if (rc < 0)
		return rc;
	pdg_made_pgp_hashed_key(&named, pdg_buf_bytes(&out->body));
	rc = pdg_buf_check(&named, err);
	return rc < 0 ? rc : pdg_digest(PDG_SHA1, pdg_buf_bytes(&named), out->fingerprint, err);
}

static void put_subpacket(struct pdg_buf *b, uint8_t type, struct pdg_bytes body)
{
	pdg_buf_putc(b, (uint8_t)(body.n + 1));
	pdg_buf_putc(b, type);
	pdg_buf_put(b, body);
}

/* 5.2.3: version, type, algorithms and the subpackets that are signed. */
static void put_head(const struct pdg_made_pgp *p, uint8_t type, uint32_t created,
		     struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf area = PDG_BUF_INIT(256);
	PDG_AUTO(buf) struct pdg_buf who = PDG_BUF_INIT(64);
	PDG_AUTO(buf) struct pdg_buf when = PDG_BUF_INIT(4);

	pdg_buf_putc(&who, 4);
	pdg_buf_put(&who, pdg_bytes(p->fingerprint, sizeof(p->fingerprint)));
	pdg_buf_u32be(&when, created);
	put_subpacket(&area, 33, pdg_buf_bytes(&who));
	put_subpacket(&area, 2, pdg_buf_bytes(&when));
	if (type == CERTIFICATION)
		put_subpacket(&area, 27, pdg_bytes("\x03", 1)); /* certifies and signs */
	pdg_buf_putc(out, 4);
	pdg_buf_putc(out, type);
	pdg_buf_putc(out, p->rsa ? ALGO_RSA : ALGO_EDDSA);
	pdg_buf_putc(out, p->rsa ? HASH_SHA256 : HASH_SHA512);
	pdg_buf_u16be(out, (uint16_t)area.n);
	pdg_buf_put(out, pdg_buf_bytes(&area));
}

int pdg_made_pgp_sign(const struct pdg_made_pgp *p, const struct pdg_key *key, uint8_t type,
		      uint32_t created, struct pdg_buf *hashed, struct pdg_buf *sig,
		      struct pdg_buf *packet, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	uint8_t sum[PDG_DIGEST_MAX];
	struct pdg_bytes message;
	int rc;

	put_head(p, type, created, &body);
	pdg_buf_put(hashed, pdg_buf_bytes(&body));
	pdg_buf_put(hashed, pdg_bytes("\x04\xFF", 2));
	pdg_buf_u32be(hashed, (uint32_t)body.n);
	message = pdg_buf_bytes(hashed);
	rc = pdg_digest(p->rsa ? PDG_SHA256 : PDG_SHA512, message, sum, err);
	if (rc == 0)
		rc = pdg_key_sign(key, p->rsa ? message : pdg_bytes(sum, 64), sig, err);
	if (rc < 0)
		return rc;
	/* The unsigned area holds the key id alone. */
	pdg_buf_u16be(&body, 10);
	put_subpacket(&body, 16, pdg_bytes(p->fingerprint + 12, 8));
	pdg_buf_put(&body, pdg_bytes(sum, 2));
	if (p->rsa) {
		pdg_made_pgp_mpi(&body, pdg_buf_bytes(sig));
	} else {
		pdg_made_pgp_mpi(&body, pdg_bytes(sig->p, 32));
		pdg_made_pgp_mpi(&body, pdg_bytes(sig->p + 32, 32));
	}
	pdg_made_pgp_packet(packet, TAG_SIGNATURE, pdg_buf_bytes(&body));
	rc = pdg_buf_check(&body, err);
	return rc < 0 ? rc : pdg_buf_check(packet, err);
}

int pdg_made_pgp_cert(const struct pdg_made_pgp *p, const struct pdg_key *key, const char *uid,
		      uint32_t created, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf hashed = PDG_BUF_INIT(PDG_LIMIT_KIB(4));
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_KIB(1));
	struct pdg_bytes id = pdg_bytes_str(uid);

	pdg_made_pgp_packet(out, TAG_KEY, pdg_buf_bytes(&p->body));
	pdg_made_pgp_packet(out, TAG_UID, id);
	pdg_made_pgp_hashed_key(&hashed, pdg_buf_bytes(&p->body));
	pdg_buf_putc(&hashed, 0xB4);
	pdg_buf_u32be(&hashed, (uint32_t)id.n);
	pdg_buf_put(&hashed, id);
	return pdg_made_pgp_sign(p, key, CERTIFICATION, created, &hashed, &sig, out, err);
}
