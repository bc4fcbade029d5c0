/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Rekor v2 is asked and answers. A write there waits for the log's next checkpoint, about a
 * second, so that many are in flight at once; what comes back is an entry with its proof.
 */
#include "tlog/rekor_impl.h"
#include "util/limits.h"

#define INDEX_HEADER	      "X-Log-Index"
#define CODE_INVALID_ARGUMENT 3 /* gRPC */

static int write_request(const struct pdg_log_item *item, struct pdg_buf *out,
			 struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	struct pdg_jw w;
	/* What cannot be an entry is not sent. */
	int rc = pdg_entry_body(item->digest, item->sig, item->key, &body, err);

	if (rc < 0)
		return rc;
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kobj(&w, "hashedRekordRequestV002");
	pdg_jw_key(&w, "digest");
	pdg_jw_base64(&w, pdg_bytes(item->digest, sizeof(item->digest)));
	pdg_jw_kobj(&w, "signature");
	pdg_jw_key(&w, "content");
	pdg_jw_base64(&w, item->sig);
	pdg_jw_kobj(&w, "verifier");
	pdg_jw_kobj(&w, "publicKey");
	pdg_jw_key(&w, "rawBytes");
	pdg_jw_base64(&w, pdg_key_spki(item->key));
	pdg_jw_end(&w);
	pdg_jw_kstr(&w, "keyDetails", pdg_key_details(item->key));
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

static int read_entry(const struct pdg_http_answer *a, struct pdg_entry **out,
		      struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	int rc = pdg_json_load(pdg_buf_bytes(&a->body), PDG_LIMIT_LOG_ANSWER, &j, err);

	if (rc == 0)
		rc = pdg_entry_read(j, out, err);
	return pdg_rekor_no_entry(err, rc);
}

/* A duplicate: the log names the index and gives no proof (formats.md 5.5). */
static int recover(struct pdg_rekor_view *view, const struct pdg_http_answer *a,
		   const struct pdg_log_item *item, struct pdg_entry **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	const char *header = pdg_http_header(a, INDEX_HEADER);
	uint64_t index;
	int rc;

	if (!header || !pdg_bytes_u64(pdg_bytes_str(header), INT64_MAX, &index))
		return pdg_reject(err, "LOG-13",
				  "the log has this entry already but does not say where");
	rc = pdg_entry_body(item->digest, item->sig, item->key, &body, err);
	if (rc == 0)
		rc = pdg_rekor_view_entry(view, index, pdg_buf_bytes(&body), out, err);
	return rc < 0 ? pdg_context(err, rc, "entry the log has already") : 0;
}

/* Rekor's own word that the request is wrong: {"code":3,…}, not a page of something before it. */
static bool is_invalid_argument(const struct pdg_http_answer *a)
{
	PDG_AUTO(json) json_t *j = NULL;
	uint64_t code;

	return (a->status == 400 || a->status == 413 || a->status == 422) &&
	       pdg_json_load(pdg_buf_bytes(&a->body), PDG_LIMIT_LOG_ANSWER, &j, NULL) == 0 &&
	       pdg_json_u64(j, "code", &code, NULL) == 0 && code == CODE_INVALID_ARGUMENT;
}

static int read_answer(struct pdg_rekor *r, struct pdg_rekor_view *view,
		       const struct pdg_http_answer *a, const struct pdg_log_item *item,
		       struct pdg_entry **out, struct pdg_error *err)
{
	if (a->status == 201)
		return read_entry(a, out, err);
	if (a->status == 409)
		return recover(view, a, item, out, err);
	return pdg_rekor_refusal(r, a, is_invalid_argument(a), err);
}

static const char *const want[] = {INDEX_HEADER, NULL};

const struct pdg_rekor_kind pdg_rekor_v2_kind = {
	.ops = {.name = "rekor-v2", .free = pdg_rekor_free},
	.path = "api/v2/log/entries",
	.want = want,
	.write = write_request,
	.read = read_answer,
	.consistency = pdg_rekor_v2_consistency,
};

int pdg_rekor_v2_open(const struct pdg_rekor_options *opt, struct pdg_log **out,
		      struct pdg_error *err)
{
	return pdg_rekor_open(opt, &pdg_rekor_v2_kind, out, err);
}
