/* SPDX-License-Identifier: Apache-2.0 */
/* Whose way to a service counts: the user's configuration and a repository's, side by side. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "git/repo.h"
#include "support/check.h"
#include "support/gitrepo.h"
#include "unit/git/opened.h"
#include "util/fs.h"
#include "util/str.h"

#define S     "service = https://s.example/\n"
#define T     "service = https://t.example\n"
#define CA    "ca = /ca.user\nproxy = http://proxy.user\n"
#define PAIR  "clientCertificate = /cert.user\nclientKey = /key.user\n"
#define LCA   "ca = /ca.local\nproxy = http://proxy.local\n"
#define LPAIR "clientCertificate = /cert.local\nclientKey = /key.local\n"

static char *dir;
static char *path;

static void set_up(void)
{
	if (dir)
		return;
	dir = resolved_dir();
	own_configuration();
	(void)setenv("HOME", dir, 1);
	(void)unsetenv("XDG_CONFIG_HOME");
	path = pdg_test_repo(dir, "here");
}

static void write_config(const char *folder, const char *name, const char *values)
{
	PDG_AUTO(mem) char *file = pdg_path_join(folder, name);
	PDG_AUTO(mem) char *text = pdg_str_printf("[pedigree]\n%s", values);
	struct pdg_error err = {0};

	CHECK_OK(pdg_fs_write(file, pdg_bytes_str(text), 0600, &err), &err);
}

/* "proxy ca cert key withheld", "-" for what is not said; and " here": the repository's. */
static char *way_as_text(const struct pdg_way_configured *c)
{
	const char *v[PDG_WAY_PARTS];
	size_t i;

	for (i = 0; i < PDG_WAY_PARTS; i++)
		v[i] = c->way.v[i] ? c->way.v[i] : "-";
	return pdg_str_printf("%s %s %s %s %s%s", v[PDG_WAY_PROXY], v[PDG_WAY_CA],
			      v[PDG_WAY_CLIENT_CERT], v[PDG_WAY_CLIENT_KEY],
			      c->withheld ? c->withheld[0] ? c->withheld : "none" : "-",
			      c->withheld_here ? " here" : "");
}

static void check_way(const char *user, const char *local, const char *named, const char *want)
{
	PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
	PDG_AUTO(mem) char *git = pdg_path_join(path, ".git");
	PDG_AUTO(mem) char *got = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	pdg_test_case("user %s| local %s| named %s", user, local, named ? named : "-");
	write_config(dir, ".gitconfig", user);
	write_config(git, "config", local);
	r = opened(path);
	if (!CHECK_OK(pdg_repo_way(r, named, &c, &err), &err))
		return;
	got = way_as_text(&c);
	CHECK_STR(got, want);
}

#define USER_CA	   "http://proxy.user /ca.user"
#define LOCAL_CA   "http://proxy.local /ca.local"
#define USER_PAIR  "/cert.user /key.user -"
#define LOCAL_PAIR "/cert.local /key.local -"
#define NOBODY	   "- - -"

static void the_configured_service(void)
{
	set_up();
	check_way("", "", NULL, "- - " NOBODY);
	check_way(S CA PAIR, "", NULL, USER_CA " " USER_PAIR);
	check_way("", S LCA LPAIR, NULL, LOCAL_CA " " LOCAL_PAIR);
	/* The repository names the service: what it says counts, but not for our certificate. */
	check_way(CA, S, NULL, USER_CA " " NOBODY);
	check_way(CA, S LCA, NULL, LOCAL_CA " " NOBODY);
	check_way(CA PAIR, S LCA, NULL, LOCAL_CA " - - none");
	check_way(S CA PAIR, T LCA, NULL, LOCAL_CA " - - https://s.example/");
	check_way(S CA PAIR, T LCA LPAIR, NULL, LOCAL_CA " " LOCAL_PAIR);
	check_way(S CA, S LCA, NULL, LOCAL_CA " " NOBODY);
	/* The server of the user's own: his certificate, and so his way. */
	check_way(S CA PAIR, S LCA, NULL, USER_CA " " USER_PAIR);
	check_way(S PAIR, "service = https://S.example:443/path\n" LCA, NULL, "- - " USER_PAIR);
	check_way(S CA PAIR, S LCA LPAIR, NULL, LOCAL_CA " " LOCAL_PAIR);
	check_way(S CA PAIR, S LCA "clientCertificate = /cert.local\n", NULL,
		  USER_CA " " USER_PAIR);
	/* The user names it, and the repository the rest. */
	check_way(S CA PAIR, LCA, NULL, USER_CA " " USER_PAIR);
	check_way(S, LCA LPAIR, NULL, "- - - - https://s.example/ here");
	/* Half of each is no pair, and stops nobody. */
	check_way(T CA PAIR, S "clientCertificate = /cert.local\n", NULL,
		  USER_CA " - - https://t.example here");
	check_way(PAIR, T "clientKey = /key.local\n", NULL, "- - - - none");
	check_way(PAIR, T "clientCertificate = /cert.user\nclientKey = /key.local\n", NULL,
		  "- - - - none");
	/* Half of a pair where there is no other half is for whoever calls to refuse. */
	check_way("", T "clientCertificate = /cert.local\n", NULL, "- - /cert.local - -");
	check_way("", T "clientKey = /key.local\n", NULL, "- - - /key.local -");
}

/* The user's files by the repository's word are his all the same. */
static void by_another_name(void)
{
	PDG_AUTO(mem) char *key = NULL;
	PDG_AUTO(mem) char *link = NULL;
	PDG_AUTO(mem) char *user = NULL;
	PDG_AUTO(mem) char *linked = NULL;

	set_up();
	check_way(S CA PAIR, T LCA "[include]\npath = ~/.gitconfig\n[pedigree]\n" T LCA, NULL,
		  LOCAL_CA " - - https://s.example/");
	check_way(S CA PAIR, T LCA PAIR, NULL, LOCAL_CA " - - https://s.example/");
	check_way(S CA PAIR, S LCA PAIR, NULL, USER_CA " " USER_PAIR);
	key = pdg_test_file(dir, "key", pdg_bytes_str("key"));
	link = pdg_path_join(path, "link");
	CHECK(symlink(key, link) == 0);
	user = pdg_str_printf(S CA "clientCertificate = /cert.user\nclientKey = ~/key\n");
	linked = pdg_str_printf(T "clientCertificate = /cert.local\nclientKey = %s\n", link);
	check_way(user, linked, NULL, USER_CA " - - https://s.example/ here");
}

static void a_service_that_is_named(void)
{
	static const char s[] = "https://s.example";

	set_up();
	check_way(S CA PAIR, "", s, USER_CA " " USER_PAIR);
	check_way(S CA PAIR, S LCA LPAIR, s, USER_CA " " USER_PAIR);
	check_way(S CA PAIR, T LCA, s, USER_CA " " USER_PAIR);
	check_way(CA PAIR, S LCA, s, USER_CA " - - none");
	check_way(T CA PAIR, S LCA, s, USER_CA " - - https://t.example");
	check_way("", S LCA LPAIR, s, "- - - - none here");
	check_way(S CA PAIR, "", "http://s.example", USER_CA " - - https://s.example/");
}

static bool passed(const char *local, const char *named)
{
	PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
	PDG_AUTO(mem) char *git = pdg_path_join(path, ".git");
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	write_config(dir, ".gitconfig", CA);
	write_config(git, "config", local);
	r = opened(path);
	CHECK_OK(pdg_repo_way(r, named, &c, &err), &err);
	return c.ca_passed;
}

static void a_ca_that_does_not_count(void)
{
	set_up();
	CHECK(!passed("", "https://s.example"));
	CHECK(!passed(S LCA, NULL));
	CHECK(passed(S LCA, "https://s.example"));
	CHECK(passed(LCA, "https://s.example"));
}

/* A remedy is one line that is not cut, and no other case's. */
static void what_is_told(void)
{
	static char long_url[] =
		"https://a-name-that-is-rather-long.and-so-is-its-domain.example/with/"
		"a/path/of/some/length";
	static char none[] = "";
	const struct pdg_way_configured cases[] = {
		{.withheld = none, .withheld_here = true},
		{.withheld = long_url, .withheld_here = true},
		{.withheld = long_url},
		{.withheld = none},
		{.service = long_url},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_ERROR_FIX_MAX - 1);

		pdg_way_tell_withheld(&cases[i], &b);
		CHECK(pdg_buf_check(&b, NULL) == 0);
		CHECK((strstr(pdg_buf_cstr(&b), "--service") != NULL) == (i < 2));
		CHECK((b.n > 0) == (i < 4));
	}
}

static void files_that_are_refused(void)
{
	static const char *const bad[] = {"ca = ca.pem\n",
					  "ca = ./ca.pem\n",
					  "ca =\n",
					  "ca\n",
					  "ca = /proc/self/cwd/ca.pem\n",
					  "ca = //dev/fd/3\n",
					  "ca = /etc/../proc/1/root/ca.pem\n"};
	size_t i;

	set_up();
	write_config(dir, ".gitconfig", "");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
		PDG_AUTO(mem) char *git = pdg_path_join(path, ".git");
		PDG_AUTO(mem) char *text = pdg_str_printf("%s%s", S, bad[i]);
		PDG_AUTO(repo) struct pdg_repo *r = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", bad[i]);
		write_config(git, "config", text);
		r = opened(path);
		CHECK_RULE(pdg_repo_way(r, NULL, &c, &err), &err, "CLI-2");
		CHECK(!c.service && !c.way.v[PDG_WAY_CA]);
		/* Nobody asks for them where the repository does not count. */
		CHECK_OK(pdg_repo_way(r, "https://s.example", &c, &err), &err);
	}
}

PDG_TEST_MAIN("way", {"the configured service", the_configured_service},
	      {"by another name", by_another_name},
	      {"a service that is named", a_service_that_is_named},
	      {"a CA that does not count", a_ca_that_does_not_count},
	      {"what is told", what_is_told}, {"files that are refused", files_that_are_refused})
