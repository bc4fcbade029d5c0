/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allowed_signers files: what a line may say, which line lets a key sign, and that a line which
 * cannot be read is an error of the whole file.
 */
#include "crypto/allowed_signers.h"
#include "ssh_data.h"
#include "util/limits.h"
#include "util/time.h"

/* formats.md 9.4's key, and another of 32 bytes 0x11. */
#define KEY   "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define OTHER "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBERERERERERERERERERERERERERERERERERERERERER"

static int64_t at(const char *text)
{
	int64_t t = 0;

	CHECK_OK(pdg_time_parse(pdg_bytes_str(text), &t, NULL), NULL);
	return t;
}

static struct pdg_sshkey *key_of(const char *line)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
	struct pdg_sshkey *key = NULL;

	if (CHECK_OK(pdg_sshkey_line(pdg_bytes_str(line), &blob, NULL), NULL))
		CHECK_OK(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, NULL), NULL);
	return key;
}

static struct pdg_allowed_signers *list_of(const char *text)
{
	struct pdg_allowed_signers *list = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_allowed_signers_parse(pdg_bytes_str(text), "test", &list, &err), &err);
	return list;
}

/* What @text says of KEY in namespace "git". */
static enum pdg_signer_find ask(const char *text, int64_t when, const char *principal,
				const char *want_principals)
{
	PDG_AUTO(allowed_signers) struct pdg_allowed_signers *list = list_of(text);
	PDG_AUTO(sshkey) struct pdg_sshkey *key = key_of(KEY);
	const char *principals = NULL;
	enum pdg_signer_find f = PDG_SIGNER_UNKNOWN;

	if (list && key) {
		f = pdg_allowed_signers_find(list, key, "git", when, principal, &principals);
		CHECK_STR(principals, want_principals);
	}
	return f;
}

static void the_right_line_is_found(void)
{
	static const struct {
		const char *text;
		const char *principal;
		enum pdg_signer_find want;
		const char *principals;
	} rows[] = {
		{"dev@example.com namespaces=\"git\" " KEY "\n", NULL, PDG_SIGNER_FOUND,
		 "dev@example.com"},
		{"dev@example.com " KEY, NULL, PDG_SIGNER_FOUND, "dev@example.com"},
		{"dev@example.com " KEY " a comment, of \"words\"", NULL, PDG_SIGNER_FOUND,
		 "dev@example.com"},
		{"  dev@example.com\t" KEY "\r\n", NULL, PDG_SIGNER_FOUND, "dev@example.com"},
		{"\n# x\n   # y\n \t \n\r\ndev " KEY "\n", NULL, PDG_SIGNER_FOUND, "dev"},
		{"\"dev@example.com,a b\" " KEY, "a b", PDG_SIGNER_FOUND, "dev@example.com,a b"},
		{"dev@example.com " KEY, "dev@example.com", PDG_SIGNER_FOUND, "dev@example.com"},
		{"*@example.com,!eve@example.com " KEY, "dev@example.com", PDG_SIGNER_FOUND,
		 "*@example.com,!eve@example.com"},
		{"*@example.com,!eve@example.com " KEY, "eve@example.com", PDG_SIGNER_WRONG_NAME,
		 "*@example.com,!eve@example.com"},
		{"dev@example.com " KEY, "", PDG_SIGNER_WRONG_NAME, "dev@example.com"},
		{"dev@example.com " KEY, "DEV@example.com", PDG_SIGNER_WRONG_NAME,
		 "dev@example.com"},
		{"a " KEY "\nb " KEY, "b", PDG_SIGNER_FOUND, "b"},
		{"a " KEY "\nb " KEY, NULL, PDG_SIGNER_FOUND, "a"},
		{"a " KEY "\nb " KEY, "c", PDG_SIGNER_WRONG_NAME, "a"},
		{"dev " OTHER, NULL, PDG_SIGNER_UNKNOWN, NULL},
		{"dev namespaces=\"file\" " KEY, NULL, PDG_SIGNER_UNKNOWN, NULL},
		{"dev namespaces=\"Git\" " KEY, NULL, PDG_SIGNER_UNKNOWN, NULL},
		{"dev namespaces=\"file,git\" " KEY, NULL, PDG_SIGNER_FOUND, "dev"},
		{"dev namespaces=\"g*\" " KEY, NULL, PDG_SIGNER_FOUND, "dev"},
		{"dev namespaces=\"*,!git\" " KEY, NULL, PDG_SIGNER_UNKNOWN, NULL},
		{"dev NameSpaces=\"git\" " KEY, NULL, PDG_SIGNER_FOUND, "dev"},
		{"dev namespaces=\"a\\\"b,git\" " KEY, NULL, PDG_SIGNER_FOUND, "dev"},
		{"dev cert-authority " KEY, NULL, PDG_SIGNER_UNKNOWN, NULL},
		{"dev cert-authority,namespaces=\"git\" " KEY, NULL, PDG_SIGNER_UNKNOWN, NULL},
		{"ca cert-authority " KEY "\ndev " KEY, NULL, PDG_SIGNER_FOUND, "dev"},
		{"* " KEY, "anybody", PDG_SIGNER_FOUND, "*"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("row %zu: %s", i, rows[i].text);
		CHECK(ask(rows[i].text, 0, rows[i].principal, rows[i].principals) == rows[i].want);
	}
}

static void bounds_are_inclusive(void)
{
	static const struct {
		const char *options;
		const char *at;
		enum pdg_signer_find want;
	} rows[] = {
		{"valid-after=\"20260101Z\"", "2025-12-31T23:59:59Z", PDG_SIGNER_NOT_YET},
		{"valid-after=\"20260101Z\"", "2026-01-01T00:00:00Z", PDG_SIGNER_FOUND},
		{"valid-after=\"20260101\"", "2026-01-01T00:00:00Z", PDG_SIGNER_FOUND},
		{"valid-after=\"20260101\"", "2025-12-31T23:59:59Z", PDG_SIGNER_NOT_YET},
		{"valid-before=\"20260101Z\"", "2026-01-01T00:00:00Z", PDG_SIGNER_FOUND},
		{"valid-before=\"20260101Z\"", "2026-01-01T00:00:01Z", PDG_SIGNER_EXPIRED},
		{"valid-before=\"202601011230\"", "2026-01-01T12:30:00Z", PDG_SIGNER_FOUND},
		{"valid-before=\"202601011230UTC\"", "2026-01-01T12:30:01Z", PDG_SIGNER_EXPIRED},
		{"valid-before=\"20260101123015Z\"", "2026-01-01T12:30:15Z", PDG_SIGNER_FOUND},
		{"valid-before=\"20260101123015Z\"", "2026-01-01T12:30:16Z", PDG_SIGNER_EXPIRED},
		{"valid-after=\"20240229Z\",valid-before=\"20240301Z\"", "2024-02-29T12:00:00Z",
		 PDG_SIGNER_FOUND},
		{"Valid-After=\"19700101Z\"", "1969-12-31T23:59:59Z", PDG_SIGNER_NOT_YET},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = pdg_str_printf("dev %s %s\n", rows[i].options, KEY);

		pdg_test_case("%s at %s", rows[i].options, rows[i].at);
		if (CHECK(text != NULL))
			CHECK(ask(text, at(rows[i].at), NULL, "dev") == rows[i].want);
		free(text);
	}
}

/* Of several lines with the key, the answer that says most is given. */
static void the_best_answer_wins(void)
{
	static const char text[] = "eve " KEY "\n"
				   "old valid-before=\"20200101Z\" " KEY "\n"
				   "dev valid-before=\"20200101Z\" " KEY "\n"
				   "dev valid-after=\"20260101Z\" " KEY "\n";

	CHECK(ask(text, at("2023-01-01T00:00:00Z"), "dev", "dev") == PDG_SIGNER_EXPIRED);
	CHECK(ask(text, at("2019-01-01T00:00:00Z"), "dev", "dev") == PDG_SIGNER_FOUND);
	CHECK(ask(text, at("2026-06-01T00:00:00Z"), "dev", "dev") == PDG_SIGNER_FOUND);
	CHECK(ask(text, at("2026-06-01T00:00:00Z"), "nobody", "eve") == PDG_SIGNER_WRONG_NAME);
	CHECK(ask(text, at("2026-06-01T00:00:00Z"), NULL, "eve") == PDG_SIGNER_FOUND);
}

static void unreadable_lines_are_errors(void)
{
	static const char *const rows[] = {
		"",
		"\n",
		"# only a comment\n",
		"dev",
		"dev\n",
		"dev ",
		"dev ssh-ed25519",
		"dev AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		KEY,
		"dev ssh-ed25519 AAAA",
		"dev ssh-ed25519 !!!!",
		"dev ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG",
		"dev ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAHwOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTE=",
		"dev ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
		"dev ssh-ed448 AAAA",
		"dev restrict " KEY,
		"dev no-touch-required " KEY,
		"dev namespaces=\"git\",restrict " KEY,
		"dev namespaces=git " KEY,
		"dev namespaces=\"git " KEY,
		"dev namespaces " KEY,
		"dev namespaces= " KEY,
		"dev namespaces=\"\" " KEY,
		"dev namespaces=\"git,\" " KEY,
		"dev namespaces=\"git\\\" " KEY,
		"dev namespaces=\"git\"" KEY,
		"dev namespaces=\"git\"x " KEY,
		"dev namespaces=\"git\", " KEY,
		"dev ,namespaces=\"git\" " KEY,
		"dev namespaces=\"git\" namespaces=\"git\" " KEY,
		"dev namespaces=\"git\",namespaces=\"file\" " KEY,
		"dev namespaces = \"git\" " KEY,
		"dev cert-authority=\"yes\" " KEY,
		"dev cert-authority,cert-authority " KEY,
		"dev namespaces=\"git\"",
		"dev namespaces=\"git\" ",
		"dev valid-after=\"\" " KEY,
		"dev valid-after=\"2026\" " KEY,
		"dev valid-after=\"2026010112\" " KEY,
		"dev valid-after=\"20260230\" " KEY,
		"dev valid-after=\"20250229Z\" " KEY,
		"dev valid-after=\"20261301\" " KEY,
		"dev valid-after=\"202601012460\" " KEY,
		"dev valid-after=\"2026-01-01\" " KEY,
		"dev valid-after=\"20260101z\" " KEY,
		"dev valid-after=\"+1d\" " KEY,
		"dev valid-after=\"2026010a\" " KEY,
		"dev valid-after=\"20260102\",valid-before=\"20260101\" " KEY,
		"dev valid-after=\"20260101\",valid-before=\"20260101\" " KEY,
		"\"dev " KEY,
		"\"dev\"" KEY,
		"d\"e\"v " KEY,
		"\"\" " KEY,
		"dev,, " KEY,
		",dev " KEY,
		"! " KEY,
		"dev \x1b[31m " KEY,
		"de\x7fv " KEY,
		"dev " KEY "\x01",
		"dev\r " KEY,
		"dev " KEY "\ndev\n",
		"dev " KEY "\nbad line\n# end\n",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_allowed_signers *list = NULL;
		struct pdg_error err = {0};

		pdg_test_case("row %zu: %s", i, rows[i]);
		CHECK_RULE(pdg_allowed_signers_parse(pdg_bytes_str(rows[i]), "keys", &list, &err),
			   &err, "SSH-2");
		CHECK(list == NULL);
	}
}

static void errors_name_file_and_line(void)
{
	struct pdg_allowed_signers *list = NULL;
	struct pdg_error err = {0};
	static const char with_nul[] = "dev " KEY "\ndev\0 " KEY "\n";

	CHECK_RULE(pdg_allowed_signers_parse(pdg_bytes_str("# x\n\ndev nonsense " KEY "\n"),
					     "keys/allowed_signers", &list, &err),
		   &err, "SSH-2");
	CHECK_HAS(err.text, "keys/allowed_signers:3: ");
	CHECK_RULE(pdg_allowed_signers_parse(pdg_bytes(with_nul, sizeof(with_nul) - 1), "k", &list,
					     &err),
		   &err, "SSH-2");
	CHECK_HAS(err.text, "k:2: ");
}

static void ssh_keygens_file_is_read(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(allowed_signers) struct pdg_allowed_signers *list = NULL;
	struct pdg_error err = {0};

	ssh_read("allowed_signers", "", &text);
	if (!CHECK_OK(pdg_allowed_signers_parse(pdg_buf_bytes(&text), "x", &list, &err), &err))
		return;
	for (size_t i = 0; i < SSH_NAMES; i++) {
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(SSH_DATA_MAX);
		PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
		const char *principals = NULL;
		char *want = pdg_str_printf("%s@example.com", ssh_names[i]);

		pdg_test_case("%s", ssh_names[i]);
		ssh_read_blob(ssh_names[i], &blob);
		if (CHECK_OK(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err)) {
			CHECK(pdg_allowed_signers_find(list, key, "git", 0, want, &principals) ==
			      PDG_SIGNER_FOUND);
			CHECK_STR(principals, want);
			CHECK(pdg_allowed_signers_find(list, key, "file", 0, want, NULL) ==
			      PDG_SIGNER_UNKNOWN);
		}
		free(want);
	}
}

/* Lines of types that are not judged are accepted, and let nobody sign. */
static void types_not_judged_are_kept(void)
{
	static const char *const names[] = {"dsa", "certificate"};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(SSH_DATA_MAX);
	PDG_AUTO(allowed_signers) struct pdg_allowed_signers *list = NULL;
	PDG_AUTO(sshkey) struct pdg_sshkey *key = key_of(KEY);
	struct pdg_error err = {0};

	for (size_t i = 0; i < 2; i++) {
		pdg_buf_puts(&text, "dev ");
		ssh_read(names[i], ".pub", &text);
	}
	if (!CHECK_OK(pdg_allowed_signers_parse(pdg_buf_bytes(&text), "x", &list, &err), &err) ||
	    !key)
		return;
	CHECK(pdg_allowed_signers_find(list, key, "git", 0, NULL, NULL) == PDG_SIGNER_UNKNOWN);
}

static void limits_are_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE + 1);
	PDG_AUTO(allowed_signers) struct pdg_allowed_signers *list = NULL;
	struct pdg_allowed_signers *none = NULL;
	struct pdg_error err = {0};
	uint8_t *p;

	for (size_t i = 0; i < PDG_LIMIT_KEYS; i++)
		pdg_buf_puts(&text, "dev " KEY "\n");
	CHECK_OK(pdg_allowed_signers_parse(pdg_buf_bytes(&text), "x", &list, &err), &err);
	pdg_buf_puts(&text, "dev " KEY "\n");
	CHECK_CODE(pdg_allowed_signers_parse(pdg_buf_bytes(&text), "x", &none, &err), &err,
		   PDG_E_LIMIT);
	pdg_buf_reset(&text);
	p = pdg_buf_room(&text, PDG_LIMIT_KEY_FILE + 1);
	if (p)
		memset(p, '\n', text.n);
	CHECK_CODE(pdg_allowed_signers_parse(pdg_buf_bytes(&text), "x", &none, &err), &err,
		   PDG_E_LIMIT);
	CHECK(none == NULL);
}

/* Cut anywhere, the line never lets the key sign, nor in a wider namespace. */
static void every_cut_fails(void)
{
	static const char text[] =
		"dev@example.com valid-before=\"20300101Z\",namespaces=\"git\" " KEY;

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		uint8_t *cut = ssh_exact(pdg_bytes_str(text), n);
		struct pdg_allowed_signers *list = NULL;
		struct pdg_error err = {0};

		pdg_test_case("first %zu bytes", n);
		CHECK_RULE(pdg_allowed_signers_parse(pdg_bytes(cut, n), "x", &list, &err), &err,
			   "SSH-2");
		free(cut);
	}
}

PDG_TEST_MAIN("allowed_signers", {"the right line is found", the_right_line_is_found},
	      {"bounds are inclusive", bounds_are_inclusive},
	      {"the best answer wins", the_best_answer_wins},
	      {"unreadable lines are errors", unreadable_lines_are_errors},
	      {"errors name file and line", errors_name_file_and_line},
	      {"ssh-keygen's file is read", ssh_keygens_file_is_read},
	      {"types not judged are kept", types_not_judged_are_kept},
	      {"limits are kept", limits_are_kept}, {"every cut fails", every_cut_fails})
