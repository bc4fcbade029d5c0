/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that a policy names. A public key is loaded with the policy, so that a broken one is
 * found at start and not at the first signature; OpenPGP and SSH files are only tried here, for
 * commit/ reads them. What cannot be read fails closed: above all a list of revoked keys.
 *
 * Lists grow by one: pdg_config_check() has counted their values (PDG_LIMIT_POLICY_VALUES).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/policy_read.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

int pdg_policy_file(const struct pdg_policy_reading *r, const struct pdg_config_entry *e,
		    const char *path, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	const char *why = NULL;

	if (fd < 0 || fstat(fd, &st) != 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a regular file";
	else if (st.st_size == 0)
		why = "an empty file";
	else if ((uintmax_t)st.st_size > PDG_LIMIT_KEY_FILE)
		why = "too large";
	if (!why)
		return 0;
	return pdg_config_reject(err, r->c, e->line, "POL-5", "%s '%.200s': %s", e->key, path, why);
}

int pdg_policy_key(struct pdg_policy_reading *r, const struct pdg_config_entry *e, const char *path,
		   enum pdg_key_role role, struct pdg_key_list *list, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(mem) char *name = NULL;
	bool named_trust = strcmp(e->section, "trust") == 0 && e->subsection;
	struct pdg_error inner = {0};
	struct pdg_trusted_key *v;
	int rc;

	rc = pdg_key_public_file(path, &key, &inner);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0) {
		(void)pdg_config_reject(err, r->c, e->line, "POL-5", "%s: %s", e->key, inner.text);
		if (inner.fix[0])
			pdg_fix(err, "%s", inner.fix);
		else if (pdg_fs_exists(path))
			pdg_fix(err, "put a public key in PEM there, readable by this user: "
				     "pedigree key show, or openssl pkey -pubout");
		return PDG_E_USAGE;
	}
	name = pdg_str_dup(named_trust ? e->subsection : path);
	v = realloc(list->v, (list->n + 1) * sizeof(*v));
	if (v)
		list->v = v;
	if (!v || !name ||
	    pdg_array_grow(&r->uses, r->n_uses, &r->cap_uses, sizeof(*r->uses), SIZE_MAX) < 0)
		return pdg_nomem(err);
	r->uses[r->n_uses++] = (struct pdg_key_use){
		.list = list, .index = list->n, .role = role, .section = e->at, .line = e->line};
	v[list->n++] = (struct pdg_trusted_key){.key = PDG_TAKE(key), .name = PDG_TAKE(name)};
	return 0;
}
