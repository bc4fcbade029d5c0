/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library and `pedigree-pgp verify` say to each other (docs/FORMATS.md, "Asking GnuPG"): a
 * request is a head and two runs of bytes, an answer a head and a line of text. Both ends read
 * strictly: whatever is not of its form ends the conversation.
 */
#ifndef PDG_CRYPTO_PGP_WIRE_H
#define PDG_CRYPTO_PGP_WIRE_H

#include "crypto/pgp.h"
#include "util/limits.h"

enum pdg_pgp_ask {
	PDG_PGP_ASK_CERT = 'K',	 /* take a certificate: its packets, nothing */
	PDG_PGP_ASK_CHECK = 'C', /* check a signature: its packet, what it is over */
};

#define PDG_PGP_REQUEST_HEAD 13
#define PDG_PGP_PACKET_MAX   (PDG_LIMIT_COMMIT_SIGNATURE + 8) /* of a signature, with its head */

struct pdg_pgp_request {
	enum pdg_pgp_ask kind;
	uint32_t cert; /* CHECK: by a key of the certificate that was given so many others before */
	uint32_t n[2]; /* bytes that follow */
};

enum pdg_pgp_said {
	PDG_PGP_SAID_TAKEN = 'K',  /* the certificate */
	PDG_PGP_SAID_GOOD = 'G',   /* it is one signature by the key named, over these bytes */
	PDG_PGP_SAID_BAD = 'B',	   /* it is not */
	PDG_PGP_SAID_UNFIT = 'U',  /* GnuPG does not let its key sign */
	PDG_PGP_SAID_NOT = 'N',	   /* GnuPG does not judge it */
	PDG_PGP_SAID_FAILED = 'F', /* GnuPG could not be asked */
};

#define PDG_PGP_ANSWER_HEAD 48
#define PDG_PGP_ANSWER_TEXT 255

struct pdg_pgp_answer {
	enum pdg_pgp_said said;
	unsigned hash_id;			   /* GOOD: RFC 4880 9.4 */
	uint32_t created;			   /* GOOD: when the signature says it was made */
	char fingerprint[PDG_PGP_FINGERPRINT_HEX]; /* GOOD: of the key that made it, else "" */
	size_t text_n; /* UNFIT, NOT, FAILED: why, so many bytes follow */
};

void pdg_pgp_request_put(const struct pdg_pgp_request *r, uint8_t out[PDG_PGP_REQUEST_HEAD]);
void pdg_pgp_answer_put(const struct pdg_pgp_answer *a, uint8_t out[PDG_PGP_ANSWER_HEAD]);

/** Read a head. Returns 0, PDG_E_FORMAT, PDG_E_LIMIT (more bytes than its kind may have). */
int pdg_pgp_request_read(const uint8_t in[PDG_PGP_REQUEST_HEAD], struct pdg_pgp_request *out,
			 struct pdg_error *err) PDG_MUST_CHECK;
int pdg_pgp_answer_read(const uint8_t in[PDG_PGP_ANSWER_HEAD], struct pdg_pgp_answer *out,
			struct pdg_error *err) PDG_MUST_CHECK;

#endif
