/* SPDX-License-Identifier: Apache-2.0 */
/* git's configuration files: read as git reads them, which is asked in every case. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "git/files.h"
#include "git/gitconfig_syntax.h"
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

/* Our list in the form of "git config --list". */
static void put_list(const struct pdg_gitconfig_values *values, struct pdg_buf *out)
{
	size_t i;

	for (i = 0; i < values->n; i++) {
		const struct pdg_gitconfig_value *v = &values->v[i];

		if (v->value)
			pdg_buf_printf(out, "%s=%s\n", v->name, v->value);
		else
			pdg_buf_printf(out, "%s\n", v->name);
	}
	if (out->n)
		out->n--;
}

/* All that git sees in the repository at @path, and all that we see. */
static void check_as_git(const char *path)
{
	PDG_AUTO(mem) char *git = pdg_test_git_out(path, "config", "--list", "--includes", NULL);
	PDG_AUTO(buf) struct pdg_buf ours = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(repo) struct pdg_repo *r = opened(path);
	PDG_AUTO(gitconfig_values) struct pdg_gitconfig_values values = {NULL, 0, 0};
	struct pdg_error err = {0};

	CHECK_OK(pdg_gitconfig_load(r, PDG_GITCONFIG_AS_GIT | PDG_GITCONFIG_WITH_LOCAL, &values,
				    &err),
		 &err);
	put_list(&values, &ours);
	CHECK_STR(pdg_buf_cstr(&ours), git);
}

static void syntax(void)
{
	static const char *const texts[] = {
		"[a]\n\tb = c\n",
		"[A \"Sub.Section\"]\n\tCamelCase = Value\n[a.b]\nc=d\n",
		"[a \"q\\\"uo\\\\te\"] b = 1\n",
		"[a]b=c",
		"[a]\r\n\tb = c\r\n\td\r\n",
		"\xEF\xBB\xBF[a]\nb\n",
		"# comment\n; another\n[a] # after\n b = c # d\n e = \"f # g\" ; h\n",
		"[a]\nb = \"  x  \"  y   z  \n",
		"[a]\nb = one \\\n  two\\\n\n",
		"[a]\nb = \\t\\n\\b\\\\\\\"\n",
		"[a]\nb =\nc\nd = \"\"\n",
		"[a]\nb = a\"b\"c\n",
		"[a]\nk-1 = x\n[a-b.c-d \"e\"]\nf = g\n",
		"[a]\nb = 1\n[a]\nb = 2\n[b]\nb = 3\n[a]\nc = 4\n",
		"[a   \"b\"]\nc = d\n",
		"[a]\nb = x\ty\n",
	};
	PDG_AUTO(mem) char *path = NULL;
	size_t i;

	set_up();
	path = pdg_test_repo(dir, "syntax");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		PDG_AUTO(mem)
		char *whole = pdg_str_printf("%s\n[core]\n\tbare = false\n", texts[i]);

		pdg_test_case("%s", texts[i]);
		free(pdg_test_file(dir, "syntax/.git/config", pdg_bytes_str(whole)));
		check_as_git(path);
	}
	pdg_test_case(NULL);
}

static int take_none(void *ctx, const char *name, const char *value, struct pdg_error *err)
{
	(void)ctx;
	(void)name;
	(void)value;
	(void)err;
	return 0;
}

static void no_syntax(void)
{
	static const char *const texts[] = {
		"b = c\n",
		"[a\nb = c\n",
		"[a \"b\nc = d\n",
		"[a \"b\" c]\nd = e\n",
		"[a]\nb c\n",
		"[a]\n1 = 2\n",
		"[a]\nb = \"c\n",
		"[a]\nb = \\x\n",
		"[a_b]\nc = d\n",
		"[a]\nb_c = d\n",
		"[a b]\nc = d\n",
		"[a]\nb # c\n",
		"[a]\nb = \\",
		"[",
		"=",
	};
	const struct pdg_gitconfig_reader reader = {take_none, NULL};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		pdg_test_case("%s", texts[i]);
		CHECK_CODE(pdg_gitconfig_parse(pdg_bytes_str(texts[i]), &reader, &err), &err,
			   PDG_E_FORMAT);
	}
	pdg_test_case(NULL);
	CHECK_CODE(pdg_gitconfig_parse(pdg_bytes("[a]\nb=\0c", 9), &reader, &err), &err,
		   PDG_E_FORMAT);
}

static void patterns(void)
{
	static const struct {
		const char *pattern, *text;
		bool yes;
	} cases[] = {
		{"a", "a", true},
		{"a", "b", false},
		{"a*", "abc", true},
		{"a*", "a/b", false},
		{"a/*", "a/b", true},
		{"a/*", "a/b/c", false},
		{"a/**", "a/b/c", true},
		{"**/c", "a/b/c", true},
		{"**/c", "c", true},
		{"a/**/c", "a/c", true},
		{"a/**/c", "a/x/y/c", true},
		{"a**", "a/b", false},
		{"a?c", "abc", true},
		{"a?c", "a/c", false},
		{"[ab]c", "bc", true},
		{"[!ab]c", "bc", false},
		{"[a-c]x", "bx", true},
		{"[", "[", true},
		{"\\*", "*", true},
		{"\\*", "x", false},
		{"/w/**", "/w/r/.git", true},
		{"/w/**", "/v/r/.git", false},
		{"**/w/**", "/x/w/r/.git", true},
		{"", "", true},
		{"*", "", true},
		{"A", "a", false},
	};
	PDG_AUTO(mem) char *stars = pdg_str_printf("%0*d", 200, 0);
	PDG_AUTO(mem) char *text = pdg_str_printf("%0*d", 2000, 0);
	char *p;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s %s", cases[i].pattern, cases[i].text);
		CHECK(pdg_gitconfig_match(cases[i].pattern, cases[i].text, false) == cases[i].yes);
	}
	pdg_test_case(NULL);
	CHECK(pdg_gitconfig_match("A/[B]", "a/b", true));
	/* What would take for ever takes a bounded time, and is no match. */
	for (p = stars; *p; p++)
		*p = (p - stars) % 2 ? '0' : '*';
	*(p - 1) = '1';
	CHECK(!pdg_gitconfig_match(stars, text, false));
}

static void includes(void)
{
	static const char config[] =
		"[core]\n\tbare = false\n[a]\n\tb = 1\n"
		"[include]\n\tpath = ../one\n[include]\n\tpath = not-there\n"
		"[a]\n\tb = 2\n"
		"[includeIf \"gitdir:included/\"]\n\tpath = ../two\n"
		"[includeIf \"gitdir:elsewhere/\"]\n\tpath = ../never\n"
		"[includeIf \"gitdir/i:INCLUDED/.git\"]\n\tpath = ../two\n"
		"[includeIf \"gitdir:~/included/\"]\n\tpath = ../two\n"
		"[includeIf \"gitdir:./\"]\n\tpath = ~/included/two\n"
		"[includeIf \"onbranch:ma*\"]\n\tpath = ../branch\n"
		"[includeIf \"onbranch:x/\"]\n\tpath = ../never\n"
		"[includeIf \"hasconfig:remote.*.url:https://git.example/**\"]\n\tpath = ../url\n"
		"[includeIf \"hasconfig:remote.*.url:https://other.example/**\"]\n\tpath = ../never\n"
		"[includeIf \"unheard:of\"]\n\tpath = ../never\n"
		"[remote \"origin\"]\n\turl = https://git.example/x/y\n"
		"[include]\n\tpath\n";
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *value = NULL;

	set_up();
	(void)setenv("HOME", dir, 1);
	path = pdg_test_repo(dir, "included");
	free(pdg_test_file(dir, "included/one",
			   pdg_bytes_str("[one]\n\tx = 1\n[include]\n\tpath = three\n")));
	free(pdg_test_file(dir, "included/three", pdg_bytes_str("[a]\n\tb = 3\n")));
	free(pdg_test_file(dir, "included/two", pdg_bytes_str("[two]\n\tx = 2\n")));
	free(pdg_test_file(dir, "included/branch", pdg_bytes_str("[branch \"main\"]\n\tx = b\n")));
	free(pdg_test_file(dir, "included/url", pdg_bytes_str("[user]\n\tsigningKey = by-url\n")));
	free(pdg_test_file(dir, "included/never", pdg_bytes_str("[never]\n\tx = y\n")));
	/* git ends at a bare include.path; ours passes over it. */
	free(pdg_test_file(dir, "included/.git/config",
			   pdg_bytes(config, strlen(config) - strlen("[include]\n\tpath\n"))));
	check_as_git(path);
	value = value_of(path, "user.signingkey");
	CHECK_STR(value, "by-url");
	free(PDG_TAKE(value));
	free(pdg_test_file(dir, "included/.git/config", pdg_bytes_str(config)));
	value = value_of(path, "A.B");
	CHECK_STR(value, "2");
}

static void includes_that_never_end(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *value = NULL;
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	struct pdg_error err = {0};

	set_up();
	path = pdg_test_repo(dir, "endless");
	r = opened(path);
	free(pdg_test_file(dir, "endless/.git/config",
			   pdg_bytes_str("[include]\n\tpath = config\n")));
	CHECK_RULE(pdg_repo_config(r, "a.b", &value, &err), &err, "GIT-3");
	free(pdg_test_file(dir, "endless/.git/config", pdg_bytes_str("[core\n")));
	CHECK_RULE(pdg_repo_config(r, "a.b", &value, &err), &err, "GIT-3");
	CHECK_HAS(err.text, "endless/.git/config");
}

static void worktree_configuration(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *tree = NULL;
	PDG_AUTO(mem) char *value = NULL;

	set_up();
	path = pdg_test_repo(dir, "trees");
	free(pdg_test_commit(path, "first", 1700000000));
	pdg_test_git(path, "worktree", "add", "-q", "../tree", NULL);
	pdg_test_git(path, "config", "extensions.worktreeConfig", "true", NULL);
	tree = pdg_test_path(dir, "tree");
	pdg_test_git(tree, "config", "--worktree", "user.signingKey", "of-the-tree", NULL);
	check_as_git(path);
	check_as_git(tree);
	value = value_of(tree, "user.signingKey");
	CHECK_STR(value, "of-the-tree");
	free(PDG_TAKE(value));
	value = value_of(path, "user.signingKey");
	CHECK_STR(value, NULL);
}

static void clean_up(void)
{
	pdg_test_dir_remove(dir);
	dir = NULL;
}

PDG_TEST_MAIN("gitconfig", {"syntax", syntax}, {"no syntax", no_syntax}, {"patterns", patterns},
	      {"includes", includes}, {"includes that never end", includes_that_never_end},
	      {"worktree configuration", worktree_configuration}, {"clean up", clean_up})
