/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are of one server: who we are is shown to that one alone (util/way.c). */
#include "util/url.h"

#include "support/check.h"

static void one_server(void)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"https://a.example", "https://a.example/", true},
		{"https://a.example/x", "https://A.Example:443/y/z", true},
		{"http://a.example:80", "http://a.example", true},
		{"https://[::1]:8700", "https://[::1]:8700/x", true},
		{"https://[::1]", "https://[::1]:443", true},
		{"https://a.example", "http://a.example", false},
		{"https://a.example:80", "http://a.example:80", false},
		{"https://a.example", "https://a.example:8443", false},
		{"https://a.example", "https://a.example.evil.example", false},
		{"https://a.example", "https://b.example", false},
		{"https://a.example", "https://a.exampl", false},
		{"https://[::1]:8700", "https://[::2]:8700", false},
		/* What is no address is nobody's, not even its own. */
		{"https://u@a.example", "https://a.example", false},
		{"ftp://a.example", "ftp://a.example", false},
		{"", "", false},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("%s %s", rows[i].a, rows[i].b);
		CHECK(pdg_url_same_server(rows[i].a, rows[i].b) == rows[i].same);
		CHECK(pdg_url_same_server(rows[i].b, rows[i].a) == rows[i].same);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("url", {"one server", one_server})
