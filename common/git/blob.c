/* SPDX-License-Identifier: Apache-2.0 */
/* A file's content out of the object database, for the one file that judging a push needs: its
 * certificate. */
#include "git/impl.h"

int pdg_repo_blob(const struct pdg_repo *r, const char *hex, struct pdg_buf *out,
		  struct pdg_error *err)
{
	PDG_AUTO(git_odb_object) git_odb_object *o = NULL;
	git_object_t type = GIT_OBJECT_INVALID;
	size_t size = 0;
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc < 0)
		return rc;
	rc = git_odb_read_header(&size, &type, r->odb, &oid);
	/* What is too large is not brought into memory. */
	if (rc == 0 && type == GIT_OBJECT_BLOB && size > out->max - out->n)
		return pdg_fail(err, PDG_E_LIMIT, "object %s has %zu bytes, more than %zu", hex,
				size, out->max - out->n);
	if (rc == 0 && type == GIT_OBJECT_BLOB)
		rc = git_odb_read(&o, r->odb, &oid);
	if (rc == GIT_ENOTFOUND || (rc == 0 && !o))
		return pdg_fail(err, PDG_E_NOTFOUND, "there is no file %s in the repository", hex);
	if (rc < 0)
		return pdg_git_failed(err, "object %s", hex);
	pdg_buf_put(out, pdg_bytes(git_odb_object_data(o), git_odb_object_size(o)));
	return pdg_context(err, pdg_buf_check(out, err), "object %s", hex);
}
