/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Rekor v1 is asked and answers (formats.md 4): the whole envelope goes there, and an entry
 * with its signed time and its proof comes back; what it has already (409) is fetched from the
 * place that it names, on its own host alone.
 */
#include <inttypes.h>
#include <string.h>

#include "crypto/pem.h"
#include "tlog/rekor_impl.h"
#include "tlog/rekor_v1.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

#define TYPE	    "application/vnd.in-toto+json"
#define ENTRIES	    "api/v1/log/entries"
#define UUID	    64	/* hex digits: the leaf's hash */
#define UUID_TREE   80	/* and the tree's id before it */
#define NOT_ALLOWED 600 /* from here on, codes of what reads requests for Rekor */

/* The envelope as it is sent; the log keeps its digest and nobody needs it again. */
static void write_envelope(const struct pdg_log_item *item, struct pdg_buf *out)
{
	struct pdg_jw w;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "payload");
	pdg_jw_base64(&w, item->payload);
	pdg_jw_kstr(&w, "payloadType", TYPE);
	pdg_jw_key(&w, "signatures");
	pdg_jw_arr(&w);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "sig");
	pdg_jw_base64(&w, item->sig);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
}

static int write_request(const struct pdg_log_item *item, struct pdg_buf *out,
			 struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf envelope = PDG_BUF_INIT(PDG_LIMIT_LOG_REQUEST);
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	struct pdg_jw w;
	int rc;

	if (item->payload.n == 0)
		return pdg_fail(err, PDG_E_USAGE, "a Rekor v1 takes the statement itself");
	write_envelope(item, &envelope);
	pdg_pem_write("PUBLIC KEY", pdg_key_spki(item->key), &pem);
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "apiVersion", PDG_REKOR1_VERSION);
	pdg_jw_kstr(&w, "kind", PDG_REKOR1_DSSE);
	pdg_jw_kobj(&w, "spec");
	pdg_jw_kobj(&w, "proposedContent");
	pdg_jw_key(&w, "envelope");
	pdg_jw_bytes(&w, pdg_buf_bytes(&envelope));
	pdg_jw_key(&w, "verifiers");
	pdg_jw_arr(&w);
	pdg_jw_base64(&w, pdg_buf_bytes(&pem));
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	rc = pdg_buf_check(&envelope, err);
	if (rc == 0)
		rc = pdg_buf_check(&pem, err);
	if (rc == 0)
		rc = pdg_buf_check(out, err);
	return pdg_under_rule(err, rc, "LOG-15");
}

/* {"<uuid>": {…}}: one member, whatever it is called. */
static int read_entry(const struct pdg_http_answer *a, struct pdg_entry **out,
		      struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	const json_t *entry = NULL;
	const char *name = NULL;
	int rc = pdg_json_load(pdg_buf_bytes(&a->body), PDG_LIMIT_LOG_ANSWER, &j, err);

	if (rc == 0 && (pdg_json_members(j) != 1 || !pdg_json_next(j, NULL, &name, &entry) ||
			!pdg_json_is_obj(entry)))
		rc = pdg_reject(err, "LOG-6", "it is not one entry");
	if (rc == 0)
		rc = pdg_rekor1_read_json(entry, out, err);
	return pdg_rekor_no_entry(err, rc);
}

/*
 * The id behind a Location: relative, or on the host that we asked (attack T66). All else of it is
 * ours. NULL when it names no entry there.
 */
static const char *uuid_of(const struct pdg_rekor *r, const char *location)
{
	size_t base = strlen(r->url);
	const char *slash;
	size_t n;

	while (base > 0 && r->url[base - 1] == '/')
		base--;
	if (!location)
		return NULL;
	if (strncmp(location, r->url, base) == 0 && location[base] == '/')
		location += base;
	if (location[0] != '/' || location[1] == '/')
		return NULL;
	slash = strrchr(location, '/');
	n = strlen(slash + 1);
	if ((n != UUID && n != UUID_TREE) || strspn(slash + 1, "0123456789abcdef") != n)
		return NULL;
	return slash + 1;
}

static int get(const struct pdg_rekor *r, struct pdg_http *http, const char *path,
	       struct pdg_http_answer *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *url = pdg_url_join(r->url, path);
	const struct pdg_http_request request = {
		.method = "GET",
		.url = url,
		.timeout_ms = PDG_REKOR_READ_MS,
		.connect_ms = PDG_REKOR_CONNECT_MS,
	};

	if (!url)
		return pdg_nomem(err);
	return pdg_http_call(http, &request, PDG_LIMIT_LOG_ANSWER, out, err);
}

static int fetch(const struct pdg_rekor *r, struct pdg_http *http, const struct pdg_http_answer *a,
		 struct pdg_entry **out, struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer got = {0};
	PDG_AUTO(mem) char *path = NULL;
	const char *uuid = uuid_of(r, a->location);
	int rc;

	if (!uuid)
		return pdg_reject(err, "LOG-13",
				  "the log has this entry already but does not say where on its "
				  "host: \"%.100s\"",
				  a->location ? a->location : "");
	path = pdg_str_printf(ENTRIES "/%s", uuid);
	if (!path)
		return pdg_nomem(err);
	rc = get(r, http, path, &got, err);
	if (rc < 0)
		return rc;
	if (got.status != 200)
		return pdg_reject(err, "LOG-13",
				  "the log has this entry already, but answers %d for it",
				  got.status);
	return read_entry(&got, out, err);
}

/* Rekor's own word that the request is wrong: {"code":…,"message":…} with a code of its own. */
static bool is_wrong(const struct pdg_http_answer *a)
{
	PDG_AUTO(json) json_t *j = NULL;
	uint64_t code;

	return (a->status == 400 || a->status == 413 || a->status == 422) &&
	       pdg_json_load(pdg_buf_bytes(&a->body), PDG_LIMIT_LOG_ANSWER, &j, NULL) == 0 &&
	       pdg_json_u64(j, "code", &code, NULL) == 0 &&
	       (code == (uint64_t)a->status || code >= NOT_ALLOWED);
}

static int read_answer(struct pdg_rekor *r, struct pdg_rekor_view *view,
		       const struct pdg_http_answer *a, const struct pdg_log_item *item,
		       struct pdg_entry **out, struct pdg_error *err)
{
	(void)item;
	if (a->status == 201)
		return read_entry(a, out, err);
	if (a->status == 409)
		return fetch(r, view->http, a, out, err);
	return pdg_rekor_refusal(r, a, is_wrong(a), err);
}

/* --- consistency --- */

static int read_hash(const char *hex, struct pdg_hash32 *out)
{
	return hex && pdg_unhex(pdg_bytes_str(hex), out->b, PDG_HASH_LEN) ? 0 : PDG_E_FORMAT;
}

static int read_hashes(const json_t *list, struct pdg_proof *out, struct pdg_error *err)
{
	size_t i;

	if (pdg_json_len(list) > PDG_PROOF_MAX)
		return pdg_reject(err, "LOG-13", "the log's proof has %zu hashes",
				  pdg_json_len(list));
	for (i = 0; i < pdg_json_len(list); i++) {
		if (read_hash(pdg_json_str_value(pdg_json_at(list, i)), &out->v[i]) < 0)
			return pdg_reject(err, "LOG-13", "the log's proof is none");
	}
	out->n = pdg_json_len(list);
	return 0;
}

/* The log has one tree at a time: one that begins another is another log. */
static int consistency(struct pdg_rekor *r, struct pdg_http *http, uint64_t m, uint64_t n,
		       struct pdg_proof *out, struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(mem)
	char *path =
		pdg_str_printf("api/v1/log/proof?firstSize=%" PRIu64 "&lastSize=%" PRIu64, m, n);
	struct pdg_proof proof = {.n = 0};
	const json_t *list = NULL;
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = get(r, http, path, &a, err);
	/* It signed a tree of @n entries, and says that it has none so large. */
	if (rc == 0 && a.status == 400 && is_wrong(&a))
		rc = pdg_reject(err, "LOG-2",
				"the log went back: it has no tree of %" PRIu64 " entries", n);
	if (rc == 0 && a.status != 200)
		rc = pdg_reject(err, "LOG-13", "the log answers %d for a proof", a.status);
	if (rc == 0)
		rc = pdg_rekor_no_entry(
			err, pdg_json_load(pdg_buf_bytes(&a.body), PDG_LIMIT_LOG_ANSWER, &j, err));
	if (rc == 0)
		rc = pdg_rekor_no_entry(err, pdg_json_arr(j, "hashes", &list, err));
	if (rc == 0)
		rc = read_hashes(list, &proof, err);
	if (rc == 0)
		*out = proof;
	return rc;
}

const struct pdg_rekor_kind pdg_rekor_v1_kind = {
	.ops = {.name = "rekor-v1", .free = pdg_rekor_free},
	.path = ENTRIES,
	.write = write_request,
	.read = read_answer,
	.consistency = consistency,
	.timed = true,
};

int pdg_rekor_v1_open(const struct pdg_rekor_options *opt, struct pdg_log **out,
		      struct pdg_error *err)
{
	return pdg_rekor_open(opt, &pdg_rekor_v1_kind, out, err);
}
