/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of stages share: statements from texts with ' for ", and how they are read. */
#ifndef PDG_TESTS_STAGE_STAGE_DATA_H
#define PDG_TESTS_STAGE_STAGE_DATA_H

#include "attest/statement.h"
#include "support/check.h"
#include "util/limits.h"

#define COMMIT_A "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
#define COMMIT_B "1111111111111111111111111111111111111111"
#define SHA_A	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B	 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* A statement of @type over one artifact with the predicate @predicate, ' standing for ". */
static inline struct pdg_statement *statement(const char *type, const char *predicate)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	struct pdg_statement *st = NULL;
	struct pdg_error err = {0};
	size_t i;

	pdg_buf_printf(&text,
		       "{'_type':'" PDG_STATEMENT_V1
		       "','subject':[{'name':'app','digest':{'sha256':'" SHA_B
		       "'}}],'predicateType':'%s','predicate':%s}",
		       type, predicate);
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			text.p[i] = '"';
	}
	if (!CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&text), &st, &err), &err))
		abort();
	return st;
}

#endif
