/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles as the service writes them: v0.3, a plain key, at most one log entry and one timestamp.
 */
#include "attest/bundle.h"
#include "util/jsonw.h"

static void write_timestamp(struct pdg_jw *w, struct pdg_bytes der)
{
	pdg_jw_kobj(w, "timestampVerificationData");
	pdg_jw_key(w, "rfc3161Timestamps");
	pdg_jw_arr(w);
	pdg_jw_obj(w);
	pdg_jw_key(w, "signedTimestamp");
	pdg_jw_base64(w, der);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

int pdg_bundle_write(const struct pdg_bundle_parts *parts, struct pdg_buf *out,
		     struct pdg_error *err)
{
	struct pdg_jw w;

	pdg_buf_expect(out, (parts->payload.n + parts->sig.n + parts->timestamp.n) / 3 * 4 +
				    (parts->entry ? 4096 : 512));
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "mediaType", PDG_BUNDLE_V03);
	pdg_jw_key(&w, "verificationMaterial");
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "publicKey");
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "hint", pdg_key_hint(parts->key));
	pdg_jw_end(&w);
	if (parts->entry) {
		pdg_jw_key(&w, "tlogEntries");
		pdg_jw_arr(&w);
		pdg_entry_write(parts->entry, &w);
		pdg_jw_end(&w);
	}
	if (parts->timestamp.n > 0)
		write_timestamp(&w, parts->timestamp);
	pdg_jw_end(&w);

	pdg_jw_key(&w, "dsseEnvelope");
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "payload");
	pdg_jw_base64(&w, parts->payload);
	pdg_jw_kstr(&w, "payloadType", PDG_PAYLOAD_TYPE);
	pdg_jw_key(&w, "signatures");
	pdg_jw_arr(&w);
	pdg_jw_obj(&w);
	/* No keyid: the hint says it, and cosign skips a signature whose keyid is not one of its
	 * own. */
	pdg_jw_key(&w, "sig");
	pdg_jw_base64(&w, parts->sig);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}
