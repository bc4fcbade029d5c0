/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dsse entries of Rekor v1 (formats.md 4.3). Their body is made anew from the statement, the
 * signature and the key that the caller has verified, but for one digest: that of the envelope's
 * text as somebody sent it, which nobody has any more and which says nothing that the rest does
 * not.
 */
#include <inttypes.h>

#include "crypto/pem.h"
#include "tlog/rekor_v1.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

static void write_hash(struct pdg_jw *w, const char *name, const char *hex)
{
	pdg_jw_kobj(w, name);
	pdg_jw_kstr(w, "algorithm", "sha256");
	pdg_jw_kstr(w, "value", hex);
	pdg_jw_end(w);
}

/* Members in code-point order: RFC 8785 by construction. */
static void write_body(const struct pdg_entry_claim *c, const char *envelope, const char *payload,
		       struct pdg_bytes pem, struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "apiVersion", PDG_REKOR1_VERSION);
	pdg_jw_kstr(w, "kind", PDG_REKOR1_DSSE);
	pdg_jw_kobj(w, "spec");
	write_hash(w, "envelopeHash", envelope);
	write_hash(w, "payloadHash", payload);
	pdg_jw_key(w, "signatures");
	pdg_jw_arr(w);
	pdg_jw_obj(w);
	pdg_jw_key(w, "signature");
	pdg_jw_base64(w, c->sig);
	pdg_jw_key(w, "verifier");
	pdg_jw_base64(w, pem);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

int pdg_rekor1_dsse_body(const struct pdg_entry_claim *claim, const char *envelope_sha256,
			 struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ANSWER);
	char hex[PDG_SHA256_HEX];
	struct pdg_jw w;
	int rc = pdg_sha256_hex(claim->payload, hex, err);

	if (rc < 0)
		return rc;
	pdg_pem_write("PUBLIC KEY", pdg_key_spki(claim->key), &pem);
	rc = pdg_buf_check(&pem, err);
	if (rc == 0) {
		pdg_jw_init(&w, &body);
		write_body(claim, envelope_sha256, hex, pdg_buf_bytes(&pem), &w);
		rc = pdg_buf_check(&body, err);
	}
	if (rc < 0)
		return pdg_context(err, pdg_under_rule(err, rc, "LOG-15"), "log entry");
	pdg_buf_put(out, pdg_buf_bytes(&body));
	return pdg_buf_check(out, err);
}

/* The one member of the body that is taken from it: 64 digits, whatever they are. */
static int envelope_hash(const struct pdg_entry *e, char out[PDG_SHA256_HEX], struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	const json_t *spec = NULL;
	const json_t *hash = NULL;
	const char *hex = NULL;
	uint8_t raw[PDG_SHA256_LEN];

	if (pdg_json_load(pdg_buf_bytes(&e->body), PDG_LIMIT_LOG_ANSWER, &j, NULL) < 0 ||
	    pdg_json_obj(j, "spec", &spec, NULL) < 0 ||
	    pdg_json_obj(spec, "envelopeHash", &hash, NULL) < 0 ||
	    pdg_json_str(hash, "value", &hex, NULL) < 0 ||
	    !pdg_unhex(pdg_bytes_str(hex), raw, sizeof(raw)))
		return pdg_reject(err, "LOG-7",
				  "log entry %" PRIu64 " has not the body of its kind",
				  e->log_index);
	pdg_hex(pdg_bytes(raw, sizeof(raw)), out);
	return 0;
}

int pdg_rekor1_dsse_verify(const struct pdg_entry *e, const struct pdg_entry_claim *claim,
			   const struct pdg_root *root, struct pdg_rekor1_shown *out,
			   struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ANSWER);
	char hex[PDG_SHA256_HEX];
	int rc;

	if (!pdg_str_eq(e->kind, PDG_REKOR1_DSSE) || !pdg_str_eq(e->version, PDG_REKOR1_VERSION))
		return pdg_reject(err, "LOG-9",
				  "log entry of kind \"%s\" %s is not judged by this version",
				  e->kind, e->version);
	rc = envelope_hash(e, hex, err);
	if (rc == 0)
		rc = pdg_rekor1_dsse_body(claim, hex, &body, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(pdg_buf_bytes(&e->body), pdg_buf_bytes(&body)))
		return pdg_reject(err, "LOG-7",
				  "log entry %" PRIu64
				  " speaks of another signature, statement or key",
				  e->log_index);
	return pdg_rekor1_check(e, pdg_buf_bytes(&body), root, claim->latest, out, err);
}
