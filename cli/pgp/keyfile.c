/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First step of "describe". GnuPG imports what it can and passes over the rest; a key file of which
 * half is lost must be an error, so it is read whole by our own strict reader first, and what
 * GnuPG gets are the packets that this reader has seen.
 */
#include "keyfile.h"

#include <string.h>
#include <unistd.h>

#include "crypto/pgp_armor.h"
#include "util/fs.h"
#include "util/limits.h"

static int read_bytes(const char *path, struct pdg_buf *out, struct pdg_error *err)
{
	if (strcmp(path, "-") == 0)
		return pdg_fs_read_fd(STDIN_FILENO, "standard input", out, err);
	return pdg_fs_read(path, out, err);
}

int keyfile_read(const char *path, struct keyfile *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(keyfile) struct keyfile f = {.packets = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE)};
	int rc = read_bytes(path, &bytes, err);

	if (rc < 0)
		return rc;
	rc = pdg_sha256_hex(pdg_buf_bytes(&bytes), f.source, err);
	if (rc < 0)
		return rc;
	rc = pdg_pgp_armor_keys(pdg_buf_bytes(&bytes), &f.packets, err);
	if (rc < 0)
		return rc;
	rc = pdg_pgp_bind_read(pdg_buf_bytes(&f.packets), &f.keys, err);
	if (rc < 0)
		return rc;
	if (f.keys.n == 0)
		return pdg_reject(err, "PGP-4", "OpenPGP key file: there is no certificate in it");
	*out = f;
	f = (struct keyfile){0};
	return 0;
}

void keyfile_done(struct keyfile *f)
{
	pdg_buf_done(&f->packets);
	pdg_pgp_bounds_done(&f->keys);
}
