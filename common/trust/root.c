/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trusted root: which logs an entry may come from. Read from a file that the policy names,
 * never fetched from those it judges (attacks.md 62). A log whose key this version cannot use is
 * skipped and counted; everything else that is not of its form refuses the whole file.
 */
#include "trust/root.h"

#include "util/fs.h"
#include "util/json.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define RULE	   "TRT-1"
#define MEDIA_TYPE "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
#define LOG_ID_LEN 32

static const char *const media_types[] = {
	MEDIA_TYPE,
	"application/vnd.dev.sigstore.trustedroot.v0.1+json",
	"application/vnd.dev.sigstore.trustedroot.v0.2+json",
	NULL,
};

static void log_done(struct pdg_root_log *log)
{
	free(log->base_url);
	free(log->host);
	pdg_key_free(log->key);
}

void pdg_root_free(struct pdg_root *r)
{
	size_t i;

	if (!r)
		return;
	for (i = 0; i < r->n_logs; i++)
		log_done(&r->logs[i]);
	free(r->logs);
	free(r);
}

const struct pdg_root_log *pdg_root_log(const struct pdg_root *r, struct pdg_bytes log_id)
{
	size_t i;

	for (i = 0; i < r->n_logs; i++) {
		if (pdg_bytes_eq(log_id, pdg_bytes(r->logs[i].log_id, LOG_ID_LEN)))
			return &r->logs[i];
	}
	return NULL;
}

int pdg_root_log_good(const struct pdg_root_log *log, int64_t from, int64_t to,
		      struct pdg_error *err)
{
	char limit[PDG_TIME_TEXT];

	if (log->valid_from > to) {
		pdg_time_text(log->valid_from, limit);
		return pdg_reject(err, "TIM-1", "the log %s is trusted only from %s on", log->host,
				  limit);
	}
	if (log->valid_until == 0 || from <= log->valid_until)
		return 0;
	pdg_time_text(log->valid_until, limit);
	return pdg_reject(err, "TIM-2", "the log %s was trusted only until %s", log->host, limit);
}

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
		rc = read_time(window, "end", &log->valid_until, err);
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
	if (raw.n != LOG_ID_LEN)
		return pdg_reject(err, RULE, "logId.keyId has %zu bytes, not %d", raw.n,
				  LOG_ID_LEN);
	memcpy(log->log_id, raw.p, LOG_ID_LEN);
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
	if (rc == 0 && pdg_root_log(r, pdg_bytes(log->log_id, LOG_ID_LEN)))
		rc = pdg_reject(err, RULE, "two logs have one logId");
	if (rc < 0 || !log->key)
		log_done(log);
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

/* Authorities are not judged here; their dates still tell how old the file is. */
static void note_dates(const json_t *doc, const char *name, bool in_key, struct pdg_root *r)
{
	const json_t *list = pdg_json_get(doc, name);
	size_t i;

	for (i = 0; i < pdg_json_len(list); i++) {
		const json_t *o = pdg_json_at(list, i);
		const json_t *window;
		int64_t t = 0;

		if (in_key && pdg_json_is_obj(o))
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
	note_dates(doc, "ctlogs", true, r);
	note_dates(doc, "certificateAuthorities", false, r);
	note_dates(doc, "timestampAuthorities", false, r);
	return 0;
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
	pdg_jw_base64(w, pdg_bytes(log->log_id, LOG_ID_LEN));
	pdg_jw_end(w);
	if (log->embedded)
		pdg_jw_kstr(w, "operator", PDG_ROOT_EMBEDDED);
	pdg_jw_end(w);
}

int pdg_root_write(const struct pdg_root_make *log, struct pdg_buf *out, struct pdg_error *err)
{
	/* Sigstore's Python and JavaScript readers want the lists to be there. */
	static const char *const empty[] = {"certificateAuthorities", "ctlogs",
					    "timestampAuthorities"};
	struct pdg_jw w;
	size_t i;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "mediaType", MEDIA_TYPE);
	pdg_jw_key(&w, "tlogs");
	pdg_jw_arr(&w);
	write_log(&w, log);
	pdg_jw_end(&w);
	for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		pdg_jw_key(&w, empty[i]);
		pdg_jw_arr(&w);
		pdg_jw_end(&w);
	}
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}
