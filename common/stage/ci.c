/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of CIs by kind. Which kind is decided by the issuer, which the policy pins, and by the
 * claim that names the repository; what the kind always writes must be there and of its form, for a
 * statement is made of it.
 */
#include "stage/ci.h"

#include <string.h>

#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

#define GITHUB	     "https://token.actions.githubusercontent.com"
#define GITHUB_CLOUD "https://token.actions."
#define GITHUB_TAIL  ".ghe.com"
#define GITHUB_OWN   "/_services/token"

void pdg_ci_done(struct pdg_ci *ci)
{
	free(ci->repository);
	free(ci->commit);
	free(ci->ref);
	free(ci->event);
	free(ci->workflow);
	free(ci->run);
	*ci = (struct pdg_ci){0};
}

/* --- forms --- */

typedef bool form_fn(const char *s);

static bool all_of(const char *s, const char *chars)
{
	return s[0] && s[strspn(s, chars)] == '\0';
}

static bool is_number(const char *s)
{
	return all_of(s, "0123456789") && strlen(s) <= 20;
}

static bool is_word(const char *s)
{
	return all_of(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
}

static bool is_commit(const char *s)
{
	return pdg_is_hex(pdg_bytes_str(s), PDG_OID_SHA1) ||
	       pdg_is_hex(pdg_bytes_str(s), PDG_OID_SHA256);
}

/* Names with one slash between each two, none of them "." or "..". */
static bool is_path(const char *s)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";
	size_t names = 0;

	for (;;) {
		size_t n = strcspn(s, "/");

		if (n == 0 || strspn(s, chars) < n || (n == 1 && s[0] == '.') ||
		    (n == 2 && s[0] == '.' && s[1] == '.'))
			return false;
		names++;
		if (s[n] == '\0')
			return names >= 2;
		s += n + 1;
	}
}

/* Owner and name. */
static bool is_owned(const char *s)
{
	return is_path(s) && strchr(s, '/') == strrchr(s, '/');
}

static bool is_text(const char *s)
{
	size_t i;

	for (i = 0; s[i]; i++) {
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return false;
	}
	return i > 0 && i <= PDG_LIMIT_CLAIM;
}

static bool is_ref_name(const char *s)
{
	return is_text(s) && !strstr(s, "..") && s[0] != '/' && !pdg_str_ends(s, "/");
}

static bool is_ref(const char *s)
{
	return pdg_str_starts(s, "refs/") && is_ref_name(s);
}

/* --- claims --- */

/* The claim @name, which must be of its @form; *@out borrowed. */
static int claim(const json_t *claims, const char *name, form_fn *form, const char **out,
		 struct pdg_error *err)
{
	const char *s = pdg_json_str_value(pdg_json_get(claims, name));

	if (!s || !form(s))
		return pdg_reject(err, "TOK-11", "the token's %s is missing or not of its form",
				  name);
	*out = s;
	return 0;
}

static int copy(const json_t *claims, const char *name, form_fn *form, char **out,
		struct pdg_error *err)
{
	const char *s = NULL;
	int rc = claim(claims, name, form, &s, err);

	if (rc < 0)
		return rc;
	*out = pdg_str_dup(s);
	return *out ? 0 : pdg_nomem(err);
}

static int copy_opt(const json_t *claims, const char *name, form_fn *form, char **out,
		    struct pdg_error *err)
{
	return pdg_json_get(claims, name) ? copy(claims, name, form, out, err) : 0;
}

/* --- GitHub --- */

/* Where the repositories of a GitHub are: two parts of one text. */
struct base {
	const char *front;
	struct pdg_bytes back;
};

/* The base by this issuer; false: it is none of GitHub's forms. */
static bool github_base(const char *issuer, struct base *out)
{
	struct pdg_bytes all = pdg_bytes_str(issuer);
	struct pdg_bytes name = pdg_bytes_from(all, strlen(GITHUB_CLOUD));

	*out = (struct base){"https://github.com", {NULL, 0}};
	/* Behind a slash an enterprise's name may follow. */
	if (pdg_str_eq(issuer, GITHUB) || pdg_str_starts(issuer, GITHUB "/"))
		return true;
	if (pdg_str_starts(issuer, GITHUB_CLOUD) && pdg_str_ends(issuer, GITHUB_TAIL)) {
		*out = (struct base){"https://", name};
		return name.n > strlen(GITHUB_TAIL) &&
		       pdg_bytes_find_byte(name, '/', 0) == SIZE_MAX &&
		       pdg_bytes_find_byte(name, ':', 0) == SIZE_MAX &&
		       pdg_bytes_find_byte(name, '.', 0) == name.n - strlen(GITHUB_TAIL);
	}
	*out = (struct base){"", pdg_bytes_head(all, all.n - strlen(GITHUB_OWN))};
	return pdg_str_ends(issuer, GITHUB_OWN);
}

static bool is_github(const char *issuer, const json_t *claims)
{
	struct base base;

	return github_base(issuer, &base) && pdg_json_get(claims, "repository");
}

static int read_github(const char *issuer, const json_t *claims, struct pdg_ci *ci,
		       struct pdg_error *err)
{
	struct base base = {0};
	const char *repository = NULL;
	const char *run = NULL;
	const char *attempt = NULL;
	int rc;

	(void)github_base(issuer, &base);
	rc = claim(claims, "repository", is_owned, &repository, err);
	if (rc == 0)
		rc = claim(claims, "run_id", is_number, &run, err);
	if (rc == 0)
		rc = claim(claims, "run_attempt", is_number, &attempt, err);
	if (rc == 0)
		rc = copy(claims, "sha", is_commit, &ci->commit, err);
	if (rc == 0)
		rc = copy(claims, "ref", is_ref, &ci->ref, err);
	if (rc == 0)
		rc = copy(claims, "event_name", is_word, &ci->event, err);
	if (rc == 0)
		rc = copy_opt(claims, "workflow_ref", is_text, &ci->workflow, err);
	if (rc < 0)
		return rc;
	ci->repository = pdg_str_printf("%s%.*s/%s", base.front, (int)base.back.n,
					base.back.n ? (const char *)base.back.p : "", repository);
	if (ci->repository)
		ci->run = pdg_str_printf("%s/actions/runs/%s/attempts/%s", ci->repository, run,
					 attempt);
	return ci->repository && ci->run ? 0 : pdg_nomem(err);
}

/* --- GitLab --- */

static bool is_gitlab(const char *issuer, const json_t *claims)
{
	(void)issuer;
	return pdg_json_get(claims, "project_path") != NULL;
}

/* ref_path, where GitLab is new enough to write it; else ref, which is a branch's or a tag's. */
static int gitlab_ref(const json_t *claims, struct pdg_ci *ci, struct pdg_error *err)
{
	const char *ref = NULL;
	const char *type = NULL;
	int rc;

	if (pdg_json_get(claims, "ref_path"))
		return copy(claims, "ref_path", is_ref, &ci->ref, err);
	rc = claim(claims, "ref", is_ref_name, &ref, err);
	if (rc == 0)
		rc = claim(claims, "ref_type", is_word, &type, err);
	if (rc < 0)
		return rc;
	if (!pdg_str_eq(type, "branch") && !pdg_str_eq(type, "tag"))
		return pdg_reject(err, "TOK-11", "the token's ref_type is neither branch nor tag");
	ci->ref = pdg_str_printf("refs/%s/%s", type[0] == 'b' ? "heads" : "tags", ref);
	return ci->ref ? 0 : pdg_nomem(err);
}

static int read_gitlab(const char *issuer, const json_t *claims, struct pdg_ci *ci,
		       struct pdg_error *err)
{
	int n = (int)strlen(issuer) - pdg_str_ends(issuer, "/");
	const char *project = NULL;
	const char *job = NULL;
	int rc;

	rc = claim(claims, "project_path", is_path, &project, err);
	if (rc == 0)
		rc = claim(claims, "job_id", is_number, &job, err);
	if (rc == 0)
		rc = copy(claims, "sha", is_commit, &ci->commit, err);
	if (rc == 0)
		rc = gitlab_ref(claims, ci, err);
	if (rc == 0)
		rc = copy(claims, "pipeline_source", is_word, &ci->event, err);
	if (rc == 0)
		rc = copy_opt(claims, "ci_config_ref_uri", is_text, &ci->workflow, err);
	if (rc < 0)
		return rc;
	ci->repository = pdg_str_printf("%.*s/%s", n, issuer, project);
	ci->run = pdg_str_printf("%.*s/%s/-/jobs/%s", n, issuer, project, job);
	return ci->repository && ci->run ? 0 : pdg_nomem(err);
}

/* --- kinds --- */

/* The first that it is decides. A token of none, such as Kubernetes', is an identity alone. */
static const struct {
	bool (*is)(const char *issuer, const json_t *claims);
	int (*read)(const char *issuer, const json_t *claims, struct pdg_ci *ci,
		    struct pdg_error *err);
	const char *usual[3]; /* events of pdg_ci_event_usual() */
} kinds[] = {
	{is_github, read_github, {"push", "workflow_dispatch", NULL}},
	{is_gitlab, read_gitlab, {"push", "web", NULL}},
};

bool pdg_ci_event_usual(const char *issuer, const json_t *claims, const char *event)
{
	const char *const *usual;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].is(issuer, claims))
			continue;
		for (usual = kinds[i].usual; *usual; usual++) {
			if (pdg_str_eq(*usual, event))
				return true;
		}
		return false;
	}
	return false;
}

int pdg_ci_read(const char *issuer, const json_t *claims, struct pdg_ci *out, struct pdg_error *err)
{
	PDG_AUTO(ci) struct pdg_ci ci = {0};
	size_t i;
	int rc;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].is(issuer, claims))
			continue;
		rc = kinds[i].read(issuer, claims, &ci, err);
		if (rc < 0)
			return rc;
		*out = ci;
		ci = (struct pdg_ci){0};
		return 0;
	}
	return pdg_reject(err, "IDN-9", "a token of %s names no repository and commit", issuer);
}
