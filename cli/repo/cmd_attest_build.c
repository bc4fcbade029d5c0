/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree attest build: a CI job's one command. Hashes what was built, names the commit by both
 * of its digests, signs an SLSA provenance with the builder's key, and hands it to the service.
 */
#include <string.h>

#include "attest/dsse.h"
#include "commit/object.h"
#include "common/check_option.h"
#include "crypto/digest.h"
#include "repo/repo.h"
#include "stage/build.h"
#include "trust/uri.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/size.h"
#include "util/str.h"

const struct pdg_opt pdg_cmd_attest_build_options[] = {
	{"artifact", "FILE", "what was built", true},
	{"subject", "NAME@sha256:HEX", "what was built, by its digest", true},
	{"builder", "ID", "the builder's id, a [builder] section of the policy", false},
	{"key", "PEM", "the builder's private key", false},
	{"repository", "URI", "the source's repository (default: pedigree.repository)", false},
	{"commit", "REV", "the source's commit (default: HEAD)", false},
	{"ref", "REF", "the source's ref", false},
	{"build-type", "URI", "how it was built", false},
	{"invocation-id", "ID", "which run of the builder this was", false},
	{"output", "FILE", "write the envelope to a file", false},
	{"no-submit", NULL, "make and sign only", false},
	{"service", "URL", "the service; default: the configured one", false},
	{"wait", "SECONDS", "let the service wait so long for the log (default 5)", false},
	{"deadline", "TIME", "give up after so long, e.g. 2s (default 10s, or --wait and 5s)",
	 false},
	{"bundle", "FILE", "write the bundle that comes back", false},
	{"records", "DIR", "save the records of the build and of its source", false},
	PDG_WAY_OPTIONS,
	{0},
};

struct building {
	const struct pdg_args *args;
	struct pdg_repo *repo; /* NULL when none is needed */
	struct pdg_build_artifact *artifacts;
	char **owned; /* names and digests of them */
	size_t n, n_owned;
	char *uri;
	char commit[PDG_GIT_HEX];
	char sha256[PDG_OID_HEX]; /* "" when the raw commit is not at hand */
};

static void building_done(struct building *b)
{
	while (b->n_owned)
		free(b->owned[--b->n_owned]);
	free(b->owned);
	free(b->artifacts);
	free(b->uri);
	pdg_repo_free(b->repo);
}

/* Keep @s (owned from now on) for the artifact list. NULL is no memory. */
static int keep(struct building *b, char *s, const char **out, struct pdg_error *err)
{
	if (!s)
		return pdg_nomem(err);
	b->owned[b->n_owned++] = s;
	*out = s;
	return 0;
}

static int add_file(struct building *b, const char *path, struct pdg_error *err)
{
	const char *slash = strrchr(path, '/');
	char hex[PDG_SHA256_HEX];
	int rc = pdg_check_in_file(path, "--artifact", err);

	if (rc == 0)
		rc = pdg_sha256_file(path, hex, err);
	if (rc < 0)
		return rc;
	b->artifacts[b->n].name = slash ? slash + 1 : path;
	rc = keep(b, pdg_str_dup(hex), &b->artifacts[b->n].sha256, err);
	b->n += rc == 0;
	return rc;
}

static int add_subject(struct building *b, const char *text, struct pdg_error *err)
{
	const char *at = strrchr(text, '@');
	int rc;

	if (!at || at == text || !pdg_is_reference(at + 1)) {
		rc = pdg_reject(err, "CLI-1", "--subject \"%s\" is no NAME@sha256:HEX", text);
		pdg_fix(err, "write it as myapp@sha256: and 64 lower-case hex digits");
		return rc;
	}
	b->artifacts[b->n].sha256 = at + 1 + strlen("sha256:");
	rc = keep(b, strndup(text, (size_t)(at - text)), &b->artifacts[b->n].name, err);
	b->n += rc == 0;
	return rc;
}

static int take_artifacts(struct building *b, struct pdg_error *err)
{
	size_t n_files;
	size_t n_subjects;
	const char *const *files = pdg_args_all(b->args, "artifact", &n_files);
	const char *const *subjects = pdg_args_all(b->args, "subject", &n_subjects);
	size_t i;
	int rc = 0;

	if (n_files + n_subjects == 0)
		return pdg_reject(
			err, "CLI-1",
			"nothing was built: name it by --artifact FILE or --subject NAME@sha256:HEX");
	b->artifacts = pdg_calloc(n_files + n_subjects, sizeof(*b->artifacts));
	b->owned = pdg_calloc(n_files + n_subjects, sizeof(char *));
	if (!b->artifacts || !b->owned)
		return pdg_nomem(err);
	for (i = 0; rc == 0 && i < n_files; i++)
		rc = add_file(b, files[i], err);
	for (i = 0; rc == 0 && i < n_subjects; i++)
		rc = add_subject(b, subjects[i], err);
	return rc;
}

/* A commit that is here is named by both digests; outside a repository only by its full name. */
static int take_commit(struct building *b, struct pdg_error *err)
{
	const char *rev = pdg_args_get(b->args, "commit");
	struct pdg_bytes name = pdg_bytes_str(rev);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	const char *type = NULL;
	int rc;

	if (!b->repo) {
		if (!pdg_is_hex(name, 40) && !pdg_is_hex(name, 64))
			return pdg_reject(
				err, "CLI-1",
				"outside a repository --commit must be a commit's full name");
		memcpy(b->commit, rev, name.n + 1);
		return 0;
	}
	rc = pdg_repo_resolve(b->repo, rev ? rev : "HEAD", b->commit, err);
	if (rc == 0)
		rc = pdg_repo_read(b->repo, b->commit, &raw, &type, err);
	return rc < 0 ? rc : pdg_commit_sha256(pdg_buf_bytes(&raw), b->sha256, err);
}

static int check_uri(const char *uri, struct pdg_error *err)
{
	PDG_AUTO(mem) char *normal = NULL;
	int rc = pdg_uri_normal(uri, &normal, err);

	if (rc == 0)
		return 0;
	rc = pdg_as_rule(err, rc, "CLI-2");
	(void)pdg_context(err, rc, "--repository");
	pdg_fix(err, "write it as the policy's section does: https://HOST/PATH");
	return rc;
}

static int take_source(struct building *b, struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	int rc = pdg_repo_open(".", PDG_REPO_DISCOVER, &b->repo, &why);

	if (rc < 0 && pdg_str_eq(why.rule, "GIT-1") && pdg_args_has(b->args, "commit"))
		rc = 0;
	else if (rc < 0 && err)
		*err = why;
	if (rc == 0)
		rc = pdg_setting(b->args, "repository", NULL, b->repo, "pedigree.repository",
				 &b->uri, err);
	if (rc == 0 && !b->uri) {
		rc = pdg_reject(err, "CLI-1", "which repository was built is not known");
		pdg_fix(err, "give --repository URI, or git config pedigree.repository URI");
	}
	if (rc == 0)
		rc = check_uri(b->uri, err);
	return rc < 0 ? rc : take_commit(b, err);
}

static int make(struct building *b, struct pdg_buf *out, struct pdg_envelope **out_envelope,
		struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf statement = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	const struct pdg_build_make m = {
		.builder_id = pdg_args_get(b->args, "builder"),
		.build_type = pdg_args_get(b->args, "build-type"),
		.source_uri = b->uri,
		.source_ref = pdg_args_get(b->args, "ref"),
		.source_commit = b->commit,
		.source_sha256 = b->sha256[0] ? b->sha256 : NULL,
		.invocation_id = pdg_args_get(b->args, "invocation-id"),
		.artifacts = b->artifacts,
		.n_artifacts = b->n,
	};
	int rc = pdg_key_private_file(pdg_args_get(b->args, "key"), &key, err);

	if (rc < 0)
		return pdg_context(err, rc, "--key");
	rc = pdg_build_make(&m, &statement, err);
	if (rc == 0)
		rc = pdg_envelope_sign(pdg_buf_bytes(&statement), key, &e, err);
	if (rc == 0)
		rc = pdg_envelope_write(e, out, err);
	if (rc == 0)
		*out_envelope = PDG_TAKE(e);
	return rc;
}

/* What it is called in messages: by what was typed. */
static const char *called(const struct building *b)
{
	size_t n_files;
	size_t n_subjects;
	const char *const *files = pdg_args_all(b->args, "artifact", &n_files);
	const char *const *subjects = pdg_args_all(b->args, "subject", &n_subjects);

	return n_files ? files[0] : subjects[0];
}

static int find_service(const struct building *b, char **out, struct pdg_error *err)
{
	PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
	const char *named;
	int rc;

	if (pdg_args_has(b->args, "no-submit"))
		return 0;
	named = pdg_here_named(b->args);
	rc = named ? 0 : pdg_here_configured(b->repo, NULL, &c, err);
	if (rc < 0)
		return rc;
	*out = named ? pdg_str_dup(named) : PDG_TAKE(c.service);
	if (named && !*out)
		return pdg_nomem(err);
	if (*out)
		return pdg_check_service_url("service", *out, err);
	rc = pdg_reject(err, "CLI-1", "no service is named");
	pdg_fix(err, "give --service URL, set PEDIGREE_SERVICE, or --no-submit with --output FILE");
	return rc;
}

/* Through a pipe: nothing is left behind, however this ends. */
static int submit(const struct building *b, const char *service, struct pdg_bytes envelope,
		  struct pdg_error *err)
{
	static const char *const passed[] = {"wait", "deadline", "bundle", "records"};
	static const char *const dashed[] = {"--wait", "--deadline", "--bundle", "--records"};
	PDG_AUTO(way) struct pdg_way way = {.v = {NULL}};
	const char *words[16 + PDG_WAY_WORDS] = {"submit", "-", "--as", called(b)};
	size_t n = 4;
	size_t i;
	int status = 0;
	int rc;

	/* One that nobody names is found again, with the way to it, where we found it. */
	if (pdg_here_named(b->args)) {
		words[n++] = "--service";
		words[n++] = service;
	}
	for (i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		if (pdg_args_has(b->args, passed[i])) {
			words[n++] = dashed[i];
			words[n++] = pdg_args_get(b->args, passed[i]);
		}
	}
	rc = pdg_way_of_args(b->args, &way, err);
	if (rc < 0)
		return rc;
	(void)pdg_way_words(&way, words + n);
	rc = pdg_run_net_with(words, envelope, &status, err);
	return rc < 0 ? rc : status;
}

static int hand_out(const struct building *b, const char *service, struct pdg_bytes envelope,
		    const char *reference, struct pdg_error *err)
{
	const char *output = pdg_args_get(b->args, "output");
	int rc = output ? pdg_fs_put(output, envelope, 0600, err) : 0;

	if (rc < 0)
		return rc;
	if (service)
		return submit(b, service, envelope, err);
	pdg_out(stdout, PDG_PLAIN, "%s made %s\n", reference, output);
	return 0;
}

/* A name of RFC 3986: a scheme, ":", and something behind it, in visible ASCII. */
static bool is_uri(const char *s)
{
	size_t scheme =
		strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
	size_t i;

	for (i = scheme; s[i]; i++) {
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	}
	return scheme > 0 && s[scheme] == ':' && s[scheme + 1] != '\0' &&
	       !strchr("0123456789+.-", s[0]);
}

/* What goes into the statement as it is typed, and would be refused or believed later. */
static int check_words(const struct pdg_args *args, struct pdg_error *err)
{
	const char *ref = pdg_args_get(args, "ref");
	const char *type = pdg_args_get(args, "build-type");
	int rc = 0;

	if (!pdg_args_get(args, "builder")[0]) {
		rc = pdg_reject(err, "CLI-2", "--builder is empty");
		pdg_fix(err, "name the [builder] section of the policy");
	} else if (ref && (!pdg_str_starts(ref, "refs/") || !ref[strlen("refs/")])) {
		rc = pdg_reject(err, "CLI-2", "--ref \"%s\" is not the whole name of a ref", ref);
		pdg_fix(err, "write it as refs/heads/main or refs/tags/v1");
	} else if (type && !is_uri(type)) {
		rc = pdg_reject(err, "CLI-2", "--build-type \"%s\" is no URI", type);
		pdg_fix(err, "write it as https://HOST/PATH, where it says what the build does");
	}
	return rc;
}

/* What is written must not take the place of what is built, signed with, or written beside it. */
static int check_apart(const struct pdg_args *args, struct pdg_error *err)
{
	static const char *const outputs[] = {"output", "bundle"};
	size_t n, i, k;
	const char *const *files = pdg_args_all(args, "artifact", &n);
	int rc = pdg_check_out_apart(args, "output", pdg_args_get(args, "bundle"), err);

	for (k = 0; rc == 0 && k < sizeof(outputs) / sizeof(outputs[0]); k++) {
		rc = pdg_check_out_apart(args, outputs[k], pdg_args_get(args, "key"), err);
		for (i = 0; rc == 0 && i < n; i++)
			rc = pdg_check_out_apart(args, outputs[k], files[i], err);
	}
	return rc;
}

/* All that can be seen to be wrong before anything is hashed, signed or sent. */
static int check_options(const struct pdg_args *args, struct pdg_error *err)
{
	int rc;

	if (!pdg_args_has(args, "builder") || !pdg_args_has(args, "key"))
		return pdg_reject(err, "CLI-1",
				  "who built it must be said: --builder ID --key PEM");
	if (pdg_args_has(args, "no-submit") && !pdg_args_has(args, "output"))
		return pdg_reject(err, "CLI-1",
				  "--no-submit needs --output FILE, or nothing would be left");
	rc = check_words(args, err);
	if (rc == 0)
		rc = pdg_check_out_file(args, "output", err);
	if (rc == 0)
		rc = pdg_check_out_file(args, "bundle", err);
	if (rc == 0)
		rc = check_apart(args, err);
	return rc < 0 ? rc : pdg_check_out_dir(args, "records", err);
}

int pdg_cmd_attest_build(const struct pdg_args *args, struct pdg_error *err)
{
	struct building b = {.args = args};
	PDG_AUTO(buf) struct pdg_buf envelope = PDG_BUF_INIT(PDG_LIMIT_ENVELOPE);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(mem) char *service = NULL;
	int rc = check_options(args, err);

	if (rc == 0)
		rc = take_artifacts(&b, err);
	if (rc == 0)
		rc = take_source(&b, err);
	if (rc == 0)
		rc = find_service(&b, &service, err);
	if (rc == 0)
		rc = make(&b, &envelope, &e, err);
	if (rc == 0)
		rc = hand_out(&b, service, pdg_buf_bytes(&envelope), e->reference, err);
	building_done(&b);
	return rc;
}
