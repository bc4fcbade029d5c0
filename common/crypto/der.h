/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER as OpenSSL's readers do not insist on it (X.690, 8.1 and 10.1), as a whole and value by
 * value: one-byte tags and definite lengths in their shortest form. What the values mean is for who
 * asks (cms_read.c, x509cert.c).
 */
#ifndef PDG_CRYPTO_DER_H
#define PDG_CRYPTO_DER_H

#include "util/bytes.h"

/**
 * Is @in one value and nothing behind it, with low tags, definite lengths in their shortest form,
 * no string in pieces and no sequence or set without its mark, down to every value that is marked
 * as made of others? What strings hold (OCTET STRING, BIT STRING) is not looked into.
 */
bool pdg_der_strict(struct pdg_bytes in);

#define PDG_DER_INTEGER	   0x02
#define PDG_DER_BIT_STRING 0x03
#define PDG_DER_OCTETS	   0x04
#define PDG_DER_OID	   0x06
#define PDG_DER_UTF8	   0x0c
#define PDG_DER_UTC_TIME   0x17
#define PDG_DER_TIME	   0x18 /* GeneralizedTime */
#define PDG_DER_SEQUENCE   0x30
#define PDG_DER_SET	   0x31
#define PDG_DER_PART(n)	   (0xa0 | (n)) /* [n], constructed */

/* One value. Borrowed from what it was read from. */
struct pdg_der {
	uint8_t tag;
	struct pdg_bytes whole; /* with tag and length */
	struct pdg_bytes body;
};

/** Take the next value off *@in, whatever it is. False: there is none of this form. */
bool pdg_der_next(struct pdg_bytes *in, struct pdg_der *out);

/** The same for a value of tag @tag. */
bool pdg_der_take(struct pdg_bytes *in, uint8_t tag, struct pdg_der *out);

/** The same where @in holds that value and nothing else. */
bool pdg_der_only(struct pdg_bytes in, uint8_t tag, struct pdg_der *out);

/** Does @in begin with a value of tag @tag? */
bool pdg_der_is(struct pdg_bytes in, uint8_t tag);

/** Do the values in @set stand in the order of a SET OF (X.690 11.6), none of them twice? */
bool pdg_der_sorted(struct pdg_bytes set);

/** Is @body that of an INTEGER in its shortest form? */
bool pdg_der_integer(struct pdg_bytes body);

#endif
