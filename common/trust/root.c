/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of a trusted root once root_read.c has read it: whose log is this, was it trusted
 * then, what does this timestamp say. And the root that pedigreed serves of its own log.
 */
#include "trust/root_impl.h"

#include <stdlib.h>
#include <string.h>

#include "util/jsonw.h"
#include "util/time.h"
#include "util/validity.h"

void pdg_root_log_done(struct pdg_root_log *log)
{
	free(log->base_url);
	free(log->host);
	pdg_key_free(log->key);
}

static void ca_done(struct pdg_root_ca *ca)
{
	size_t i;

	for (i = 0; i < ca->n_certs; i++)
		pdg_buf_done(&ca->certs[i]);
	free(ca->certs);
}

void pdg_root_free(struct pdg_root *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->n_logs; i++)
		pdg_root_log_done(&r->logs[i]);
	for (i = 0; i < r->n_cas; i++)
		ca_done(&r->cas[i]);
	for (i = 0; i < r->n_tsas; i++)
		pdg_tsa_free(r->tsas[i]);
	free(r->logs);
	free(r->cas);
	free(r->tsas);
	free(r);
}

const struct pdg_root_log *pdg_root_log(const struct pdg_root *r, struct pdg_bytes log_id)
{
	size_t i;

	for (i = 0; i < r->n_logs; i++) {
		if (pdg_bytes_eq(log_id, pdg_bytes(r->logs[i].log_id, PDG_ROOT_LOG_ID_LEN)))
			return &r->logs[i];
	}
	return NULL;
}

int pdg_root_log_good(const struct pdg_root_log *log, int64_t from, int64_t to,
		      struct pdg_error *err)
{
	const struct pdg_validity v = {.after = log->valid_from, .before = log->valid_until};
	char limit[PDG_TIME_TEXT];

	if (pdg_validity_at(&v, to, false) == PDG_STANDING_NOT_YET) {
		pdg_time_text(log->valid_from, limit);
		return pdg_reject(err, "TIM-1", "the log %s is trusted only from %s on", log->host,
				  limit);
	}
	if (pdg_validity_at(&v, from, false) != PDG_STANDING_EXPIRED)
		return 0;
	pdg_time_text(log->valid_until, limit);
	return pdg_reject(err, "TIM-2", "the log %s was trusted only until %s", log->host, limit);
}

int pdg_root_timestamp(const struct pdg_root *r, enum pdg_timestamp_form form, struct pdg_bytes der,
		       struct pdg_bytes sig, int64_t latest, int64_t *out_time,
		       struct pdg_error *err)
{
	char when[PDG_TIME_TEXT];
	int64_t at = 0;
	int rc = pdg_timestamp_verify(form, der, sig, r->tsas, r->n_tsas, &at, NULL, err);

	if (rc < 0)
		return rc;
	if (at - PDG_TIME_TOLERANCE > latest) {
		pdg_time_text(at, when);
		return pdg_reject(err, "TSA-10", "the timestamp is of a time to come, %s", when);
	}
	*out_time = at;
	return 0;
}

static void write_log(struct pdg_jw *w, const struct pdg_root_make *log)
{
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "baseUrl", log->base_url);
	pdg_jw_kstr(w, "hashAlgorithm", "SHA2_256");
	pdg_jw_key(w, "publicKey");
	pdg_jw_obj(w);
	pdg_jw_key(w, "rawBytes");
	pdg_jw_base64(w, pdg_key_spki(log->key));
	pdg_jw_kstr(w, "keyDetails", pdg_key_details(log->key));
	pdg_jw_key(w, "validFor");
	pdg_jw_obj(w);
	pdg_jw_key(w, "start");
	pdg_jw_time(w, log->valid_from);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_key(w, "logId");
	pdg_jw_obj(w);
	pdg_jw_key(w, "keyId");
	pdg_jw_base64(w, pdg_bytes(log->log_id, PDG_ROOT_LOG_ID_LEN));
	pdg_jw_end(w);
	if (log->embedded)
		pdg_jw_kstr(w, "operator", PDG_ROOT_EMBEDDED);
	pdg_jw_end(w);
}

/* Nothing of this log's is older than the log; the authority's clock may be another. */
static void write_authority(struct pdg_jw *w, const struct pdg_root_make *log)
{
	int64_t from = log->valid_from - PDG_TIME_TOLERANCE;
	size_t i;

	pdg_jw_obj(w);
	pdg_jw_kobj(w, "subject");
	pdg_jw_kstr(w, "organization", "");
	pdg_jw_kstr(w, "commonName", "");
	pdg_jw_end(w);
	pdg_jw_kstr(w, "uri", log->authority_url);
	pdg_jw_kobj(w, "certChain");
	pdg_jw_key(w, "certificates");
	pdg_jw_arr(w);
	for (i = 0; i < log->authority->n; i++) {
		pdg_jw_obj(w);
		pdg_jw_key(w, "rawBytes");
		pdg_jw_base64(w, pdg_buf_bytes(&log->authority->cert[i]));
		pdg_jw_end(w);
	}
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_kobj(w, "validFor");
	pdg_jw_key(w, "start");
	pdg_jw_time(w, from > 0 ? from : 1);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

int pdg_root_write(const struct pdg_root_make *log, struct pdg_buf *out, struct pdg_error *err)
{
	/* Sigstore's Python and JavaScript readers want the lists to be there. */
	enum { CAS, CTLOGS, AUTHORITIES, LISTS };
	static const char *const lists[LISTS] = {[CAS] = "certificateAuthorities",
						 [CTLOGS] = "ctlogs",
						 [AUTHORITIES] = "timestampAuthorities"};
	struct pdg_jw w;
	size_t i;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "mediaType", PDG_ROOT_MEDIA_TYPE);
	pdg_jw_key(&w, "tlogs");
	pdg_jw_arr(&w);
	write_log(&w, log);
	pdg_jw_end(&w);
	for (i = 0; i < LISTS; i++) {
		pdg_jw_key(&w, lists[i]);
		pdg_jw_arr(&w);
		if (log->authority && i == AUTHORITIES)
			write_authority(&w, log);
		pdg_jw_end(&w);
	}
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}
