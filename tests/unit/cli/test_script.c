/* SPDX-License-Identifier: Apache-2.0 */
/* A hook's script is read back as it was written; the timer's name is systemd's. */
#include "repo/script.h"
#include "repo/timer.h"
#include "support/check.h"

#define TEXT_MAX 4096

static void what_is_written_is_read(void)
{
	const struct pdg_install in = {
		.policy = "/etc/it's '' mine",
		.server_key = "/k --policy 'x'",
		.service = "http://h",
		.deadline = "2s",
		.way = {.v = {(char[]){"\\'$HOME"}, [PDG_WAY_CA] = (char[]){"/c a"}}}};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(TEXT_MAX);
	PDG_AUTO(script) struct pdg_script s = {.program = NULL};
	struct pdg_error err = {0};

	pdg_script_put(&text, "/a b/pedigree-hook", "post-receive", "/hooks/kept", &in);
	CHECK(pdg_script_is_ours(pdg_buf_bytes(&text)));
	if (!CHECK_OK(pdg_script_read(pdg_buf_bytes(&text), &s, &err), &err))
		return;
	CHECK_STR(s.program, "/a b/pedigree-hook");
	CHECK_STR(s.policy, in.policy);
	CHECK_STR(s.repository, NULL);
	CHECK_STR(s.server_key, in.server_key);
	CHECK_STR(s.service, in.service);
	CHECK_STR(s.deadline, in.deadline);
	CHECK_STR(s.way.v[PDG_WAY_PROXY], in.way.v[PDG_WAY_PROXY]);
	CHECK_STR(s.way.v[PDG_WAY_CA], in.way.v[PDG_WAY_CA]);
	CHECK_STR(s.way.v[PDG_WAY_CLIENT_KEY], NULL);
}

/* A hook that an earlier version installed: it has no test of its program. */
static void an_older_hook_is_read(void)
{
	static const char text[] =
		"#!/bin/sh\n"
		"# pedigree hook, made by \"pedigree hooks install\"; \"pedigree hooks uninstall\" takes it away\n"
		"exec '/a/pedigree-hook' --hook 'pre-receive' --policy '/p' -- \"$@\"\n";
	PDG_AUTO(script) struct pdg_script s = {.program = NULL};
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_script_read(pdg_bytes_str(text), &s, &err), &err))
		return;
	CHECK_STR(s.program, "/a/pedigree-hook");
	CHECK_STR(s.policy, "/p");
}

/* Cut anywhere, it is no script of ours that can be trusted. */
static void what_was_changed_is_not_read(void)
{
	const struct pdg_install in = {.policy = "/p", .service = "http://h"};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(TEXT_MAX);
	struct pdg_script s = {.program = NULL};
	struct pdg_error err = {0};
	size_t n;

	pdg_script_put(&text, "/hook", "pre-receive", NULL, &in);
	for (n = 0; n < text.n; n++) {
		pdg_test_case("%zu bytes", n);
		CHECK_RULE(pdg_script_read(pdg_bytes_head(pdg_buf_bytes(&text), n), &s, &err), &err,
			   "HOK-4");
	}
	pdg_test_case("a line more");
	pdg_buf_puts(&text, "rm -rf x\n");
	CHECK_RULE(pdg_script_read(pdg_buf_bytes(&text), &s, &err), &err, "HOK-4");
	CHECK(s.program == NULL);
}

/* As `systemd-escape --template=pedigree-outbox@.timer --path` prints them. */
static void names_of_timers(void)
{
	static const struct {
		const char *path, *name;
	} rows[] = {
		{"/srv/git/myapp.git", "srv-git-myapp.git"},
		{"/srv//git/x/", "srv-git-x"},
		{"/", "-"},
		{"/.hidden/.a", "\\x2ehidden-.a"},
		{"/a b/c-d/e@f", "a\\x20b-c\\x2dd-e\\x40f"},
		{"/\xc3\xbc:_9", "\\xc3\\xbc:_9"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(TEXT_MAX);
		PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(TEXT_MAX);

		pdg_timer_name(rows[i].path, &got);
		pdg_buf_printf(&want, "pedigree-outbox@%s.timer", rows[i].name);
		CHECK_STR(pdg_buf_cstr(&got), pdg_buf_cstr(&want));
	}
}

PDG_TEST_MAIN("script", {"what is written is read", what_is_written_is_read},
	      {"an older hook is read", an_older_hook_is_read},
	      {"what was changed is not read", what_was_changed_is_not_read},
	      {"names of timers", names_of_timers})
