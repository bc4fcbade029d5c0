/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trusted root: which logs an entry may come from, whose certificates and timestamps count.
 * Read from a file that the policy names, never fetched from those it judges (attacks.md 62). A log
 * whose key this version cannot use is skipped and counted; everything else that is not of its form
 * refuses the whole file.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/der.h"
#include "trust/root_impl.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define RULE "TRT-1"

static const char *const media_types[] = {
	PDG_ROOT_MEDIA_TYPE,
	"application/vnd.dev.sigstore.trustedroot.v0.1+json",
	"application/vnd.dev.sigstore.trustedroot.v0.2+json",
	NULL,
};

/* The host of "scheme://user@host:port/path": what Sigstore clients take as the log's name. */
static bool url_host(struct pdg_bytes url, struct pdg_bytes *out)
{
	size_t scheme = pdg_bytes_find(url, pdg_bytes_str("://"), 0);
	struct pdg_bytes rest;
	size_t end;
	size_t at;

	if (scheme == SIZE_MAX || scheme == 0)
		return false;
	rest = pdg_bytes_from(url, scheme + 3);
	for (end = 0; end < rest.n && !strchr("/?#", rest.p[end]); end++)
		;
	rest = pdg_bytes_head(rest, end);
	at = pdg_bytes_find_byte(rest, '@', 0);
	if (at != SIZE_MAX)
		rest = pdg_bytes_from(rest, at + 1);
	if (pdg_bytes_starts(rest, "[")) {
		end = pdg_bytes_find_byte(rest, ']', 0);
		rest = pdg_bytes_from(pdg_bytes_head(rest, end), 1);
		if (end == SIZE_MAX)
			return false;
	} else {
		rest = pdg_bytes_head(rest, pdg_bytes_find_byte(rest, ':', 0));
	}
	*out = rest;
	return rest.n > 0;
}

static int read_time(const json_t *o, const char *name, int64_t *out, struct pdg_error *err)
{
	const char *text;
	int rc = pdg_json_opt_str(o, name, &text, err);

	if (rc < 0 || !text)
		return rc;
	rc = pdg_time_parse(pdg_bytes_str(text), out, err);
	return rc < 0 ? pdg_context(err, rc, "validFor.%s", name) : 0;
}

/*
 * The last second of a validFor, which may be left out. The epoch is what an empty protobuf
 * Timestamp is written as: whether "never" or "open" was meant nobody can tell.
 */
static int read_end(const json_t *window, int64_t *out, struct pdg_error *err)
{
	const char *text;
	int64_t end = 0;
	int rc = pdg_json_opt_str(window, "end", &text, err);

	if (rc == 0)
		rc = read_time(window, "end", &end, err);
	if (rc < 0 || !text)
		return rc;
	if (end <= 0) {
		rc = pdg_reject(err, RULE, "validFor.end %s is no time that could be meant", text);
		pdg_fix(err, "leave it out where the end is open, and take out what is never to be "
			     "trusted");
		return rc;
	}
	*out = end;
	return 0;
}

/* "validFor" of a log's key, which must say since when. */
static int read_window(const json_t *key, struct pdg_root_log *log, struct pdg_error *err)
{
	const json_t *window;
	const char *start;
	int rc;

	rc = pdg_json_obj(key, "validFor", &window, err);
	if (rc == 0)
		rc = pdg_json_str(window, "start", &start, err);
	if (rc == 0)
		rc = read_time(window, "start", &log->valid_from, err);
	if (rc == 0)
		rc = read_end(window, &log->valid_until, err);
	return rc;
}

static int read_id(const json_t *tlog, struct pdg_root_log *log, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	const json_t *id;
	int rc;

	rc = pdg_json_obj(tlog, "logId", &id, err);
	if (rc == 0)
		rc = pdg_json_base64(id, "keyId", &raw, err);
	if (rc < 0)
		return rc;
	if (raw.n != PDG_ROOT_LOG_ID_LEN)
		return pdg_reject(err, RULE, "logId.keyId has %zu bytes, not %d", raw.n,
				  PDG_ROOT_LOG_ID_LEN);
	memcpy(log->log_id, raw.p, PDG_ROOT_LOG_ID_LEN);
	return 0;
}

/* The key, or NULL in @log->key when it is of a type, form or hash that is not used here. */
static int read_key(const json_t *tlog, const json_t *key, struct pdg_root_log *log,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(key) struct pdg_key *k = NULL;
	const char *details;
	const char *hash;
	int rc;

	rc = pdg_json_base64(key, "rawBytes", &der, err);
	if (rc == 0)
		rc = pdg_json_str(key, "keyDetails", &details, err);
	if (rc == 0)
		rc = pdg_json_opt_str(tlog, "hashAlgorithm", &hash, err);
	if (rc < 0)
		return rc;
	if (hash && !pdg_str_eq(hash, "SHA2_256"))
		return 0;
	rc = pdg_key_public_der(pdg_buf_bytes(&der), &k, NULL);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc == 0 && pdg_str_eq(pdg_key_details(k), details))
		log->key = PDG_TAKE(k);
	return 0;
}

static int read_log(const json_t *tlog, struct pdg_root_log *log, struct pdg_error *err)
{
	struct pdg_bytes host;
	const char *url;
	const char *run_by;
	const json_t *key;
	int rc;

	rc = pdg_json_str(tlog, "baseUrl", &url, err);
	if (rc == 0)
		rc = pdg_json_opt_str(tlog, "operator", &run_by, err);
	if (rc < 0)
		return rc;
	log->embedded = run_by && pdg_str_eq(run_by, PDG_ROOT_EMBEDDED);
	if (!url_host(pdg_bytes_str(url), &host))
		return pdg_reject(err, RULE, "baseUrl \"%s\" is not a URL with a host", url);
	log->base_url = pdg_str_dup(url);
	log->host = pdg_bytes_dup(host);
	if (!log->base_url || !log->host)
		return pdg_nomem(err);
	rc = read_id(tlog, log, err);
	if (rc == 0)
		rc = pdg_json_obj(tlog, "publicKey", &key, err);
	if (rc == 0)
		rc = read_window(key, log, err);
	if (rc == 0)
		rc = read_key(tlog, key, log, err);
	return rc;
}

static int add_log(struct pdg_root *r, const json_t *tlog, struct pdg_error *err)
{
	struct pdg_root_log *log = &r->logs[r->n_logs];
	int rc;

	*log = (struct pdg_root_log){0};
	rc = read_log(tlog, log, err);
	if (rc == 0 && pdg_root_log(r, pdg_bytes(log->log_id, PDG_ROOT_LOG_ID_LEN)))
		rc = pdg_reject(err, RULE, "two logs have one logId");
	if (rc < 0 || !log->key)
		pdg_root_log_done(log);
	if (rc < 0)
		return rc;
	if (log->valid_from > r->newest)
		r->newest = log->valid_from;
	if (log->key)
		r->n_logs++;
	else
		r->n_skipped++;
	return 0;
}

static int read_logs(const json_t *doc, struct pdg_root *r, struct pdg_error *err)
{
	const json_t *tlogs;
	size_t n;
	size_t i;
	int rc;

	rc = pdg_json_arr(doc, "tlogs", &tlogs, err);
	if (rc < 0)
		return rc;
	n = pdg_json_len(tlogs);
	r->logs = pdg_calloc(n + 1, sizeof(*r->logs));
	if (!r->logs)
		return pdg_nomem(err);
	for (i = 0; i < n; i++) {
		rc = add_log(r, pdg_json_at(tlogs, i), err);
		if (rc < 0)
			return pdg_context(err, rc, "tlogs[%zu]", i);
	}
	if (r->n_logs == 0)
		return pdg_reject(err, RULE, "no log is named%s",
				  n ? " whose key can be used" : "");
	return 0;
}

/* What an element of certificateAuthorities and of timestampAuthorities has. */
struct authority {
	struct pdg_buf *certs;
	size_t n;
	int64_t from;
	int64_t until;
};

static void authority_done(struct authority *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		pdg_buf_done(&a->certs[i]);
	free(a->certs);
}
PDG_AUTO_DEFINE_VALUE(authority, struct authority, authority_done)

static int read_cert(const json_t *o, struct authority *a, struct pdg_error *err)
{
	struct pdg_buf *der = &a->certs[a->n];
	int rc;

	pdg_buf_init(der, PDG_LIMIT_KEY_PEM);
	a->n++;
	rc = pdg_json_base64(o, "rawBytes", der, err);
	if (rc == 0 && !pdg_der_strict(pdg_buf_bytes(der)))
		rc = pdg_reject(err, RULE, "rawBytes is not a certificate in DER");
	return rc;
}

static int read_chain(const json_t *o, struct authority *a, struct pdg_error *err)
{
	const json_t *chain;
	const json_t *certs = NULL;
	size_t n;
	size_t i;
	int rc = pdg_json_opt_obj(o, "certChain", &chain, err);

	if (rc == 0 && chain)
		rc = pdg_json_opt_arr(chain, "certificates", &certs, err);
	n = certs ? pdg_json_len(certs) : 0;
	if (rc < 0 || n == 0)
		return rc;
	if (n > PDG_LIMIT_CHAIN_CERTS)
		return pdg_reject(err, RULE, "a chain of %zu certificates, the limit is %d", n,
				  PDG_LIMIT_CHAIN_CERTS);
	a->certs = pdg_calloc(n, sizeof(*a->certs));
	if (!a->certs)
		return pdg_nomem(err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = pdg_context(err, read_cert(pdg_json_at(certs, i), a, err), "certificates[%zu]",
				 i);
	return rc;
}

static int read_authority(const json_t *o, struct authority *a, struct pdg_error *err)
{
	const json_t *window;
	int rc;

	if (!pdg_json_is_obj(o))
		return pdg_reject(err, RULE, "is not an object");
	rc = read_chain(o, a, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(o, "validFor", &window, err);
	if (rc == 0 && window)
		rc = read_time(window, "start", &a->from, err);
	if (rc == 0 && window)
		rc = read_end(window, &a->until, err);
	return rc;
}

static int add_ca(struct pdg_root *r, struct authority *a, struct pdg_error *err)
{
	(void)err;
	r->cas[r->n_cas++] = (struct pdg_root_ca){
		.certs = a->certs, .n_certs = a->n, .valid_from = a->from, .valid_until = a->until};
	*a = (struct authority){0};
	return 0;
}

static int add_tsa(struct pdg_root *r, struct authority *a, struct pdg_error *err)
{
	struct pdg_bytes certs[PDG_LIMIT_CHAIN_CERTS];
	size_t i;
	int rc;

	for (i = 0; i < a->n; i++)
		certs[i] = pdg_buf_bytes(&a->certs[i]);
	rc = pdg_tsa_new(certs, a->n, a->from, a->until, &r->tsas[r->n_tsas], err);
	if (rc == 0)
		r->n_tsas++;
	return rc;
}

/* Both lists of authorities; @items: where room for their elements goes. */
static int read_authorities(const json_t *doc, const char *name, void *items, size_t size,
			    int (*add)(struct pdg_root *, struct authority *, struct pdg_error *),
			    struct pdg_root *r, struct pdg_error *err)
{
	const json_t *list;
	size_t i;
	int rc = pdg_json_opt_arr(doc, name, &list, err);

	if (rc < 0 || !list)
		return rc;
	if (pdg_json_len(list) > PDG_LIMIT_AUTHORITIES)
		return pdg_reject(err, RULE, "%s has %zu elements, the limit is %d", name,
				  pdg_json_len(list), PDG_LIMIT_AUTHORITIES);
	*(void **)items = pdg_calloc(pdg_json_len(list) + 1, size);
	if (!*(void **)items)
		return pdg_nomem(err);
	for (i = 0; rc == 0 && i < pdg_json_len(list); i++) {
		PDG_AUTO(authority) struct authority a = {0};

		rc = read_authority(pdg_json_at(list, i), &a, err);
		if (rc == 0 && a.from > r->newest)
			r->newest = a.from;
		if (rc == 0 && a.n > 0)
			rc = add(r, &a, err);
		rc = pdg_context(err, rc, "%s[%zu]", name, i);
	}
	return rc;
}

/* Certificate logs are not judged; their dates still tell how old the file is. */
static void note_ctlogs(const json_t *doc, struct pdg_root *r)
{
	const json_t *list = pdg_json_get(doc, "ctlogs");
	size_t i;

	for (i = 0; i < pdg_json_len(list); i++) {
		const json_t *o = pdg_json_at(list, i);
		const json_t *window;
		int64_t t = 0;

		if (pdg_json_is_obj(o))
			o = pdg_json_get(o, "publicKey");
		window = pdg_json_is_obj(o) ? pdg_json_get(o, "validFor") : NULL;
		if (pdg_json_is_obj(window) && read_time(window, "start", &t, NULL) == 0 &&
		    t > r->newest)
			r->newest = t;
	}
}

static int read_document(const json_t *doc, struct pdg_root *r, struct pdg_error *err)
{
	const char *type;
	size_t i;
	int rc;

	rc = pdg_json_str(doc, "mediaType", &type, err);
	if (rc < 0)
		return rc;
	for (i = 0; media_types[i] && !pdg_str_eq(type, media_types[i]); i++)
		;
	if (!media_types[i])
		return pdg_reject(err, RULE, "mediaType \"%s\" is not that of a trusted root",
				  type);
	rc = read_logs(doc, r, err);
	if (rc < 0)
		return rc;
	note_ctlogs(doc, r);
	rc = read_authorities(doc, "certificateAuthorities", &r->cas, sizeof(*r->cas), add_ca, r,
			      err);
	if (rc == 0)
		rc = read_authorities(doc, "timestampAuthorities", &r->tsas,
				      sizeof(struct pdg_tsa *), add_tsa, r, err);
	return rc;
}

int pdg_root_parse(struct pdg_bytes in, struct pdg_root **out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *doc = NULL;
	PDG_AUTO(root) struct pdg_root *r = NULL;
	int rc;

	rc = pdg_json_load(in, PDG_LIMIT_POLICY_FILE, &doc, err);
	if (rc < 0)
		return pdg_context(err, pdg_as_rule(err, rc, RULE), "trusted root");
	r = pdg_calloc(1, sizeof(*r));
	if (!r)
		return pdg_nomem(err);
	rc = read_document(doc, r, err);
	if (rc < 0)
		return pdg_context(err, pdg_as_rule(err, rc, RULE), "trusted root");
	*out = PDG_TAKE(r);
	return 0;
}

int pdg_root_load(const char *path, struct pdg_root **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	int rc;

	rc = pdg_fs_read(path, &text, err);
	if (rc < 0)
		return pdg_context(err, pdg_as_rule(err, rc, RULE), "trusted root");
	rc = pdg_root_parse(pdg_buf_bytes(&text), out, err);
	return rc < 0 ? pdg_context(err, rc, "%s", path) : 0;
}
