/* SPDX-License-Identifier: Apache-2.0 */
/* A folder that policies are loaded from; see policy_place.h. */
#include "unit/trust/policy_place.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/fs.h"
#include "util/str.h"

void put_file(const struct place *pl, const char *name, struct pdg_bytes content)
{
	free(pdg_test_file(pl->dir, name, content));
}

void put_key(const struct place *pl, const char *name)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &key, &err), &err) &&
	    CHECK_OK(pdg_key_public_text(key, &pem, &err), &err))
		put_file(pl, name, pdg_buf_bytes(&pem));
}

void open_place(struct place *pl)
{
	static const char *const keys[] = {"a.pub", "b.pub", "c.pub", "d.pub", "e.pub"};
	static const char *const files[] = {"keys.asc", "signers", "revoked", "root.json",
					    "who.pub"};
	char *dir = pdg_test_dir();
	struct pdg_error err = {0};
	size_t i;

	CHECK_OK(pdg_path_real(dir, &pl->dir, &err), &err);
	free(dir);
	pl->file = pdg_test_path(pl->dir, "policy");
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		put_key(pl, keys[i]);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put_file(pl, files[i], pdg_bytes_str("# a file that is there\n"));
	put_file(pl, "none", pdg_bytes_str(""));
	put_file(pl, "krl", pdg_bytes("SSHKRL\n\0\0\0\0\1", 12));
}

void close_place(struct place *pl)
{
	free(pl->file);
	pdg_test_dir_remove(pl->dir);
}

int load(const struct place *pl, const char *text, struct pdg_policy **out, struct pdg_error *err)
{
	put_file(pl, "policy", pdg_bytes_str(text));
	return pdg_policy_load(pl->file, out, err);
}

const char *at(const struct place *pl, const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", pl->dir, name);
	return path;
}
