/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GnuPG keeps what it knows in a folder and starts helpers that outlive it. Neither the user's
 * folder nor his configuration, PATH or locale has a say in what a key file means (attacks.md 17),
 * so each run has its own, and leaves nothing.
 */
#include "home.h"

#include <stdlib.h>

#include "util/fs.h"
#include "util/str.h"

/*
 * No agent, no network, no trust database, no random seed. The description is kept by content, so
 * it must not depend on today: times are compared by whoever judges. The last two are GnuPG's own
 * defaults, on which verdicts rest.
 */
static const char conf[] = "no-autostart\n"
			   "disable-dirmngr\n"
			   "no-auto-key-retrieve\n"
			   "no-auto-check-trustdb\n"
			   "trust-model always\n"
			   "no-random-seed-file\n"
			   "no-greeting\n"
			   "ignore-time-conflict\n"
			   "ignore-valid-from\n"
			   "lock-never\n"
			   "require-cross-certification\n"
			   "no-rfc2440-text\n";

static int write_conf(const char *home, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(home, "gpg.conf");

	if (!path)
		return pdg_nomem(err);
	return pdg_fs_create(path, pdg_bytes_str(conf), 0600, err);
}

static int set_environment(const char *home, struct pdg_error *err)
{
	/* gpgme looks for gpgconf and gpg in PATH. */
	if (clearenv() != 0 || setenv("PATH", "/usr/bin:/bin:/usr/local/bin", 1) != 0 ||
	    setenv("LC_ALL", "C", 1) != 0 || setenv("GNUPGHOME", home, 1) != 0)
		return pdg_nomem(err);
	return 0;
}

int home_make(char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *home = NULL;
	int rc;

	/* Sockets below it have a path of at most 107 bytes: $TMPDIR may be longer, /tmp is not. */
	if (unsetenv("TMPDIR") != 0)
		return pdg_nomem(err);
	rc = pdg_fs_tempdir("pdg-pgp", &home, err);
	if (rc < 0)
		return rc;
	rc = write_conf(home, err);
	if (rc == 0)
		rc = set_environment(home, err);
	if (rc < 0) {
		int removed = pdg_fs_remove_tree(home, NULL);

		(void)removed; /* the first failure is the one to tell */
		return rc;
	}
	*out = PDG_TAKE(home);
	return 0;
}

int home_make_below(const char *dir, size_t number, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *home = pdg_str_printf("%s/%zu", dir, number);
	int rc;

	if (!home)
		return pdg_nomem(err);
	rc = pdg_fs_mkdirs(home, 0700, err);
	if (rc == 0)
		rc = write_conf(home, err);
	if (rc == 0)
		*out = PDG_TAKE(home);
	return rc;
}

int home_remove(char *home, struct pdg_error *err)
{
	int rc = pdg_fs_remove_tree(home, err);

	free(home);
	return rc;
}
