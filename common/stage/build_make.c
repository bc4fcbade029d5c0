/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing build provenance for `pedigree attest build`: SLSA v1, with the source both in its own
 * parameter (which Pedigree reads) and among the resolved dependencies (which others read).
 */
#include "stage/build.h"
#include "trust/uri.h"
#include "util/codec.h"

static void write_digests(struct pdg_jw *w, const char *git_commit, const char *sha256)
{
	pdg_jw_key(w, "digest");
	pdg_jw_obj(w);
	if (git_commit)
		pdg_jw_kstr(w, "gitCommit", git_commit);
	if (sha256)
		pdg_jw_kstr(w, "sha256", sha256);
	pdg_jw_end(w);
}

static void write_source(struct pdg_jw *w, const struct pdg_build_make *m)
{
	pdg_jw_key(w, "externalParameters");
	pdg_jw_obj(w);
	pdg_jw_key(w, "source");
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "uri", m->source_uri);
	if (m->source_ref)
		pdg_jw_kstr(w, "ref", m->source_ref);
	write_digests(w, m->source_commit, m->source_sha256);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

/* "git+https://host/path@refs/heads/main": SPDX's form of a download location. */
static void write_dependency(struct pdg_jw *w, const struct pdg_build_make *m, struct pdg_buf *uri)
{
	if (strstr(m->source_uri, "://") && strncmp(m->source_uri, "git", 3) != 0)
		pdg_buf_puts(uri, "git+");
	pdg_buf_puts(uri, m->source_uri);
	if (m->source_ref)
		pdg_buf_printf(uri, "@%s", m->source_ref);
	pdg_jw_key(w, "resolvedDependencies");
	pdg_jw_arr(w);
	pdg_jw_obj(w);
	pdg_jw_key(w, "uri");
	pdg_jw_bytes(w, pdg_buf_bytes(uri));
	write_digests(w, m->source_commit, NULL);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

static void write_definition(struct pdg_jw *w, const struct pdg_build_make *m, struct pdg_buf *uri)
{
	pdg_jw_key(w, "buildDefinition");
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "buildType", m->build_type ? m->build_type : PDG_BUILD_TYPE);
	write_source(w, m);
	write_dependency(w, m, uri);
	pdg_jw_end(w);
}

static void write_run(struct pdg_jw *w, const struct pdg_build_make *m)
{
	pdg_jw_key(w, "runDetails");
	pdg_jw_obj(w);
	pdg_jw_key(w, "builder");
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "id", m->builder_id);
	pdg_jw_end(w);
	if (m->invocation_id || m->started || m->finished) {
		pdg_jw_key(w, "metadata");
		pdg_jw_obj(w);
		if (m->invocation_id)
			pdg_jw_kstr(w, "invocationId", m->invocation_id);
		if (m->started) {
			pdg_jw_key(w, "startedOn");
			pdg_jw_time(w, m->started);
		}
		if (m->finished) {
			pdg_jw_key(w, "finishedOn");
			pdg_jw_time(w, m->finished);
		}
		pdg_jw_end(w);
	}
	pdg_jw_end(w);
}

static void write_subjects(struct pdg_jw *w, const struct pdg_build_make *m)
{
	size_t i;

	for (i = 0; i < m->n_artifacts; i++) {
		pdg_jw_obj(w);
		pdg_jw_kstr(w, "name", m->artifacts[i].name);
		write_digests(w, NULL, m->artifacts[i].sha256);
		pdg_jw_end(w);
	}
}

/* What would be refused when it is read is not written. */
static int check(const struct pdg_build_make *m, struct pdg_error *err)
{
	PDG_AUTO(mem) char *normal = NULL;
	struct pdg_bytes commit = pdg_bytes_str(m->source_commit);
	size_t i;

	if (!m->builder_id || !m->builder_id[0] || m->n_artifacts == 0)
		return pdg_fail(err, PDG_E_USAGE,
				"a build needs a builder and at least one artifact");
	if (!pdg_is_hex(commit, 40) && !pdg_is_hex(commit, 64))
		return pdg_fail(err, PDG_E_USAGE, "the source's commit is no object name");
	if (m->source_sha256 && !pdg_is_hex(pdg_bytes_str(m->source_sha256), 64))
		return pdg_fail(err, PDG_E_USAGE, "the source's sha256 is not 64 hex digits");
	for (i = 0; i < m->n_artifacts; i++) {
		if (!pdg_is_hex(pdg_bytes_str(m->artifacts[i].sha256), 64))
			return pdg_fail(err, PDG_E_USAGE,
					"an artifact's sha256 is not 64 hex digits");
	}
	return pdg_uri_normal(m->source_uri, &normal, err);
}

int pdg_build_make(const struct pdg_build_make *m, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf uri = PDG_BUF_INIT(SIZE_MAX - 1);
	struct pdg_jw w;
	int rc;

	rc = check(m, err);
	if (rc < 0)
		return rc;
	pdg_jw_init(&w, out);
	pdg_statement_begin(&w);
	write_subjects(&w, m);
	pdg_statement_predicate(&w, pdg_stage(PDG_STAGE_BUILD)->predicate_type);
	pdg_jw_obj(&w);
	write_definition(&w, m, &uri);
	write_run(&w, m);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	rc = pdg_buf_check(&uri, err);
	return rc < 0 ? rc : pdg_buf_check(out, err);
}
