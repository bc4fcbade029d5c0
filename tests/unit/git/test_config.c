/* SPDX-License-Identifier: Apache-2.0 */
/* Single values of git's configuration, by whom they may be set, and where hooks are. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "git/repo.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "unit/git/opened.h"
#include "util/str.h"

static char *dir; /* this program's folder, resolved */

static void set_up(void)
{
	if (dir)
		return;
	dir = resolved_dir();
	own_configuration();
}

static void reading_and_writing(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *value = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	set_up();
	path = pdg_test_repo(dir, "configured");
	r = opened(path);
	CHECK_OK(pdg_repo_config(r, "pedigree.service", &value, &err), &err);
	CHECK(value == NULL);
	CHECK_OK(pdg_repo_config_set(r, "pedigree.service", "http://127.0.0.1:8700", &err), &err);
	CHECK_OK(pdg_repo_config(r, "pedigree.service", &value, &err), &err);
	CHECK_STR(value, "http://127.0.0.1:8700");
	free(PDG_TAKE(value));
	CHECK_OK(pdg_repo_config_set(r, "pedigree.service", NULL, &err), &err);
	CHECK_OK(pdg_repo_config_set(r, "pedigree.service", NULL, &err), &err);
	CHECK_OK(pdg_repo_config(r, "pedigree.service", &value, &err), &err);
	CHECK(value == NULL);
}

static void check_hooks(const char *path, const char *configured, const char *want)
{
	PDG_AUTO(mem) char *hooks = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	if (configured)
		pdg_test_git(path, "config", "core.hooksPath", configured, NULL);
	r = opened(path);
	CHECK_OK(pdg_repo_hooks_dir(r, &hooks, &err), &err);
	CHECK_STR(hooks, want);
}

static void hooks_folder(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *own = NULL;
	PDG_AUTO(mem) char *relative = NULL;
	PDG_AUTO(mem) char *home = NULL;
	PDG_AUTO(mem) char *hooks = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	set_up();
	(void)setenv("HOME", dir, 1);
	path = pdg_test_repo(dir, "hooked");
	own = pdg_test_path(path, ".git/hooks");
	relative = pdg_test_path(path, "my/hooks");
	home = pdg_test_path(dir, "hooks");
	check_hooks(path, NULL, own);
	check_hooks(path, "my/hooks", relative);
	check_hooks(path, "/etc/hooks", "/etc/hooks");
	check_hooks(path, "~/hooks", home);
	pdg_test_git(path, "config", "core.hooksPath", "", NULL);
	r = opened(path);
	CHECK_RULE(pdg_repo_hooks_dir(r, &hooks, &err), &err, "HOK-4");
}

/* Switches as git writes and reads them, with and without a value. */
static void switches(void)
{
	static const struct {
		const char *line; /* in section commit */
		bool set, on;
	} cases[] = {
		{"", false, false},
		{"\tgpgSign\n", true, true},
		{"\tgpgSign =\n", true, false},
		{"\tgpgSign = true\n", true, true},
		{"\tgpgSign = YES\n", true, true},
		{"\tgpgSign = on\n", true, true},
		{"\tgpgSign = 1\n", true, true},
		{"\tgpgSign = -1\n", true, true},
		{"\tgpgSign = 2k\n", true, true},
		{"\tgpgSign = 0\n", true, false},
		{"\tgpgSign = 00\n", true, false},
		{"\tgpgSign = off\n", true, false},
		{"\tgpgSign = no\n", true, false},
	};
	static const char *const none[] = {"perhaps", "1x", "-", "truee"};
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error err = {0};
	bool set = true;
	bool on = true;
	size_t i;

	set_up();
	path = pdg_test_repo(dir, "switches");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(repo) struct pdg_repo *r = NULL;
		PDG_AUTO(mem)
		char *text = pdg_str_printf("[core]\n\tbare = false\n[commit]\n%s", cases[i].line);

		pdg_test_case("case %zu", i);
		free(pdg_test_file(dir, "switches/.git/config", pdg_bytes_str(text)));
		r = opened(path);
		CHECK_OK(pdg_repo_config_bool(r, "commit.gpgSign", &set, &on, &err), &err);
		CHECK(set == cases[i].set && on == cases[i].on);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		PDG_AUTO(repo) struct pdg_repo *r = NULL;

		pdg_test_git(path, "config", "commit.gpgSign", none[i], NULL);
		r = opened(path);
		CHECK_RULE(pdg_repo_config_bool(r, "commit.gpgSign", &set, &on, &err), &err,
			   "GIT-3");
	}
	pdg_test_case(NULL);
}

/* What git would go by, and what pedigree.* may not go by. */
static void environment(void)
{
	static const char parameters[] =
		"'user.signingkey'='it'\\''s' 'gpg.format=ssh' 'commit.gpgsign' 'pedigree.policy'='/evil'";
	static const struct {
		const char *name, *value;
	} cases[] = {
		{"user.signingKey", "it's"}, {"gpg.format", "ssh"},    {"commit.gpgSign", ""},
		{"user.email", "g@x"},	     {"user.name", "counted"}, {"pedigree.policy", NULL},
		{"pedigree.service", NULL},  {"user.nothing", NULL},
	};
	PDG_AUTO(mem) char *global = NULL;
	PDG_AUTO(mem) char *value = NULL;
	PDG_AUTO(mem) char *path = NULL;
	size_t i;

	set_up();
	path = pdg_test_repo(dir, "surroundings");
	global = pdg_test_file(
		dir, "global",
		pdg_bytes_str(
			"[user]\n\temail = g@x\n\tname = global\n[pedigree]\n\tservice = evil\n"));
	(void)setenv("GIT_CONFIG_GLOBAL", global, 1);
	(void)setenv("GIT_CONFIG_PARAMETERS", parameters, 1);
	(void)setenv("GIT_CONFIG_COUNT", "2", 1);
	(void)setenv("GIT_CONFIG_KEY_0", "USER.NAME", 1);
	(void)setenv("GIT_CONFIG_VALUE_0", "counted", 1);
	(void)setenv("GIT_CONFIG_KEY_1", "pedigree.policy", 1);
	(void)setenv("GIT_CONFIG_VALUE_1", "/evil", 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i].name);
		value = value_of(path, cases[i].name);
		CHECK_STR(value, cases[i].value);
		free(PDG_TAKE(value));
	}
	pdg_test_case(NULL);
	(void)setenv("GIT_CONFIG_PARAMETERS", "'user.name'='broken", 1);
	value = value_of(path, "user.name");
	CHECK_STR(value, "counted");
	(void)setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	(void)unsetenv("GIT_CONFIG_PARAMETERS");
	(void)unsetenv("GIT_CONFIG_COUNT");
}

/* Without GIT_CONFIG_GLOBAL: $XDG_CONFIG_HOME, else ~/.config, and then ~/.gitconfig; no home at
 * all. */
static void homes(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *xdg = NULL;
	PDG_AUTO(mem) char *a = NULL;
	PDG_AUTO(mem) char *b = NULL;
	PDG_AUTO(mem) char *home = pdg_str_printf("%s/home", dir);

	set_up();
	path = pdg_test_repo(dir, "housed");
	xdg = pdg_test_path(dir, "xdg");
	CHECK(mkdir(home, 0700) == 0 && mkdir(xdg, 0700) == 0);
	a = pdg_test_path(xdg, "git");
	CHECK(mkdir(a, 0700) == 0);
	free(pdg_test_file(a, "config",
			   pdg_bytes_str("[pedigree]\n\tpolicy = xdg\n[user]\n\tname = xdg\n")));
	free(pdg_test_file(home, ".gitconfig", pdg_bytes_str("[user]\n\tname = home\n")));
	(void)unsetenv("GIT_CONFIG_GLOBAL");
	(void)setenv("HOME", home, 1);
	(void)setenv("XDG_CONFIG_HOME", xdg, 1);
	b = value_of(path, "user.name");
	CHECK_STR(b, "home");
	free(PDG_TAKE(b));
	b = value_of(path, "pedigree.policy");
	CHECK_STR(b, "xdg");
	free(PDG_TAKE(b));
	(void)unsetenv("HOME");
	(void)unsetenv("XDG_CONFIG_HOME");
	b = value_of(path, "user.name");
	CHECK_STR(b, NULL);
	(void)setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	(void)setenv("HOME", dir, 1);
}

static void clean_up(void)
{
	pdg_test_dir_remove(dir);
	dir = NULL;
}

PDG_TEST_MAIN("config", {"reading and writing", reading_and_writing},
	      {"hooks folder", hooks_folder}, {"switches", switches}, {"environment", environment},
	      {"homes", homes}, {"clean up", clean_up})
