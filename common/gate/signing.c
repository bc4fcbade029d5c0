/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would a commit be signed? From configuration and files alone: neither gpg nor ssh-keygen is run,
 * so that asking costs a commit next to nothing.
 */
#include "gate/signing.h"

#include <dirent.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "git/files.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

static int get(const struct pdg_repo *r, const char *name, char **out, struct pdg_error *err)
{
	return pdg_repo_config(r, name, out, err);
}

static int unusable(struct pdg_error *err, const char *what, const char *fix)
{
	int rc = pdg_reject(err, "HOK-2", "%s", what);

	pdg_fix(err, "%s", fix);
	return rc;
}

static bool has_agent(void)
{
	const char *agent = getenv("SSH_AUTH_SOCK");

	return agent && agent[0];
}

/* A file that can be read; ssh-keygen takes nothing else for a key. */
static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0;
}

/*
 * A key file: the private one, or a public one beside it; @elsewhere: an agent, or another program
 * than ssh-keygen, may have the private one.
 */
static int check_ssh_file(const char *configured, bool elsewhere, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_gitconfig_home(configured);
	PDG_AUTO(mem) char *private = NULL;

	if (!path || !is_file(path)) {
		int rc = pdg_reject(err, "HOK-2",
				    "the SSH signing key \"%s\" is no file that can be read",
				    path ? path : configured);

		pdg_fix(err, "git config user.signingKey <path of your key>");
		return rc;
	}
	if (elsewhere || !pdg_str_ends(path, ".pub"))
		return 0;
	/* As ssh-keygen looks for it: beside a certificate it has the key's own name. */
	private = strndup(path, strlen(path) - strlen(pdg_str_ends(path, "-cert.pub") ? "-cert.pub"
										      : ".pub"));
	if (!private)
		return pdg_nomem(err);
	if (is_file(private))
		return 0;
	return unusable(err,
			"the SSH signing key is a public key, without its private key or an agent",
			"start ssh-agent and ssh-add the key");
}

static int check_ssh(const struct pdg_repo *r, const char *key, struct pdg_error *err)
{
	PDG_AUTO(mem) char *command = NULL;
	PDG_AUTO(mem) char *program = NULL;
	bool elsewhere;
	int rc = get(r, "gpg.ssh.defaultKeyCommand", &command, err);

	if (rc == 0)
		rc = get(r, "gpg.ssh.program", &program, err);
	if (rc < 0)
		return rc;
	/* Another program keeps its keys where it likes. */
	elsewhere = program || has_agent();
	if (!key && command)
		return 0;
	if (!key || !key[0])
		return unusable(err, "no SSH signing key is named",
				"git config user.signingKey ~/.ssh/id_ed25519.pub");
	if (!pdg_str_starts(key, "key::") && !pdg_str_starts(key, "ssh-"))
		return check_ssh_file(key, elsewhere, err);
	if (elsewhere)
		return 0;
	return unusable(err, "the SSH signing key is to come from an agent, and there is none",
			"start ssh-agent and ssh-add the key");
}

/* Does GnuPG's folder hold any secret key? (A smart card's stub is one.) */
static bool has_secret_keys(const char *gnupg)
{
	PDG_AUTO(mem) char *path = pdg_path_join(gnupg, "private-keys-v1.d");
	DIR *dir = path ? opendir(path) : NULL;
	const struct dirent *e;
	bool found = false;

	if (!dir)
		return false;
	while (!found && (e = readdir(dir)))
		found = pdg_str_ends(e->d_name, ".key");
	(void)closedir(dir);
	return found;
}

/* Is an agent's socket, or the file that leads to one (libassuan), in this folder? */
static bool has_gpg_socket(const char *dir)
{
	PDG_AUTO(mem) char *path = pdg_path_join(dir, "S.gpg-agent");

	return path && pdg_fs_exists(path);
}

/*
 * An agent that is forwarded from another machine has keys of which nothing is here
 * (wiki.gnupg.org/AgentForwarding). A folder of one's own has its sockets below another name.
 */
static bool has_gpg_agent(const char *gnupg)
{
	PDG_AUTO(mem) char *run = pdg_str_printf("/run/user/%lu/gnupg", (unsigned long)geteuid());
	PDG_AUTO(mem) char *any = run ? pdg_path_join(run, "d.*/S.gpg-agent") : NULL;
	glob_t found = {.gl_pathc = 0};
	bool there;

	if (has_gpg_socket(gnupg) || (run && has_gpg_socket(run)))
		return true;
	there = any && glob(any, GLOB_NOSORT, NULL, &found) == 0;
	globfree(&found);
	return there;
}

/* gpg and gpgsm keep their secret keys in one place. @names: who else may be asked to sign. */
static int check_gnupg(const struct pdg_repo *r, const char *const names[2], struct pdg_error *err)
{
	PDG_AUTO(mem) char *program = NULL;
	PDG_AUTO(mem) char *own = NULL;
	const char *gnupg = getenv("GNUPGHOME");
	const char *home = getenv("HOME");
	int rc = get(r, names[0], &program, err);

	if (rc == 0 && !program && names[1])
		rc = get(r, names[1], &program, err);
	/* Another program keeps its keys where it likes. */
	if (rc < 0 || program)
		return rc;
	if (!gnupg || !gnupg[0]) {
		own = home ? pdg_path_join(home, ".gnupg") : NULL;
		gnupg = own;
	}
	if (gnupg && (has_secret_keys(gnupg) || has_gpg_agent(gnupg)))
		return 0;
	return unusable(err, "GnuPG has no secret key to sign commits with",
			"gpg --quick-generate-key, or sign with SSH: git config gpg.format ssh");
}

static int check_format(const struct pdg_repo *r, const char *format, struct pdg_error *err)
{
	static const char *const openpgp[2] = {"gpg.program", "gpg.openpgp.program"};
	static const char *const x509[2] = {"gpg.x509.program", NULL};
	PDG_AUTO(mem) char *key = NULL;
	int rc = get(r, "user.signingKey", &key, err);

	if (rc < 0)
		return rc;
	if (!format || strcmp(format, "openpgp") == 0)
		return check_gnupg(r, openpgp, err);
	if (strcmp(format, "x509") == 0)
		return check_gnupg(r, x509, err);
	if (strcmp(format, "ssh") == 0)
		return check_ssh(r, key, err);
	rc = pdg_reject(err, "HOK-2", "gpg.format is \"%s\", which is not judged here", format);
	pdg_fix(err, "git config gpg.format openpgp, ssh or x509");
	return rc;
}

int pdg_signing_usable(const struct pdg_repo *r, struct pdg_error *err)
{
	PDG_AUTO(mem) char *format = NULL;
	bool is_set;
	bool sign = false;
	int rc = pdg_repo_config_bool(r, "commit.gpgSign", &is_set, &sign, err);

	if (rc == 0 && !sign) {
		rc = pdg_reject(err, "HOK-1",
				"commits are not signed here: commit.gpgSign is not true");
		pdg_fix(err, "git config commit.gpgSign true");
	}
	if (rc == 0)
		rc = get(r, "gpg.format", &format, err);
	return rc < 0 ? rc : check_format(r, format, err);
}

/* The first of @names that is set, in git's order. */
static int first_set(const struct pdg_repo *r, const char *const *names, size_t n, char **out,
		     struct pdg_error *err)
{
	const char *email = getenv("GIT_COMMITTER_EMAIL");
	PDG_AUTO(mem) char *v = NULL;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && !v && i < n; i++) {
		if (strcmp(names[i], "committer.email") == 0 && email && email[0]) {
			v = pdg_str_dup(email);
			rc = v ? 0 : pdg_nomem(err);
			continue;
		}
		rc = get(r, names[i], &v, err);
		if (v && !v[0])
			free(PDG_TAKE(v));
	}
	if (rc == 0)
		*out = PDG_TAKE(v);
	return rc;
}

int pdg_signing_openpgp_key(const struct pdg_repo *r, char **out, struct pdg_error *err)
{
	static const char *const names[] = {"user.signingKey", "committer.email", "user.email"};
	PDG_AUTO(mem) char *format = NULL;
	int rc = get(r, "gpg.format", &format, err);

	*out = NULL;
	if (rc < 0 || (format && strcmp(format, "openpgp") != 0))
		return rc;
	return first_set(r, names, 3, out, err);
}

int pdg_signing_fit(const struct pdg_signers *s, const char *key, int64_t at, struct pdg_error *err)
{
	static const char *const why[] = {
		[PDG_PGP_EXPIRED] = "has expired, by the policy's key file",
		[PDG_PGP_REVOKED] = "is revoked, by the policy's key file",
		[PDG_PGP_LISTED] = "is revoked by the policy",
	};
	enum pdg_pgp_fit fit = pdg_signers_pgp_fit(s, key, at);
	int rc;

	if (fit == PDG_PGP_FIT)
		return 0;
	rc = pdg_reject(err, "HOK-2", "the OpenPGP signing key \"%s\" %s", key, why[fit]);
	if (fit == PDG_PGP_LISTED)
		pdg_fix(err, "sign with another key");
	else
		pdg_fix(err, "sign with another key, or have the renewed one put into the policy's "
			     "openpgpKeys");
	return rc;
}

/* The public line of the SSH key that is configured, appended; nothing where it is not at hand. */
static int ssh_line(const struct pdg_repo *r, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *key = NULL;
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *public = NULL;
	int rc = get(r, "user.signingKey", &key, err);

	if (rc < 0 || !key || !key[0])
		return rc;
	if (pdg_str_starts(key, "key::") || pdg_str_starts(key, "ssh-")) {
		pdg_buf_puts(out, pdg_str_starts(key, "key::") ? key + strlen("key::") : key);
		return pdg_buf_check(out, err);
	}
	path = pdg_gitconfig_home(key);
	if (!path)
		return 0;
	public = pdg_str_printf("%s%s", path, pdg_str_ends(path, ".pub") ? "" : ".pub");
	if (!public)
		return pdg_nomem(err);
	return is_file(public) ? pdg_fs_read(public, out, err) : 0;
}

static int ssh_allowed(const struct pdg_repo *r, const struct pdg_signers *s, int64_t at,
		       bool *out_found, struct pdg_error *err)
{
	static const char *const names[] = {"committer.email", "user.email"};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(mem) char *address = NULL;
	struct pdg_bytes rest;
	struct pdg_bytes line;
	const char *why = NULL;
	int rc = ssh_line(r, &text, err);

	if (rc == 0)
		rc = first_set(r, names, 2, &address, err);
	rest = pdg_buf_bytes(&text);
	if (rc < 0 || !pdg_bytes_line(&rest, &line))
		return rc;
	rc = pdg_signers_ssh_unfit(s, line, address, at, &why, err);
	if (rc < 0)
		return pdg_context(err, rc, "user.signingKey");
	*out_found = true;
	if (!why)
		return 0;
	rc = pdg_reject(err, "HOK-2", "the SSH signing key %s", why);
	pdg_fix(err,
		"sign with another key, or have this one put into the policy's sshAllowedSigners");
	return rc;
}

static int openpgp_allowed(const struct pdg_repo *r, const struct pdg_signers *s, int64_t at,
			   bool *out_found, struct pdg_error *err)
{
	PDG_AUTO(mem) char *key = NULL;
	enum pdg_pgp_known known;
	int rc = pdg_signing_openpgp_key(r, &key, err);

	if (rc < 0 || !key)
		return rc;
	known = pdg_signers_pgp_known(s, key);
	if (known == PDG_PGP_UNKNOWN) {
		rc = pdg_reject(err, "HOK-2",
				"the OpenPGP signing key \"%s\" is in no key file of the policy",
				key);
		pdg_fix(err,
			"sign with another key, or have this one put into the policy's openpgpKeys");
		return rc;
	}
	*out_found = known == PDG_PGP_KNOWN;
	return pdg_signing_fit(s, key, at, err);
}

int pdg_signing_allowed(const struct pdg_repo *r, const struct pdg_signers *s, int64_t at,
			bool *out_found, struct pdg_error *err)
{
	PDG_AUTO(mem) char *format = NULL;
	int rc = get(r, "gpg.format", &format, err);

	*out_found = false;
	if (rc < 0)
		return rc;
	if (!format || strcmp(format, "openpgp") == 0)
		return openpgp_allowed(r, s, at, out_found, err);
	return strcmp(format, "ssh") == 0 ? ssh_allowed(r, s, at, out_found, err) : 0;
}
