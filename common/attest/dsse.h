/* SPDX-License-Identifier: Apache-2.0 */
/* DSSE envelopes (protocol v1.0.2): read strictly, checked over the stored payload bytes. */
#ifndef PDG_ATTEST_DSSE_H
#define PDG_ATTEST_DSSE_H

#include "crypto/key.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"

#define PDG_PAYLOAD_TYPE  "application/vnd.in-toto+json"
#define PDG_REFERENCE_LEN 72 /* "sha256:" + 64 hex + NUL */

struct pdg_envelope_sig {
	char *keyid;	    /* a hint, never believed; "" when absent */
	struct pdg_buf sig; /* decoded */
};

struct pdg_envelope {
	char *payload_type;
	struct pdg_buf payload; /* decoded: the statement's exact bytes */
	struct pdg_buf pae;	/* the bytes that are signed */
	struct pdg_envelope_sig *sigs;
	size_t n_sigs;
	char reference[PDG_REFERENCE_LEN]; /* sha256 of the payload */
};

/**
 * Read an envelope from its JSON object. Unknown members are ignored (envelope.md).
 * payloadType must be PDG_PAYLOAD_TYPE; 1 to PDG_LIMIT_SIGNATURES signatures.
 * Returns 0, PDG_E_FORMAT (ENV-1), PDG_E_LIMIT (ENV-2), PDG_E_REJECTED (ENV-3: no signature;
 * ENV-4: another payload type).
 */
int pdg_envelope_read(const json_t *object, struct pdg_envelope **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** The same from bytes. */
int pdg_envelope_parse(struct pdg_bytes in, struct pdg_envelope **out,
		       struct pdg_error *err) PDG_MUST_CHECK;
void pdg_envelope_free(struct pdg_envelope *e);
PDG_AUTO_DEFINE(envelope, struct pdg_envelope *, pdg_envelope_free)

/** An envelope around @payload signed by @key; keyid is the key's hint. */
int pdg_envelope_sign(struct pdg_bytes payload, const struct pdg_key *key,
		      struct pdg_envelope **out, struct pdg_error *err) PDG_MUST_CHECK;

/** The same, still to be signed: pdg_envelope_add(). */
int pdg_envelope_unsigned(struct pdg_bytes payload, struct pdg_envelope **out,
			  struct pdg_error *err) PDG_MUST_CHECK;

/** Add @sig of @key unless that key's signature is there already (by keyid and bytes). */
int pdg_envelope_add(struct pdg_envelope *e, const char *keyid, struct pdg_bytes sig,
		     struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_envelope_keep {
	size_t index;	   /* of the signature */
	const char *keyid; /* that it is to have */
};

/** Keep these @n signatures, each named once, in this order under these keyids; drop all others. */
int pdg_envelope_keep(struct pdg_envelope *e, const struct pdg_envelope_keep *keep, size_t n,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Signatures that join are put behind those that are there. *@out: how many of @e's, from the first
 * on, make the envelope whose JSON has this @digest; 0 when none do. The JSON is what
 * pdg_envelope_write() writes: white space that somebody put into a record changes nothing.
 */
int pdg_envelope_prefix(const struct pdg_envelope *e, const char *digest, size_t *out,
			struct pdg_error *err) PDG_MUST_CHECK;

/** Append the envelope as JSON: payload, payloadType, signatures. */
int pdg_envelope_write(const struct pdg_envelope *e, struct pdg_buf *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/** Append PAE(@type, @body). */
void pdg_pae(struct pdg_bytes type, struct pdg_bytes body, struct pdg_buf *out);

/**
 * Does one signature of @e verify under @key? keyid only orders the trials: a signature with
 * the key's own hint comes first, then all others (at most PDG_LIMIT_SIGNATURES).
 * *@out_which: its index. Returns 0, PDG_E_REJECTED (ENV-5), PDG_E_CRYPTO.
 */
int pdg_envelope_verify(const struct pdg_envelope *e, const struct pdg_key *key, size_t *out_which,
			struct pdg_error *err) PDG_MUST_CHECK;

/** "sha256:<hex>" of @payload. */
int pdg_reference(struct pdg_bytes payload, char out[PDG_REFERENCE_LEN],
		  struct pdg_error *err) PDG_MUST_CHECK;
/** Is @text a well-formed reference ("sha256:" and 64 lower-case hex digits)? */
bool pdg_is_reference(const char *text);

#endif
