/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CMS signatures of git objects, good ones and ones that are wrong in one place, written byte by
 * byte: no library writes most of what must be refused.
 */
#ifndef PDG_TESTS_SUPPORT_CMS_MADE_H
#define PDG_TESTS_SUPPORT_CMS_MADE_H

#include "support/pki.h"

#define CMS_CERTS_MAX 12

/* What is done to a signature that would be good. */
enum cms_twist {
	CMS_AS_IS,
	CMS_TWO_SIGNERS,
	CMS_NO_SIGNER,
	CMS_NO_CERTS,	 /* certificates absent */
	CMS_EMPTY_CERTS, /* there, and empty */
	CMS_CERT_TWICE,
	CMS_CRLS,
	CMS_NOT_DETACHED,
	CMS_OTHER_CONTENT,   /* eContentType and contentType are another */
	CMS_OTHER_TYPE_ATTR, /* contentType alone is */
	CMS_WRONG_DIGEST,    /* messageDigest, signed */
	CMS_SHORT_DIGEST,
	CMS_NO_DIGEST,
	CMS_NO_CONTENT_TYPE,
	CMS_DIGEST_TWICE,
	CMS_UNSORTED,
	CMS_NO_ATTRS, /* the signature is over the content itself */
	CMS_KEY_ID,   /* the signer is named by key identifier, version 3 */
	CMS_OTHER_SERIAL,
	CMS_OTHER_DIGEST, /* SignedData names another digest than SignerInfo */
	CMS_SHA1,
	CMS_VERSION,		 /* of SignedData: 4 */
	CMS_VERSION_3,		 /* of SignedData: as with a signer by key identifier */
	CMS_BEHIND,		 /* bytes behind it all */
	CMS_LONG_LENGTH,	 /* the outermost length in a byte more than it needs */
	CMS_BER_CERTS,		 /* in gpgsm's layout, certificates of indefinite length too */
	CMS_TWO_VALUES,		 /* messageDigest with two values */
	CMS_ATTRS_AS_THEY_STAND, /* signed with [0] in front instead of SET OF */
	CMS_WRONG_ESS,		 /* signingCertificateV2 of another certificate */
	CMS_RIGHT_ESS,
	CMS_BAD_TIME,	    /* signingTime is none */
	CMS_EMPTY_UNSIGNED, /* [1] without attributes */
	CMS_PSS,	    /* RSASSA-PSS in the algorithm, with parameters */
	CMS_TWISTS,
};

struct cms_ask {
	const struct pki_cert *signer;
	const struct pki_cert *certs[CMS_CERTS_MAX]; /* that it brings along, NULL ends them */
	const char *digest;			     /* "SHA256" (also NULL), "SHA384", "SHA512" */
	bool gpgsm;				     /* in the layout of gpgsm; with_null too */
	bool with_null;				     /* NULL parameters behind the digest's name */
	bool sha_rsa;			 /* sha256WithRSAEncryption instead of rsaEncryption */
	bool go_rsa;			 /* the same, without parameters */
	int64_t time;			 /* signingTime; 0: none */
	struct pdg_bytes unsigned_attrs; /* Attribute values, one behind the other */
	enum cms_twist twist;
};

/* What was made on the way, for proofs over it. */
struct cms_made {
	struct pdg_buf der;
	struct pdg_buf signed_attrs; /* as SET OF */
	struct pdg_buf value;
};

void cms_made_init(struct cms_made *m);
void cms_made_done(struct cms_made *m);

/* Sign @msg. */
void cms_make(const struct cms_ask *ask, struct pdg_bytes msg, struct cms_made *out);
/* Put the same signature anew around other unsigned attributes. */
void cms_remake(const struct cms_ask *ask, struct cms_made *m);

/* Append an Attribute with one value. */
void cms_attribute(const char *oid, struct pdg_bytes value, struct pdg_buf *out);

/* Append @der in armor, in lines of @width characters. */
void cms_armor(struct pdg_bytes der, size_t width, struct pdg_buf *out);

/* Append @payload (a commit without signature) with the armored signature in its header. */
void cms_commit(struct pdg_bytes payload, struct pdg_bytes armor, struct pdg_buf *out);

#endif
