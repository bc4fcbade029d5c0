/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox: between a hook, which must not wait for the network, and the service, which
 * must learn of every statement. Filled by common/gate/emit.c, emptied by pedigree-net.
 */
#include "attest/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/codec.h"
#include "util/json.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/problem.h"
#include "util/size.h"
#include "util/str.h"

#define HEX_DIGITS  64
#define WAITING	    ".json"
#define REFUSED	    ".refused"
#define PROBLEM	    ".problem"
#define PROBE	    ".writable"
#define PROBE_BYTES 16384 /* about what a statement with its commit takes */

/* "<64 hex digits><suffix>"? Nothing else in the folder is looked at. */
static bool is_named(const char *name, const char *suffix)
{
	struct pdg_bytes b = pdg_bytes_str(name);

	return b.n == HEX_DIGITS + strlen(suffix) && pdg_bytes_ends(b, suffix) &&
	       pdg_is_hex(pdg_bytes_head(b, HEX_DIGITS), HEX_DIGITS);
}

static bool is_waiting(const char *name)
{
	return is_named(name, WAITING);
}

/* @dir/<hex of @name><suffix>; @name begins with the 64 digits. */
static int place(const char *dir, const char *name, const char *suffix, char **out,
		 struct pdg_error *err)
{
	*out = pdg_str_printf("%s/%.*s%s", dir, HEX_DIGITS, name, suffix);
	return *out ? 0 : pdg_nomem(err);
}

static int check_name(const char *name, struct pdg_error *err)
{
	if (is_waiting(name))
		return 0;
	return pdg_fail(err, PDG_E_USAGE, "\"%s\" is not the name of a waiting submission", name);
}

int pdg_outbox_ready(const char *dir, struct pdg_error *err)
{
	PDG_AUTO(mem) char *probe = pdg_path_join(dir, PROBE);
	int rc = probe ? pdg_fs_private_dir(dir, err) : pdg_nomem(err);

	return rc < 0 ? rc : pdg_fs_room(probe, PROBE_BYTES, err);
}

/* Does the file @path hold exactly @body? */
static bool holds(const char *path, struct pdg_bytes body)
{
	PDG_AUTO(buf) struct pdg_buf there = PDG_BUF_INIT(body.n);

	return pdg_fs_read(path, &there, NULL) == 0 && pdg_bytes_eq(pdg_buf_bytes(&there), body);
}

int pdg_outbox_put(const char *dir, const char *reference, struct pdg_bytes body,
		   struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	int rc;

	if (!pdg_is_reference(reference))
		return pdg_fail(err, PDG_E_USAGE, "\"%s\" is not the reference of a statement",
				reference);
	rc = place(dir, reference + strlen("sha256:"), WAITING, &path, err);
	if (rc == 0)
		rc = pdg_fs_private_dir(dir, err);
	/* Whoever wrote the same was perhaps killed before its name was on the disk. */
	if (rc == 0 && holds(path, body))
		rc = pdg_fs_sync_dir(dir, err);
	else if (rc == 0)
		rc = pdg_fs_write(path, body, 0600, err);
	return pdg_context(err, rc, "outbox");
}

struct waiting {
	char *name;
	struct timespec since;
};

static int by_age(const void *a, const void *b)
{
	const struct waiting *x = a;
	const struct waiting *y = b;

	if (x->since.tv_sec != y->since.tv_sec)
		return x->since.tv_sec < y->since.tv_sec ? -1 : 1;
	if (x->since.tv_nsec != y->since.tv_nsec)
		return x->since.tv_nsec < y->since.tv_nsec ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Put @names, all of them waiting submissions in @dir, into the order in which they came. */
static int sort_by_age(const char *dir, struct pdg_names *names, struct pdg_error *err)
{
	PDG_AUTO(mem) struct waiting *w = NULL;
	size_t i;

	if (names->n == 0)
		return 0;
	w = pdg_calloc(names->n, sizeof(*w));
	if (!w)
		return pdg_nomem(err);
	for (i = 0; i < names->n; i++) {
		PDG_AUTO(mem) char *path = pdg_path_join(dir, names->v[i]);
		struct stat st;

		if (!path)
			return pdg_nomem(err);
		w[i].name = names->v[i];
		/* One that went away meanwhile is of no age; reading it will say so. */
		if (stat(path, &st) == 0)
			w[i].since = st.st_mtim;
	}
	qsort(w, names->n, sizeof(*w), by_age);
	for (i = 0; i < names->n; i++)
		names->v[i] = w[i].name;
	return 0;
}

static int list_named(const char *dir, const char *suffix, struct pdg_names *out,
		      struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	size_t kept = 0;
	size_t i;
	int rc;

	if (pdg_fs_exists(dir)) {
		rc = pdg_fs_list(dir, PDG_LIMIT_OUTBOX, &names, err);
		if (rc < 0)
			return pdg_context(err, rc, "outbox");
	}
	for (i = 0; i < names.n; i++) {
		if (is_named(names.v[i], suffix))
			names.v[kept++] = names.v[i];
		else
			free(names.v[i]);
	}
	names.n = kept;
	*out = names;
	names = (struct pdg_names){NULL, 0};
	return 0;
}

int pdg_outbox_list(const char *dir, struct pdg_names *out, struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	int rc;

	pdg_fs_sweep(dir);
	rc = list_named(dir, WAITING, &names, err);

	if (rc == 0)
		rc = sort_by_age(dir, &names, err);
	if (rc < 0)
		return rc;
	*out = names;
	names = (struct pdg_names){NULL, 0};
	return 0;
}

int pdg_outbox_list_refused(const char *dir, struct pdg_names *out, struct pdg_error *err)
{
	return list_named(dir, REFUSED, out, err);
}

int pdg_outbox_read(const char *dir, const char *name, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	struct stat st;
	int rc = check_name(name, err);

	if (rc == 0)
		rc = place(dir, name, WAITING, &path, err);
	if (rc < 0)
		return rc;
	rc = pdg_fs_read(path, out, err);
	if (rc == PDG_E_NOTFOUND && lstat(path, &st) == 0)
		return pdg_reject(err, "FIL-2", "\"%s\" is a link to nothing", path);
	if (rc == PDG_E_LIMIT || (rc == PDG_E_IO && stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
		return pdg_as_rule(err, rc, "FIL-2");
	return rc;
}

static int remove_one(const char *dir, const char *name, const char *suffix, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = NULL;
	int rc = place(dir, name, suffix, &path, err);

	return rc < 0 ? rc : pdg_fs_remove(path, err);
}

int pdg_outbox_done(const char *dir, const char *name, struct pdg_error *err)
{
	int rc = check_name(name, err);

	/* An earlier refusal of the same statement is history now. */
	if (rc == 0)
		rc = remove_one(dir, name, PROBLEM, err);
	if (rc == 0)
		rc = remove_one(dir, name, REFUSED, err);
	if (rc == 0)
		rc = remove_one(dir, name, WAITING, err);
	return rc;
}

int pdg_outbox_refused(const char *dir, const char *name, struct pdg_bytes problem,
		       struct pdg_error *err)
{
	PDG_AUTO(mem) char *from = NULL;
	PDG_AUTO(mem) char *to = NULL;
	PDG_AUTO(mem) char *why = NULL;
	int rc = check_name(name, err);

	if (rc == 0)
		rc = place(dir, name, WAITING, &from, err);
	if (rc == 0)
		rc = place(dir, name, REFUSED, &to, err);
	if (rc == 0)
		rc = place(dir, name, PROBLEM, &why, err);
	/* The reason first: a crash between the two leaves a statement that is sent once more. */
	if (rc == 0)
		rc = pdg_fs_write(why, problem, 0600, err);
	if (rc < 0 || rename(from, to) == 0)
		return rc;
	if (errno != ENOENT)
		return pdg_fail(err, PDG_E_IO, "cannot set aside \"%s\": %s", from,
				strerror(errno));
	/* Another run was faster: set aside with this reason, or delivered, which needs none. */
	return pdg_fs_exists(to) ? 0 : pdg_fs_remove(why, err);
}

int pdg_outbox_set_aside(const char *dir, const char *name, const struct pdg_error *why,
			 struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf problem = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	const char *fix = pdg_error_fix(why);
	struct pdg_jw w;
	int rc;

	pdg_jw_init(&w, &problem);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "type", PDG_PROBLEM_LOCAL);
	pdg_jw_kstr(&w, "detail", why->text);
	pdg_jw_kstr(&w, "rule", why->rule);
	pdg_jw_kstr(&w, "fix", fix[0] ? fix : NULL);
	pdg_jw_end(&w);
	rc = pdg_buf_check(&problem, err);
	return rc < 0 ? rc : pdg_outbox_refused(dir, name, pdg_buf_bytes(&problem), err);
}

bool pdg_outbox_is(const char *dir)
{
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	PDG_AUTO(mem) char *real = NULL;
	size_t i;

	if (!pdg_fs_is_dir(dir))
		return false;
	if (pdg_path_real(dir, &real, NULL) == 0 && pdg_str_ends(real, "/pedigree/outbox"))
		return true;
	if (pdg_fs_list(dir, PDG_LIMIT_OUTBOX, &names, NULL) < 0)
		return false;
	for (i = 0; i < names.n; i++) {
		if (is_waiting(names.v[i]) || is_named(names.v[i], REFUSED) ||
		    is_named(names.v[i], PROBLEM))
			return true;
	}
	return false;
}

int pdg_outbox_problem(const char *dir, const char *name, struct pdg_error *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(mem) char *path = NULL;

	if (place(dir, name, PROBLEM, &path, NULL) == 0 && pdg_fs_read(path, &text, NULL) == 0 &&
	    pdg_problem_read(pdg_buf_bytes(&text), PDG_E_REJECTED, out) == PDG_E_REJECTED)
		return PDG_E_REJECTED;
	return pdg_fail(out, PDG_E_REJECTED, "the service refused it, and its reason is lost");
}

int pdg_outbox_last_problem(const char *dir, size_t *out_n, struct pdg_error *out)
{
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	int rc = list_named(dir, PROBLEM, &names, out);

	if (rc == 0)
		rc = sort_by_age(dir, &names, out);
	if (rc < 0)
		return rc;
	if (names.n == 0)
		return PDG_E_NOTFOUND;
	*out_n = names.n;
	return pdg_outbox_problem(dir, names.v[names.n - 1], out);
}

int pdg_submission_write(const struct pdg_envelope *e, struct pdg_bytes raw, struct pdg_buf *out,
			 struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf envelope = PDG_BUF_INIT(PDG_LIMIT_ENVELOPE);
	struct pdg_jw w;
	int rc = pdg_envelope_write(e, &envelope, err);

	if (rc < 0)
		return rc;
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "attestation");
	pdg_jw_raw(&w, pdg_buf_bytes(&envelope));
	if (raw.n) {
		pdg_jw_key(&w, "commit");
		pdg_jw_base64(&w, raw);
	}
	pdg_jw_end(&w);
	return pdg_buf_check(out, err);
}

int pdg_submission_reference(struct pdg_bytes body, char out[PDG_REFERENCE_LEN],
			     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(json) json_t *root = NULL;
	const json_t *o;
	int rc = pdg_json_load(body, PDG_LIMIT_BODY, &root, err);

	o = root;
	if (rc == 0 && !pdg_json_get(o, "mediaType") && pdg_json_get(o, "attestation"))
		rc = pdg_json_obj(o, "attestation", &o, err);
	if (rc == 0 && pdg_json_get(o, "mediaType"))
		rc = pdg_json_obj(o, "dsseEnvelope", &o, err);
	if (rc == 0)
		rc = pdg_json_base64(o, "payload", &payload, err);
	return rc < 0 ? rc : pdg_reference(pdg_buf_bytes(&payload), out, err);
}
