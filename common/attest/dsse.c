/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope around every statement. What is signed is the PAE over the decoded payload, and
 * those bytes and no others are handed to statement.c; nothing in them is looked at here. The
 * keyid is what anybody may write: it orders the trials of keys and decides nothing.
 */
#include "attest/dsse.h"

#include <string.h>

#include "crypto/digest.h"
#include "util/codec.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define RULE	   "ENV-1"
#define RULE_LIMIT "ENV-2"

#define PAE_MAX (PDG_LIMIT_PAYLOAD + 256)

static const char prefix[] = "sha256:";

void pdg_pae(struct pdg_bytes type, struct pdg_bytes body, struct pdg_buf *out)
{
	pdg_buf_expect(out, type.n + body.n + 64);
	pdg_buf_printf(out, "DSSEv1 %zu ", type.n);
	pdg_buf_put(out, type);
	pdg_buf_printf(out, " %zu ", body.n);
	pdg_buf_put(out, body);
}

int pdg_reference(struct pdg_bytes payload, char out[PDG_REFERENCE_LEN], struct pdg_error *err)
{
	char hex[PDG_SHA256_HEX];
	int rc;

	rc = pdg_sha256_hex(payload, hex, err);
	if (rc < 0)
		return rc;
	memcpy(out, prefix, strlen(prefix));
	memcpy(out + strlen(prefix), hex, sizeof(hex));
	return 0;
}

bool pdg_is_reference(const char *text)
{
	struct pdg_bytes b = pdg_bytes_str(text);

	return pdg_bytes_starts(b, prefix) &&
	       pdg_is_hex(pdg_bytes_from(b, strlen(prefix)), PDG_SHA256_HEX - 1);
}

static void sigs_done(struct pdg_envelope_sig *sigs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(sigs[i].keyid);
		pdg_buf_done(&sigs[i].sig);
	}
	free(sigs);
}

void pdg_envelope_free(struct pdg_envelope *e)
{
	if (!e)
		return;
	sigs_done(e->sigs, e->n_sigs);
	free(e->payload_type);
	pdg_buf_done(&e->payload);
	pdg_buf_done(&e->pae);
	free(e);
}

/* An envelope with room for the most signatures, and nothing in it. */
static struct pdg_envelope *envelope_new(void)
{
	struct pdg_envelope *e = pdg_calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	pdg_buf_init(&e->payload, PDG_LIMIT_PAYLOAD);
	pdg_buf_init(&e->pae, PAE_MAX);
	e->payload_type = pdg_str_dup(PDG_PAYLOAD_TYPE);
	e->sigs = pdg_calloc(PDG_LIMIT_SIGNATURES, sizeof(*e->sigs));
	if (!e->payload_type || !e->sigs) {
		pdg_envelope_free(e);
		return NULL;
	}
	return e;
}

/* What follows from the payload: the signed bytes and the reference. */
static int seal(struct pdg_envelope *e, struct pdg_error *err)
{
	int rc;

	pdg_pae(pdg_bytes_str(e->payload_type), pdg_buf_bytes(&e->payload), &e->pae);
	rc = pdg_buf_check(&e->pae, err);
	return rc < 0 ? rc : pdg_reference(pdg_buf_bytes(&e->payload), e->reference, err);
}

static int too_many(struct pdg_error *err, size_t n)
{
	return pdg_reject(err, RULE_LIMIT, "%zu signatures, at most %d are taken", n,
			  PDG_LIMIT_SIGNATURES);
}

static int read_signature(const json_t *o, struct pdg_envelope *e, struct pdg_error *err)
{
	struct pdg_envelope_sig *s = &e->sigs[e->n_sigs];
	const char *keyid = NULL;
	int rc;

	if (!pdg_json_is_obj(o))
		return pdg_reject(err, RULE, "a signature must be an object");
	rc = pdg_json_opt_str(o, "keyid", &keyid, err);
	if (rc < 0)
		return rc;
	pdg_buf_init(&s->sig, PDG_LIMIT_SIGNATURE);
	s->keyid = pdg_str_dup(keyid ? keyid : "");
	e->n_sigs++;
	if (!s->keyid)
		return pdg_nomem(err);
	rc = pdg_json_base64(o, "sig", &s->sig, err);
	if (rc == 0 && s->sig.n == 0)
		return pdg_reject(err, RULE, "member \"sig\" is empty");
	return rc;
}

static int read_signatures(const json_t *o, struct pdg_envelope *e, struct pdg_error *err)
{
	const json_t *list = NULL;
	size_t i;
	int rc;

	rc = pdg_json_opt_arr(o, "signatures", &list, err);
	if (rc < 0)
		return rc;
	if (pdg_json_len(list) == 0)
		return pdg_reject(err, "ENV-3", "there is no signature");
	if (pdg_json_len(list) > PDG_LIMIT_SIGNATURES)
		return too_many(err, pdg_json_len(list));
	for (i = 0; i < pdg_json_len(list); i++) {
		rc = read_signature(pdg_json_at(list, i), e, err);
		if (rc < 0)
			return pdg_context(err, rc, "signatures[%zu]", i);
	}
	return 0;
}

static int read_members(const json_t *o, struct pdg_envelope *e, struct pdg_error *err)
{
	const char *type = NULL;
	int rc;

	rc = pdg_json_str(o, "payloadType", &type, err);
	if (rc < 0)
		return rc;
	if (strcmp(type, PDG_PAYLOAD_TYPE) != 0)
		return pdg_reject(err, "ENV-4", "payloadType is '%.100s', not " PDG_PAYLOAD_TYPE,
				  type);
	rc = pdg_json_base64(o, "payload", &e->payload, err);
	if (rc < 0)
		return rc;
	rc = read_signatures(o, e, err);
	return rc < 0 ? rc : seal(e, err);
}

/* A failure of a part, as this form's own. */
static int refuse(struct pdg_error *err, int rc)
{
	rc = pdg_under_rule(err, rc, RULE);
	return pdg_context(err, pdg_under_rule(err, rc, RULE_LIMIT), "envelope");
}

int pdg_envelope_read(const json_t *object, struct pdg_envelope **out, struct pdg_error *err)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = envelope_new();
	int rc;

	if (!e)
		return pdg_nomem(err);
	rc = read_members(object, e, err);
	if (rc < 0)
		return refuse(err, rc);
	*out = PDG_TAKE(e);
	return 0;
}

int pdg_envelope_parse(struct pdg_bytes in, struct pdg_envelope **out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *root = NULL;
	int rc;

	rc = pdg_json_load(in, PDG_LIMIT_ENVELOPE, &root, err);
	if (rc < 0)
		return refuse(err, rc);
	return pdg_envelope_read(root, out, err);
}

int pdg_envelope_add(struct pdg_envelope *e, const char *keyid, struct pdg_bytes sig,
		     struct pdg_error *err)
{
	struct pdg_envelope_sig *s = &e->sigs[e->n_sigs];
	PDG_AUTO(mem) char *copy = NULL;
	size_t i;
	int rc;

	for (i = 0; i < e->n_sigs; i++) {
		if (strcmp(e->sigs[i].keyid, keyid) == 0 &&
		    pdg_bytes_eq(pdg_buf_bytes(&e->sigs[i].sig), sig))
			return 0;
	}
	if (e->n_sigs == PDG_LIMIT_SIGNATURES)
		return too_many(err, e->n_sigs + 1);
	copy = pdg_str_dup(keyid);
	if (!copy)
		return pdg_nomem(err);
	pdg_buf_init(&s->sig, PDG_LIMIT_SIGNATURE);
	pdg_buf_put(&s->sig, sig);
	rc = pdg_buf_check(&s->sig, err);
	if (rc < 0)
		return pdg_under_rule(err, rc, RULE_LIMIT);
	s->keyid = PDG_TAKE(copy);
	e->n_sigs++;
	return 0;
}

int pdg_envelope_keep(struct pdg_envelope *e, const struct pdg_envelope_keep *keep, size_t n,
		      struct pdg_error *err)
{
	struct pdg_envelope_sig *sigs = pdg_calloc(PDG_LIMIT_SIGNATURES, sizeof(*sigs));
	bool named = sigs != NULL;
	size_t i;

	for (i = 0; named && i < n; i++) {
		sigs[i].keyid = pdg_str_dup(keep[i].keyid);
		named = sigs[i].keyid != NULL;
	}
	if (!named) {
		sigs_done(sigs, sigs ? n : 0);
		return pdg_nomem(err);
	}
	for (i = 0; i < n; i++) {
		sigs[i].sig = e->sigs[keep[i].index].sig;
		pdg_buf_init(&e->sigs[keep[i].index].sig, PDG_LIMIT_SIGNATURE);
	}
	sigs_done(e->sigs, e->n_sigs);
	e->sigs = sigs;
	e->n_sigs = n;
	return 0;
}

int pdg_envelope_prefix(const struct pdg_envelope *e, const char *digest, size_t *out,
			struct pdg_error *err)
{
	struct pdg_envelope first = *e;
	char found[PDG_REFERENCE_LEN];

	for (; first.n_sigs > 0; first.n_sigs--) {
		PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
		int rc = pdg_envelope_write(&first, &json, err);

		if (rc == 0)
			rc = pdg_reference(pdg_buf_bytes(&json), found, err);
		if (rc < 0)
			return rc;
		if (strcmp(found, digest) == 0)
			break;
	}
	*out = first.n_sigs;
	return 0;
}

int pdg_envelope_unsigned(struct pdg_bytes payload, struct pdg_envelope **out,
			  struct pdg_error *err)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = envelope_new();
	int rc;

	if (!e)
		return pdg_nomem(err);
	pdg_buf_put(&e->payload, payload);
	rc = pdg_buf_check(&e->payload, err);
	if (rc < 0)
		return refuse(err, rc);
	rc = seal(e, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(e);
	return 0;
}

int pdg_envelope_sign(struct pdg_bytes payload, const struct pdg_key *key,
		      struct pdg_envelope **out, struct pdg_error *err)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	int rc = pdg_envelope_unsigned(payload, &e, err);

	if (rc < 0)
		return rc;
	rc = pdg_key_sign(key, pdg_buf_bytes(&e->pae), &sig, err);
	if (rc < 0)
		return rc;
	rc = pdg_envelope_add(e, pdg_key_hint(key), pdg_buf_bytes(&sig), err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(e);
	return 0;
}

int pdg_envelope_write(const struct pdg_envelope *e, struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_jw w;
	size_t i;

	pdg_buf_expect(out, e->payload.n / 3 * 4 + 128 + e->n_sigs * 256);
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "payload");
	pdg_jw_base64(&w, pdg_buf_bytes(&e->payload));
	pdg_jw_kstr(&w, "payloadType", e->payload_type);
	pdg_jw_key(&w, "signatures");
	pdg_jw_arr(&w);
	for (i = 0; i < e->n_sigs; i++) {
		pdg_jw_obj(&w);
		pdg_jw_kstr(&w, "keyid", e->sigs[i].keyid);
		pdg_jw_key(&w, "sig");
		pdg_jw_base64(&w, pdg_buf_bytes(&e->sigs[i].sig));
		pdg_jw_end(&w);
	}
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

int pdg_envelope_verify(const struct pdg_envelope *e, const struct pdg_key *key, size_t *out_which,
			struct pdg_error *err)
{
	const char *hint = pdg_key_hint(key);
	struct pdg_error inner = {0};
	size_t i;
	int pass;
	int rc;

	/* First the signatures that claim to be this key's, then all others. */
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < e->n_sigs; i++) {
			bool claims = strcmp(e->sigs[i].keyid, hint) == 0;

			if (claims != (pass == 0))
				continue;
			rc = pdg_key_verify(key, pdg_buf_bytes(&e->pae),
					    pdg_buf_bytes(&e->sigs[i].sig), &inner);
			if (rc == 0) {
				*out_which = i;
				return 0;
			}
			if (rc != PDG_E_REJECTED)
				return pdg_fail(err, rc, "%s", inner.text);
		}
	}
	return pdg_reject(err, "ENV-5", "no signature of the envelope is by the key %s", hint);
}
