/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree digest: a commit's two names in statements (design 3), from its raw bytes. */
#include "commit/object.h"
#include "repo/repo.h"
#include "util/out.h"

int pdg_cmd_digest(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	const char *type = NULL;
	char hex[PDG_GIT_HEX];
	char sha256[PDG_OID_HEX];
	int rc = pdg_repo_open(".", PDG_REPO_DISCOVER, &r, err);

	if (rc == 0)
		rc = pdg_repo_resolve(r, args->arg[0], hex, err);
	if (rc == 0)
		rc = pdg_repo_read(r, hex, &raw, &type, err);
	if (rc == 0)
		rc = pdg_commit_sha256(pdg_buf_bytes(&raw), sha256, err);
	if (rc == 0)
		pdg_out(stdout, PDG_PLAIN, "gitCommit %s\nsha256 %s\n", hex, sha256);
	return rc;
}
