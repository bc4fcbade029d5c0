/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssh_check <CASES: judges a commit for each line "ALLOWED REVOKED|- AT PAYLOAD SIGNATURE" (files,
 * AT in Unix seconds) as a policy with these files would, and says "good" or the rule that it
 * breaks, one line each. For tests/e2e/ssh.sh, which asks ssh-keygen the same.
 */
#include <stdio.h>
#include <string.h>

#include "commit/judge.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"

#define WORDS 5

/* The payload with the signature where git puts it: behind the headers. */
static int put_commit(const char *payload, const char *signature, struct pdg_buf *out,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	const char *lead = "gpgsig ";
	struct pdg_bytes rest;
	struct pdg_bytes line;
	size_t end;
	int rc = pdg_fs_read(payload, &text, err);

	if (rc == 0)
		rc = pdg_fs_read(signature, &armor, err);
	if (rc < 0)
		return rc;
	end = pdg_bytes_find(pdg_buf_bytes(&text), pdg_bytes_str("\n\n"), 0);
	pdg_buf_put(out, pdg_bytes_head(pdg_buf_bytes(&text), end + 1));
	rest = pdg_buf_bytes(&armor);
	while (pdg_bytes_line(&rest, &line)) {
		pdg_buf_puts(out, lead);
		pdg_buf_put(out, line);
		pdg_buf_putc(out, '\n');
		lead = " ";
	}
	pdg_buf_put(out, pdg_bytes_from(pdg_buf_bytes(&text), end + 1));
	return pdg_buf_check(out, err);
}

static int judge(char **word, struct pdg_verdict *v, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(signers) struct pdg_signers *signers = NULL;
	char uri[] = "https://git.example.com/app";
	struct pdg_policy_repository repo = {
		.uri = uri,
		.ssh_allowed_signers = {&word[0], 1},
		.revoked = {&word[1], strcmp(word[1], "-") != 0},
		.require_committer_match = true,
	};
	int rc = pdg_signers_load(&repo, NULL, &signers, err);

	if (rc == 0)
		rc = put_commit(word[3], word[4], &raw, err);
	if (rc < 0)
		return rc;
	return pdg_judge_commit(signers, pdg_buf_bytes(&raw), false, strtoll(word[2], NULL, 10), v,
				err);
}

/* Cut @line into its words, in place. */
static bool split(char *line, char **word)
{
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *at = line; at && n < WORDS; n++) {
		word[n] = at;
		at = strchr(at, ' ');
		if (at)
			*at++ = '\0';
		else
			return n == WORDS - 1;
	}
	return false;
}

int main(void)
{
	char line[2 * PDG_LIMIT_PATH];
	char *word[WORDS];

	while (fgets(line, sizeof(line), stdin)) {
		PDG_AUTO(verdict) struct pdg_verdict v;
		struct pdg_error err = {0};
		int rc;

		pdg_verdict_init(&v);
		if (!split(line, word)) {
			(void)fputs("ssh_check: a line is not five words\n", stderr);
			return 2;
		}
		rc = judge(word, &v, &err);
		if (rc < 0 && rc != PDG_E_USAGE) {
			pdg_out_error("ssh_check", &err);
			return pdg_exit_status(rc);
		}
		if (rc < 0)
			pdg_out(stdout, PDG_PLAIN, "%s\n", err.rule);
		else
			pdg_out(stdout, PDG_PLAIN, "%s\n",
				v.result == PDG_RESULT_GOOD ? "good" : v.why.rule);
	}
	return 0;
}
