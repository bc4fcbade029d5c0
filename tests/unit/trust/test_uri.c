/* SPDX-License-Identifier: Apache-2.0 */
/* Repository URIs: what is one repository, what is another, and what a pattern covers. */
#include <stdlib.h>

#include "support/check.h"
#include "trust/uri.h"

static void normal_forms(void)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"https://github.com/company/myapp", "https://github.com/company/myapp"},
		{"HTTPS://GitHub.COM/Company/MyApp", "https://github.com/Company/MyApp"},
		{"https://github.com/company/myapp.git", "https://github.com/company/myapp"},
		{"https://github.com/company/myapp/", "https://github.com/company/myapp"},
		{"https://github.com/company/myapp.git///", "https://github.com/company/myapp"},
		{"git+https://github.com/company/myapp.git", "https://github.com/company/myapp"},
		{"GIT+git+https://h/p", "https://h/p"},
		{"https://h:443/p", "https://h/p"},
		{"https://h:8443/p", "https://h:8443/p"},
		{"http://h:80/p", "http://h/p"}, /* not https */
		{"https://h:80/p", "https://h:80/p"},
		{"https://[::1]/p", "https://[::1]/p"},
		{"https://[FE80::1]:443/p", "https://[fe80::1]/p"},
		{"ssh://git@github.com/company/myapp.git", "https://github.com/company/myapp"},
		{"git+ssh://git@h:22/p", "https://h/p"},
		{"ssh://git@h:2222/p", "ssh://git@h:2222/p"}, /* another server */
		{"ssh://alice@h/p", "ssh://alice@h/p"},	      /* another person's place */
		{"git@GitHub.com:company/myapp.git", "https://github.com/company/myapp"},
		{"git@h:/p/", "https://h/p"},
		{"alice@h:p.git", "alice@h:p"},
		{"https://evil@github.com/company/myapp", "https://evil@github.com/company/myapp"},
		{"https://github.com@evil/p", "https://github.com@evil/p"},
		{"git://h:9418/p", "git://h/p"},
		{"file:///srv/git/myapp.git/", "file:///srv/git/myapp"},
		{"/srv/git/myapp.git", "/srv/git/myapp"},
		{"/srv/git/MyApp/.git/", "/srv/git/MyApp"},
		{"/", "/"},
		{".git", ".git"},
		{"https://h/", "https://h"},
		{"https://h/p.git.git", "https://h/p"}, /* so that twice is once */
		{"https://github.com/company/*", "https://github.com/company/*"},
		{"https://h/%2e%2e/p", "https://h/%2e%2e/p"},
		{"git+x", "git+x"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *out = NULL;
		PDG_AUTO(mem) char *again = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].in);
		if (!CHECK_OK(pdg_uri_normal(cases[i].in, &out, &err), &err))
			continue;
		CHECK_STR(out, cases[i].out);
		if (CHECK_OK(pdg_uri_normal(out, &again, &err), &err))
			CHECK_STR(again, out);
	}
}

static void refused(void)
{
	static const char *const cases[] = {
		"",
		" ",
		"https://h/a b",
		"https://h/a\nb",
		"https://h/\x7f",
		"https://h\\@evil/p",
		"https:///p",
		"https://",
		"https://user@/p",
		"https://h:/p",
		"https://h:port/p",
		"https://h:99999/p",
		"https://h/a/../b",
		"https://h/..",
		"https://h/./a",
		"git@h:../p",
		"https://h/\xff",
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *out = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i]);
		CHECK_RULE(pdg_uri_normal(cases[i], &out, &err), &err, "URI-1");
		CHECK(out == NULL);
		CHECK(!pdg_uri_same(cases[i], cases[i]));
	}
}

static void same_or_not(void)
{
	CHECK(pdg_uri_same("git@github.com:o/r", "https://github.com/o/r.git"));
	CHECK(pdg_uri_same("git+https://GITHUB.com/o/r", "ssh://git@github.com/o/r/"));
	CHECK(!pdg_uri_same("https://github.com/o/r", "https://github.com/O/r"));
	CHECK(!pdg_uri_same("https://github.com/o/r", "http://github.com/o/r"));
	CHECK(!pdg_uri_same("https://github.com/o/r", "https://github.com.evil/o/r"));
	CHECK(!pdg_uri_same("https://github.com/o/r", "https://github.com/o/r2"));
}

static void splits(void)
{
#define HEX40 "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
	static const struct {
		const char *in;
		const char *uri;
		const char *ref;
		const char *commit;
	} cases[] = {
		{"https://h/o/r", "https://h/o/r", NULL, NULL},
		{"git+https://h/o/r@refs/heads/main", "git+https://h/o/r", "refs/heads/main", NULL},
		{"git+https://h/o/r@refs/heads/a@b", "git+https://h/o/r", "refs/heads/a@b", NULL},
		{"git+https://h/@scope/r@refs/heads/m", "git+https://h/@scope/r", "refs/heads/m",
		 NULL},
		{"https://h/@scope/r", "https://h/@scope/r", NULL, NULL},
		{"https://h/o/r@v1.2", "https://h/o/r", "v1.2", NULL},
		{"https://user@h/o/r", "https://user@h/o/r", NULL, NULL},
		{"https://user@h/o/r@" HEX40, "https://user@h/o/r", NULL, HEX40},
		{"https://h/o/r.git#refs/heads/main", "https://h/o/r.git", "refs/heads/main", NULL},
		{"https://h/o/r.git#main:sub/dir", "https://h/o/r.git", "main", NULL},
		{"https://h/o/r.git#" HEX40, "https://h/o/r.git", NULL, HEX40},
		{"https://h/o/r@refs/heads/m#" HEX40, "https://h/o/r", "refs/heads/m", HEX40},
		{"https://h/o/r@m#m", "https://h/o/r", "m", NULL},
		{"https://github.com/o/r/commit/" HEX40, "https://github.com/o/r", NULL, HEX40},
		{"https://gl/o/r/-/commit/" HEX40, "https://gl/o/r", NULL, HEX40},
		{"https://gl/o/r/commit/7fd1a6", "https://gl/o/r/commit/7fd1a6", NULL, NULL},
		{"git@h:o/r@refs/tags/v1", "git@h:o/r", "refs/tags/v1", NULL},
		{"git@h:o/r", "git@h:o/r", NULL, NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *uri = NULL;
		PDG_AUTO(mem) char *ref = NULL;
		PDG_AUTO(mem) char *commit = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].in);
		if (!CHECK_OK(pdg_uri_split(cases[i].in, &uri, &ref, &commit, &err), &err))
			continue;
		CHECK_STR(uri, cases[i].uri);
		CHECK_STR(ref, cases[i].ref);
		CHECK_STR(commit, cases[i].commit);
	}
}

static void splits_refused(void)
{
	static const char *const cases[] = {
		"",
		"#main",
		"https://h/o/r#",
		"https://h/o/r@",
		"https://h/o/r@a#b",
		"https://h/o/r/commit/" HEX40 "@1111111111111111111111111111111111111111",
		"https://h/o/r@" HEX40 "#1111111111111111111111111111111111111111",
		"https://h/a b@m",
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *uri = NULL;
		PDG_AUTO(mem) char *ref = NULL;
		PDG_AUTO(mem) char *commit = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i]);
		CHECK_RULE(pdg_uri_split(cases[i], &uri, &ref, &commit, &err), &err, "URI-1");
		CHECK(!uri && !ref && !commit);
	}
}

static void patterns(void)
{
	static const struct {
		const char *pattern;
		const char *name;
		bool match;
	} cases[] = {
		{"refs/heads/main", "refs/heads/main", true},
		{"refs/heads/main", "refs/heads/mai", false},
		{"refs/heads/main", "refs/heads/main2", false},
		{"refs/heads/main", "refs/heads/Main", false},
		{"refs/heads/*", "refs/heads/main", true},
		{"refs/heads/*", "refs/heads/", false},	   /* one or more */
		{"refs/heads/*", "refs/heads/a/b", false}, /* never a / */
		{"refs/*/main", "refs/heads/main", true},
		{"refs/*/main", "refs/heads/x/main", false},
		{"refs/heads/rel*", "refs/heads/rel", false},
		{"refs/heads/rel*", "refs/heads/rel-1", true},
		{"refs/heads/*-lts", "refs/heads/a-lts-lts", true}, /* takes a star back */
		{"refs/heads/*-lts", "refs/heads/-lts", false},
		{"refs/heads/a*b*c", "refs/heads/a1b2b3c", true},
		{"refs/heads/a*b*c", "refs/heads/abc", false},
		{"*/b", "a/x/b", false},
		{"*/x/*", "a/x/b", true},
		{"a?c", "abc", false}, /* nothing else is special */
		{"a[b]c", "abc", false},
		{"a.c", "abc", false},
		{"a?c", "a?c", true},
		{"a*", "a*", true}, /* a star in the name is a character */
		{"ab", "a*", false},
		{"", "", true},
		{"", "a", false},
		{"*", "", false},
		{"https://github.com/company/*", "https://github.com/company/app", true},
		{"https://github.com/company/*", "https://github.com/company-evil/app", false},
		{"https://github.com/*", "https://github.com/company/app", false},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s against %s", cases[i].name, cases[i].pattern);
		CHECK(pdg_pattern_match(cases[i].pattern, cases[i].name) == cases[i].match);
	}
}

PDG_TEST_MAIN("uri", {"normal forms", normal_forms}, {"refused", refused},
	      {"same or not", same_or_not}, {"splits", splits}, {"splits refused", splits_refused},
	      {"patterns", patterns})
