/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heads of requests and answers, between pgp_gnupg.c and cli/pgp/verify.c. Numbers are
 * unsigned, the highest byte first.
 */
#include "crypto/pgp_wire.h"

#include <string.h>

#include "crypto/pgp_packet.h"
#include "util/limits.h"

#define FINGERPRINT_DIGITS (PDG_PGP_FINGERPRINT_HEX - 1)
#define FINGERPRINT_AT	   6
#define TEXT_AT		   (FINGERPRINT_AT + FINGERPRINT_DIGITS)

static int broken(struct pdg_error *err, const char *what)
{
	return pdg_fail(err, PDG_E_FORMAT, "pedigree-pgp: %s", what);
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i) & 0xFF);
}

void pdg_pgp_request_put(const struct pdg_pgp_request *r, uint8_t out[PDG_PGP_REQUEST_HEAD])
{
	out[0] = (uint8_t)r->kind;
	put_u32(out + 1, r->cert);
	put_u32(out + 5, r->n[0]);
	put_u32(out + 9, r->n[1]);
}

int pdg_pgp_request_read(const uint8_t in[PDG_PGP_REQUEST_HEAD], struct pdg_pgp_request *out,
			 struct pdg_error *err)
{
	struct pdg_pgp_request r = {
		.cert = pdg_pgp_u32(in + 1),
		.n = {pdg_pgp_u32(in + 5), pdg_pgp_u32(in + 9)},
	};
	size_t most[2] = {PDG_LIMIT_KEY_FILE, 0};

	switch (in[0]) {
	case PDG_PGP_ASK_CERT:
		r.kind = PDG_PGP_ASK_CERT;
		if (r.cert != 0)
			return broken(err, "a certificate that is given has no number yet");
		break;
	case PDG_PGP_ASK_CHECK:
		r.kind = PDG_PGP_ASK_CHECK;
		most[0] = PDG_PGP_PACKET_MAX;
		most[1] = PDG_LIMIT_GNUPG_PAYLOAD;
		break;
	default:
		return broken(err, "a request of an unknown kind");
	}
	if (r.n[0] > most[0] || r.n[1] > most[1])
		return pdg_fail(err, PDG_E_LIMIT, "pedigree-pgp: a request of too many bytes");
	*out = r;
	return 0;
}

void pdg_pgp_answer_put(const struct pdg_pgp_answer *a, uint8_t out[PDG_PGP_ANSWER_HEAD])
{
	memset(out, 0, PDG_PGP_ANSWER_HEAD);
	out[0] = (uint8_t)a->said;
	out[1] = (uint8_t)a->hash_id;
	put_u32(out + 2, a->created);
	memcpy(out + FINGERPRINT_AT, a->fingerprint, FINGERPRINT_DIGITS);
	out[TEXT_AT] = (uint8_t)(a->text_n >> 8 & 0xFF);
	out[TEXT_AT + 1] = (uint8_t)(a->text_n & 0xFF);
}

static bool is_fingerprint(const uint8_t *p)
{
	for (size_t i = 0; i < FINGERPRINT_DIGITS; i++) {
		if (!(p[i] >= '0' && p[i] <= '9') && !(p[i] >= 'A' && p[i] <= 'F'))
			return false;
	}
	return true;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			return false;
	}
	return true;
}

int pdg_pgp_answer_read(const uint8_t in[PDG_PGP_ANSWER_HEAD], struct pdg_pgp_answer *out,
			struct pdg_error *err)
{
	struct pdg_pgp_answer a = {.text_n = pdg_pgp_u16(in + TEXT_AT)};
	bool reasoned = in[0] == PDG_PGP_SAID_NOT || in[0] == PDG_PGP_SAID_UNFIT ||
			in[0] == PDG_PGP_SAID_FAILED;

	if (!reasoned && in[0] != PDG_PGP_SAID_TAKEN && in[0] != PDG_PGP_SAID_GOOD &&
	    in[0] != PDG_PGP_SAID_BAD)
		return broken(err, "an answer of an unknown kind");
	a.said = (enum pdg_pgp_said)in[0];
	if (a.text_n > PDG_PGP_ANSWER_TEXT || (a.text_n > 0 && !reasoned))
		return broken(err, "an answer with text that does not belong there");
	if (a.said != PDG_PGP_SAID_GOOD) {
		if (!is_zero(in + 1, TEXT_AT - 1))
			return broken(err, "an answer that is not good names a key");
		*out = a;
		return 0;
	}
	if (!is_fingerprint(in + FINGERPRINT_AT))
		return broken(err, "a good answer does not name the key");
	a.hash_id = in[1];
	a.created = pdg_pgp_u32(in + 2);
	memcpy(a.fingerprint, in + FINGERPRINT_AT, FINGERPRINT_DIGITS);
	*out = a;
	return 0;
}
