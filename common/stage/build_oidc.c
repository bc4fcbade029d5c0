/* SPDX-License-Identifier: Apache-2.0 */
/* From a token's claims and a job's outputs to the SLSA v1 provenance that says them, and back. */
#include "stage/build_oidc.h"

#include "stage/stage.h"
#include "trust/policy.h"
#include "util/limits.h"
#include "util/str.h"

bool pdg_build_is_oidc(const char *build_type)
{
	return pdg_str_eq(build_type, PDG_BUILD_TYPE_OIDC);
}

static void write_commit(struct pdg_jw *w, const char *commit)
{
	pdg_jw_kobj(w, "digest");
	pdg_jw_kstr(w, "gitCommit", commit);
	pdg_jw_end(w);
}

static void write_digests(struct pdg_jw *w, const json_t *holder)
{
	const json_t *digests = pdg_json_get(holder, "digest");
	const json_t *value;
	const char *algorithm;
	void *iter = NULL;

	pdg_jw_kobj(w, "digest");
	while ((iter = pdg_json_next(digests, iter, &algorithm, &value)))
		pdg_jw_kstr(w, algorithm, pdg_json_str_value(value));
	pdg_jw_end(w);
}

static void write_subjects(struct pdg_jw *w, const json_t *artifacts)
{
	size_t i;

	for (i = 0; i < pdg_json_len(artifacts); i++) {
		const json_t *a = pdg_json_at(artifacts, i);

		pdg_jw_obj(w);
		pdg_jw_kstr(w, "name", pdg_json_str_value(pdg_json_get(a, "name")));
		write_digests(w, a);
		pdg_jw_end(w);
	}
}

static void write_external(struct pdg_jw *w, const struct pdg_ci *ci)
{
	pdg_jw_kobj(w, "externalParameters");
	pdg_jw_kobj(w, "source");
	pdg_jw_kstr(w, "uri", ci->repository);
	pdg_jw_kstr(w, "ref", ci->ref);
	write_commit(w, ci->commit);
	pdg_jw_end(w);
	if (ci->workflow)
		pdg_jw_kstr(w, "workflow", ci->workflow);
	pdg_jw_kstr(w, "event", ci->event);
	pdg_jw_end(w);
}

/* Strings, booleans and whole numbers; what else a token holds is nothing that a policy could name.
 */
static void write_claims(struct pdg_jw *w, const struct pdg_build_oidc *m)
{
	const json_t *value;
	const char *name;
	void *iter = NULL;
	uint64_t number;
	bool yes;

	pdg_jw_kobj(w, "claims");
	while ((iter = pdg_json_next(m->claims, iter, &name, &value))) {
		if (!pdg_policy_claim_kept(name))
			continue;
		if (pdg_json_is_str(value))
			pdg_jw_kstr(w, name, pdg_json_str_value(value));
		else if (pdg_json_bool(m->claims, name, &yes, NULL) == 0)
			pdg_jw_kbool(w, name, yes);
		else if (pdg_json_u64(m->claims, name, &number, NULL) == 0)
			pdg_jw_ku64(w, name, number);
	}
	pdg_jw_end(w);
}

static void write_internal(struct pdg_jw *w, const struct pdg_build_oidc *m)
{
	pdg_jw_kobj(w, "internalParameters");
	pdg_jw_kobj(w, "declaredByJob");
	pdg_jw_ku64(w, "subject", pdg_json_len(m->outputs->artifacts));
	pdg_jw_ku64(w, "resolvedDependencies", pdg_json_len(m->outputs->dependencies));
	pdg_jw_end(w);
	pdg_jw_kobj(w, "token");
	pdg_jw_kstr(w, "issuer", m->issuer);
	pdg_jw_key(w, "issuedOn");
	pdg_jw_time(w, m->issued);
	write_claims(w, m);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

/* The source first, as others look for it there; then what the job says. */
static void write_dependencies(struct pdg_jw *w, const struct pdg_build_oidc *m,
			       struct pdg_buf *uri)
{
	size_t i;

	pdg_buf_printf(uri, "git+%s@%s", m->ci->repository, m->ci->ref);
	pdg_jw_key(w, "resolvedDependencies");
	pdg_jw_arr(w);
	pdg_jw_obj(w);
	pdg_jw_key(w, "uri");
	pdg_jw_bytes(w, pdg_buf_bytes(uri));
	write_commit(w, m->ci->commit);
	pdg_jw_end(w);
	for (i = 0; i < pdg_json_len(m->outputs->dependencies); i++) {
		const json_t *d = pdg_json_at(m->outputs->dependencies, i);
		const char *name = pdg_json_str_value(pdg_json_get(d, "name"));

		pdg_jw_obj(w);
		if (name)
			pdg_jw_kstr(w, "name", name);
		pdg_jw_kstr(w, "uri", pdg_json_str_value(pdg_json_get(d, "uri")));
		write_digests(w, d);
		pdg_jw_end(w);
	}
	pdg_jw_end(w);
}

static void write_run(struct pdg_jw *w, const struct pdg_build_oidc *m)
{
	pdg_jw_kobj(w, "runDetails");
	pdg_jw_kobj(w, "builder");
	pdg_jw_kstr(w, "id", m->builder_id);
	pdg_jw_end(w);
	pdg_jw_kobj(w, "metadata");
	pdg_jw_kstr(w, "invocationId", m->ci->run);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

int pdg_build_oidc_make(const struct pdg_build_oidc *m, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf uri = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	struct pdg_jw w;
	int rc;

	pdg_jw_init(&w, out);
	pdg_statement_begin(&w);
	write_subjects(&w, m->outputs->artifacts);
	pdg_statement_predicate(&w, pdg_stage(PDG_STAGE_BUILD)->predicate_type);
	pdg_jw_obj(&w);
	pdg_jw_kobj(&w, "buildDefinition");
	pdg_jw_kstr(&w, "buildType", PDG_BUILD_TYPE_OIDC);
	write_external(&w, m->ci);
	write_internal(&w, m);
	write_dependencies(&w, m, &uri);
	pdg_jw_end(&w);
	write_run(&w, m);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	rc = pdg_buf_check(&uri, err);
	return rc < 0 ? rc : pdg_buf_check(out, err);
}

int pdg_build_oidc_token(const struct pdg_statement *st, struct pdg_build_token *out,
			 struct pdg_error *err)
{
	const json_t *definition = NULL;
	const json_t *external = NULL;
	const json_t *internal = NULL;
	const json_t *token = NULL;
	struct pdg_build_token t = {0};
	struct pdg_error why = {0};
	int rc;

	rc = pdg_json_obj(st->predicate, "buildDefinition", &definition, &why);
	if (rc == 0)
		rc = pdg_json_obj(definition, "externalParameters", &external, &why);
	if (rc == 0)
		rc = pdg_json_obj(definition, "internalParameters", &internal, &why);
	if (rc == 0)
		rc = pdg_json_str(external, "event", &t.event, &why);
	if (rc == 0)
		rc = pdg_json_obj(internal, "token", &token, &why);
	if (rc == 0)
		rc = pdg_json_str(token, "issuer", &t.issuer, &why);
	if (rc == 0)
		rc = pdg_json_obj(token, "claims", &t.claims, &why);
	if (rc < 0)
		return pdg_reject(err, "BLD-1", "provenance by token: %s", why.text);
	*out = t;
	return 0;
}
