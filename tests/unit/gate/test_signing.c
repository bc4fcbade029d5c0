/* SPDX-License-Identifier: Apache-2.0 */
/* Would a commit be signed? By configurations as people have them. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/signing.h"
#include "support/check.h"
#include "support/gitrepo.h"

/* One configuration: up to three settings, an agent or not, GnuPG's folder. */
struct setting {
	const char *sign, *format, *key;
	bool agent;
	const char *gnupg; /* below the test's folder */
	const char *rule;  /* NULL: usable */
};

static void set(const char *repo, const char *name, const char *value)
{
	if (value)
		pdg_test_git(repo, "config", name, value, NULL);
}

static void each_configuration(void)
{
	static const struct setting cases[] = {
		{NULL, NULL, NULL, false, "full", "HOK-1"},
		{"false", NULL, NULL, false, "full", "HOK-1"},
		{"true", NULL, NULL, false, "full", NULL},
		{"yes", "openpgp", "ABCD", false, "full", NULL},
		{"true", NULL, NULL, false, "empty", "HOK-2"},
		{"true", NULL, NULL, false, "absent", "HOK-2"},
		{"1", "ssh", NULL, false, "full", "HOK-2"},
		{"on", "ssh", "", false, "full", "HOK-2"},
		{"true", "ssh", "~/key", false, "full", NULL},
		{"true", "ssh", "~/key.pub", false, "full", NULL},
		{"true", "ssh", "~/lone.pub", false, "full", "HOK-2"},
		{"true", "ssh", "~/lone.pub", true, "full", NULL},
		{"true", "ssh", "~/key-cert.pub", false, "full", NULL},
		{"true", "ssh", "~/lone-cert.pub", false, "full", "HOK-2"},
		{"true", "ssh", "~/full", true, "full", "HOK-2"},
		{"true", "ssh", "~/folder.pub", false, "full", "HOK-2"},
		{"true", "ssh", "~/nothing", true, "full", "HOK-2"},
		{"true", "ssh", "key::ssh-ed25519 AAAA", false, "full", "HOK-2"},
		{"true", "ssh", "key::ssh-ed25519 AAAA", true, "full", NULL},
		{"true", "ssh", "ssh-ed25519 AAAA", true, "full", NULL},
		{"true", "x509", "a@b", false, "full", NULL},
		{"true", "x509", "a@b", false, "empty", "HOK-2"},
		{"true", "cms", "a@b", false, "full", "HOK-2"},
	};
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *gnupg = pdg_test_path(dir, "full");
	PDG_AUTO(mem) char *keys = pdg_test_path(dir, "full/private-keys-v1.d");
	PDG_AUTO(mem) char *empty = pdg_test_path(dir, "empty");
	PDG_AUTO(mem) char *folder = pdg_test_path(dir, "folder");
	size_t i;

	CHECK(mkdir(gnupg, 0700) == 0 && mkdir(keys, 0700) == 0 && mkdir(empty, 0700) == 0);
	free(pdg_test_file(dir, "full/private-keys-v1.d/0123.key", pdg_bytes_str("x")));
	free(pdg_test_file(dir, "key", pdg_bytes_str("x")));
	free(pdg_test_file(dir, "key.pub", pdg_bytes_str("x")));
	free(pdg_test_file(dir, "lone.pub", pdg_bytes_str("x")));
	free(pdg_test_file(dir, "key-cert.pub", pdg_bytes_str("x")));
	free(pdg_test_file(dir, "lone-cert.pub", pdg_bytes_str("x")));
	free(pdg_test_file(dir, "folder.pub", pdg_bytes_str("x")));
	CHECK(mkdir(folder, 0700) == 0);
	(void)setenv("HOME", dir, 1);
	(void)setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	(void)setenv("GIT_CONFIG_NOSYSTEM", "1", 1);

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct setting *c = &cases[i];
		char name[] = "repo-a";
		PDG_AUTO(mem) char *path = (name[5] = (char)('a' + i), pdg_test_repo(dir, name));
		PDG_AUTO(mem) char *home = pdg_test_path(dir, c->gnupg);
		PDG_AUTO(repo) struct pdg_repo *r = NULL;
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("case %zu", i);
		set(path, "commit.gpgSign", c->sign);
		set(path, "gpg.format", c->format);
		set(path, "user.signingKey", c->key);
		(void)setenv("GNUPGHOME", home, 1);
		(void)unsetenv("SSH_AUTH_SOCK");
		if (c->agent)
			(void)setenv("SSH_AUTH_SOCK", "/nonexistent", 1);
		CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
		rc = pdg_signing_usable(r, &err);
		if (c->rule)
			CHECK_RULE(rc, &err, c->rule);
		else
			CHECK_OK(rc, &err);
	}
	pdg_test_case(NULL);
	pdg_test_dir_remove(dir);
}

/* Another program, or a command that names the key, keep their keys to themselves. */
static void other_programs(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "repo");
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	(void)setenv("HOME", dir, 1);
	(void)unsetenv("GNUPGHOME");
	pdg_test_git(path, "config", "commit.gpgSign", "true", NULL);
	pdg_test_git(path, "config", "gpg.program", "/opt/own/gpg", NULL);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_signing_usable(r, &err), &err);
	pdg_test_git(path, "config", "gpg.format", "ssh", NULL);
	pdg_test_git(path, "config", "gpg.ssh.defaultKeyCommand", "x", NULL);
	pdg_repo_free(PDG_TAKE(r));
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_signing_usable(r, &err), &err);
	pdg_test_git(path, "config", "--unset", "gpg.ssh.defaultKeyCommand", NULL);
	pdg_repo_free(PDG_TAKE(r));
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_RULE(pdg_signing_usable(r, &err), &err, "HOK-2");
	/* As 1Password's has it. */
	(void)unsetenv("SSH_AUTH_SOCK");
	pdg_test_git(path, "config", "user.signingKey", "ssh-ed25519 AAAA", NULL);
	pdg_test_git(path, "config", "gpg.ssh.program", "/opt/own/ssh-sign", NULL);
	pdg_repo_free(PDG_TAKE(r));
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	CHECK_OK(pdg_signing_usable(r, &err), &err);
	pdg_test_dir_remove(dir);
}

/* An agent of another machine: a socket, or libassuan's file that leads to one, and no keys. */
static void forwarded_agent(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_repo(dir, "repo");
	PDG_AUTO(mem) char *home = pdg_test_path(dir, "gnupg");
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	CHECK(mkdir(home, 0700) == 0);
	(void)setenv("HOME", dir, 1);
	(void)setenv("GNUPGHOME", home, 1);
	pdg_test_git(path, "config", "commit.gpgSign", "true", NULL);
	CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
	free(pdg_test_file(dir, "gnupg/S.gpg-agent", pdg_bytes_str("%Assuan%\nsocket=/x\n")));
	CHECK_OK(pdg_signing_usable(r, &err), &err);
	(void)unsetenv("GNUPGHOME");
	pdg_test_dir_remove(dir);
}

/* The key that git would name to gpg. */
static void openpgp_key(void)
{
	static const struct {
		const char *format, *key, *committer, *email, *variable, *want;
	} cases[] = {
		{NULL, "ABCD!", "c@x", "u@x", "v@x", "ABCD!"},
		{"openpgp", NULL, "c@x", "u@x", "v@x", "v@x"},
		{NULL, NULL, "c@x", "u@x", NULL, "c@x"},
		{NULL, "", NULL, "u@x", "", "u@x"},
		{NULL, NULL, NULL, NULL, NULL, NULL},
		{"ssh", "ABCD", "c@x", "u@x", "v@x", NULL},
	};
	char *dir = pdg_test_dir();
	size_t i;

	(void)setenv("HOME", dir, 1);
	(void)setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[] = "key-a";
		PDG_AUTO(mem) char *path = (name[4] = (char)('a' + i), pdg_test_repo(dir, name));
		PDG_AUTO(repo) struct pdg_repo *r = NULL;
		PDG_AUTO(mem) char *key = NULL;
		struct pdg_error err = {0};

		pdg_test_case("case %zu", i);
		set(path, "gpg.format", cases[i].format);
		set(path, "user.signingKey", cases[i].key);
		set(path, "committer.email", cases[i].committer);
		set(path, "user.email", cases[i].email);
		if (cases[i].variable)
			(void)setenv("GIT_COMMITTER_EMAIL", cases[i].variable, 1);
		else
			(void)unsetenv("GIT_COMMITTER_EMAIL");
		CHECK_OK(pdg_repo_open(path, PDG_REPO_DISCOVER, &r, &err), &err);
		CHECK_OK(pdg_signing_openpgp_key(r, &key, &err), &err);
		CHECK_STR(key ? key : "", cases[i].want ? cases[i].want : "");
	}
	pdg_test_case(NULL);
	(void)unsetenv("GIT_COMMITTER_EMAIL");
	pdg_test_dir_remove(dir);
}

PDG_TEST_MAIN("signing", {"OpenPGP key", openpgp_key}, {"each configuration", each_configuration},
	      {"other programs", other_programs}, {"forwarded agent", forwarded_agent})
