/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements of the first two stages: any statement is one of them or an error with a rule; a build
 * that could be read names a builder, a repository and a commit, and links to just that source.
 *
 * Covers: common/stage/build.c common/stage/build_source.c
 */
#include <string.h>

#include "fuzz.h"
#include "stage/build.h"

static void check_build(const struct pdg_statement *st)
{
	PDG_AUTO(build) struct pdg_build b = {0};
	struct pdg_error err = {0};
	struct pdg_source s = {0};

	if (pdg_build_read(st, &b, &err) < 0) {
		MUST(b.builder_id == NULL);
		MUST(err.code == PDG_E_NOMEM || strncmp(err.rule, "BLD-", 4) == 0);
		return;
	}
	MUST(b.builder_id && b.builder_id[0]);
	MUST(b.source_uri && b.source_uri[0] && b.source_from);
	MUST(b.source_commit || b.source_sha256);
	s.uri = b.source_uri;
	s.git_commit =
		b.source_commit ? b.source_commit : "0000000000000000000000000000000000000000";
	s.sha256 = b.source_sha256;
	if (!b.source_other)
		MUST(pdg_build_links(&b, &s, &err) == 0 || strcmp(err.rule, "BLD-5") == 0);
	s.git_commit = "ffffffffffffffffffffffffffffffffffffffff";
	s.sha256 = "";
	MUST(pdg_build_links(&b, &s, &err) < 0);
}

static void check_source(const struct pdg_statement *st)
{
	struct pdg_source s = {0};
	struct pdg_error err = {0};

	if (pdg_source_read(st, &s, &err) < 0) {
		MUST(s.commit == NULL);
		MUST(err.code == PDG_E_NOMEM || strcmp(err.rule, "SRC-1") == 0);
		return;
	}
	MUST(s.uri && s.git_commit && s.sha256 && s.commit && s.message && s.timestamp);
	MUST(s.author_name && s.author_email);
	MUST(!s.late || !s.pusher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	const struct pdg_stage *stage = NULL;
	struct pdg_error err = {0};

	if (pdg_statement_parse(pdg_bytes(data, size), &st, NULL) < 0)
		return 0;
	if (pdg_stage_of(st, &stage, &err) < 0)
		MUST(strcmp(err.rule, "STG-1") == 0);
	/* Whatever its type says: a wrong one must not make the readers stumble. */
	check_build(st);
	check_source(st);
	return 0;
}
