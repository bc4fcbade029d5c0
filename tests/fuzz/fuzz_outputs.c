/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of POST /api/v1/builds: any bytes are one or an error with its rule, and of one that is a
 * statement can be made that is read back as what it was made from.
 *
 * Covers: common/stage/outputs.c common/stage/build_oidc.c
 */
#include <string.h>

#include "fuzz.h"
#include "stage/build.h"
#include "stage/build_oidc.h"
#include "util/limits.h"

static char repository[] = "https://gitlab.example/company/myapp";
static char commit[] = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d";
static char ref[] = "refs/heads/main";
static char event[] = "push";
static char run[] = "https://gitlab.example/company/myapp/-/jobs/1";

static void check_statement(const struct pdg_outputs *o)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(build) struct pdg_build b = {0};
	const struct pdg_ci ci = {repository, commit, ref, event, NULL, run};
	const struct pdg_build_oidc m = {
		.builder_id = "b",
		.issuer = "https://gitlab.example",
		.issued = 1,
		.claims = o->root,
		.ci = &ci,
		.outputs = o,
	};
	size_t i;

	MUST(pdg_build_oidc_make(&m, &text, NULL) == 0);
	MUST(pdg_statement_parse(pdg_buf_bytes(&text), &st, NULL) == 0);
	MUST(st->n_subjects == pdg_json_len(o->artifacts));
	for (i = 0; i < st->n_subjects; i++)
		MUST(st->subjects[i].name && !strstr(st->subjects[i].name, "../"));
	MUST(pdg_build_read(st, &b, NULL) == 0);
	MUST(strcmp(b.source_commit, commit) == 0 && strcmp(b.source_uri, repository) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(outputs) struct pdg_outputs o = {0};
	struct pdg_error err = {0};

	if (pdg_outputs_read(pdg_bytes(data, size), &o, &err) < 0) {
		MUST(o.root == NULL && (err.code == PDG_E_NOMEM || err.rule[0]));
		return 0;
	}
	MUST(pdg_json_len(o.artifacts) > 0);
	check_statement(&o);
	return 0;
}
