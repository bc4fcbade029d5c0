/* SPDX-License-Identifier: Apache-2.0 */
/* Push certificates: their grammar, and who signed them. tests/data/pushcert holds two that git
 * made. */
#include "commit/pushcert.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"
#include "util/fs.h"
#include "util/limits.h"

#define DATA	PDG_TEST_DATA "/pushcert/"
#define OLD	"0000000000000000000000000000000000000000"
#define NEW	"d33f6d0c983563c6ae2552ccf27aa86dcda6dbbc"
#define VERSION "certificate version 0.1\n"
#define PUSHER	"pusher SHA256:abc  1700000000 +0000\n"
#define NONCE	"nonce 1700000000-00ff\n"
#define COMMAND OLD " " NEW " refs/heads/main\n"
#define SSH	"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"
#define MADE	INT64_C(1795427137) /* when the certificates were */

static void whole(void)
{
	static const char raw[] = VERSION "pusher Alice <a@b.example> 1700000000 -0130\n"
					  "pushee https://x.example/y\n" NONCE
					  "push-option a=b\npush-option c\n\n" COMMAND NEW " " OLD
					  " refs/tags/v\xff\n" SSH;
	PDG_AUTO(pushcert) struct pdg_pushcert *c = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_pushcert_parse(pdg_bytes_str(raw), &c, &err), &err))
		return;
	CHECK_BYTES_STR(c->pusher, "Alice <a@b.example>");
	CHECK_BYTES_STR(c->nonce, "1700000000-00ff");
	CHECK_UINT(c->n_commands, 2);
	CHECK_BYTES_STR(c->commands[0].old, OLD);
	CHECK_BYTES_STR(c->commands[0].new, NEW);
	CHECK_BYTES_STR(c->commands[0].ref, "refs/heads/main");
	CHECK_BYTES_STR(c->commands[1].ref, "refs/tags/v\xff");
	CHECK_INT(c->format, PDG_SIG_SSH);
	CHECK_BYTES_STR(c->signature, SSH);
	CHECK_UINT(c->payload.n + c->signature.n, sizeof(raw) - 1);
}

static void least(void)
{
	PDG_AUTO(pushcert) struct pdg_pushcert *c = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_pushcert_parse(pdg_bytes_str(VERSION PUSHER "\n" COMMAND SSH), &c, &err),
		      &err))
		return;
	CHECK_BYTES_STR(c->pusher, "SHA256:abc");
	CHECK_UINT(c->nonce.n, 0);
}

static void what_is_none(void)
{
	static const char *const bad[] = {
		"",
		"\n",
		"certificate version 0.2\n" PUSHER NONCE "\n" COMMAND SSH,
		"certificate version 0.1" PUSHER NONCE "\n" COMMAND SSH,
		" " VERSION PUSHER NONCE "\n" COMMAND SSH,
		VERSION NONCE "\n" COMMAND SSH,
		VERSION PUSHER PUSHER NONCE "\n" COMMAND SSH,
		VERSION PUSHER NONCE NONCE "\n" COMMAND SSH,
		VERSION PUSHER NONCE "pushee x\n\n" COMMAND SSH,
		VERSION PUSHER "push-option a\n" NONCE "\n" COMMAND SSH,
		VERSION PUSHER "nonce \n\n" COMMAND SSH,
		VERSION PUSHER "nonce\n\n" COMMAND SSH,
		VERSION PUSHER "other x\n" NONCE "\n" COMMAND SSH,
		VERSION PUSHER NONCE COMMAND SSH,
		VERSION PUSHER NONCE "\n" SSH,
		VERSION PUSHER NONCE "\n\n" COMMAND SSH,
		VERSION PUSHER NONCE "\n" COMMAND,
		VERSION PUSHER NONCE "\n" COMMAND "\n" SSH,
		VERSION PUSHER NONCE "\n" COMMAND "more\n" SSH,
		VERSION PUSHER NONCE "\n" COMMAND "-----BEGIN OTHER-----\n",
		VERSION PUSHER NONCE "\n" COMMAND "-----BEGIN PGP MESSAGE-----\nx\n",
		VERSION PUSHER NONCE "\r\n" COMMAND SSH,
		VERSION PUSHER NONCE "\n" OLD "  " NEW " refs/heads/main\n" SSH,
		VERSION PUSHER NONCE "\n" OLD " " NEW " refs/heads/a b\n" SSH,
		VERSION PUSHER NONCE "\n" OLD " " NEW " \n" SSH,
		VERSION PUSHER NONCE "\n" OLD " " NEW "\n" SSH,
		VERSION PUSHER NONCE "\n" OLD " " NEW "00 refs/heads/main\n" SSH,
		VERSION PUSHER NONCE "\n" OLD "00 " NEW "00 refs/heads/main\n" SSH,
		VERSION PUSHER NONCE
		"\n" OLD " D33F6D0C983563C6AE2552CCF27AA86DCDA6DBBC refs/heads/main\n" SSH,
		VERSION "pusher 1700000000 +0000\n" NONCE "\n" COMMAND SSH,
		VERSION "pusher   1700000000 +0000\n" NONCE "\n" COMMAND SSH,
		VERSION "pusher a 1700000000\n" NONCE "\n" COMMAND SSH,
		VERSION "pusher a 1700000000 +00000\n" NONCE "\n" COMMAND SSH,
		VERSION "pusher a -1 +0000\n" NONCE "\n" COMMAND SSH,
		VERSION "pusher a 99999999999999999999 +0000\n" NONCE "\n" COMMAND SSH,
		VERSION "pusher \x1b[2J 1700000000 +0000\n" NONCE "\n" COMMAND SSH,
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pdg_pushcert *c = NULL;
		struct pdg_error err = {0};

		if (!CHECK_RULE(pdg_pushcert_parse(pdg_bytes_str(bad[i]), &c, &err), &err,
				"PSH-15"))
			fprintf(stderr, "case %zu\n", i);
		CHECK(c == NULL);
	}
}

static void a_nul_is_none(void)
{
	static const char text[] = VERSION PUSHER NONCE "\n" COMMAND SSH "\0";
	struct pdg_pushcert *c = NULL;
	struct pdg_error err = {0};

	CHECK_RULE(pdg_pushcert_parse(pdg_bytes(text, sizeof(text)), &c, &err), &err, "PSH-15");
	CHECK(c == NULL);
}

/* Keys for the certificate: those of an allowed_signers file. */
static struct pdg_signers *load(const char *allowed)
{
	char *files[] = {strdup(allowed)};
	struct pdg_policy_repository repo = {.require_committer_match = true};
	struct pdg_signers *s = NULL;
	struct pdg_error err = {0};

	repo.ssh_allowed_signers.v = files;
	repo.ssh_allowed_signers.n = 1;
	CHECK_OK(pdg_signers_load(&repo, "/nonexistent", &s, &err), &err);
	free(files[0]);
	return s;
}

/* The verdict on @raw; false: it is none that could be read. */
static bool judge(const struct pdg_signers *s, struct pdg_bytes raw, struct pdg_verdict *v)
{
	PDG_AUTO(pushcert) struct pdg_pushcert *c = NULL;
	struct pdg_error err = {0};

	return pdg_pushcert_parse(raw, &c, NULL) == 0 &&
	       CHECK_OK(pdg_judge_pushcert(s, c, MADE, v, &err), &err);
}

static void read_file(const char *name, struct pdg_buf *out)
{
	struct pdg_error err = {0};

	CHECK_OK(pdg_fs_read(name, out, &err), &err);
}

/* Whoever owns the key: a certificate has no committer whose address would have to match. */
static void signer_is_named(void)
{
	PDG_AUTO(signers) struct pdg_signers *s = load(DATA "allowed");
	PDG_AUTO(verdict) struct pdg_verdict v = {.format = PDG_SIG_NONE};
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_KIB(64));

	pdg_verdict_init(&v);
	read_file(DATA "ssh.cert", &raw);
	if (!CHECK(s != NULL) || !CHECK(judge(s, pdg_buf_bytes(&raw), &v)))
		return;
	CHECK_INT(v.result, PDG_RESULT_GOOD);
	CHECK_BYTES_STR(pdg_buf_bytes(&v.signer), "alice@example.com");
	pdg_buf_reset(&raw);
	read_file(DATA "openpgp.cert", &raw);
	CHECK(judge(s, pdg_buf_bytes(&raw), &v));
	CHECK_INT(v.result, PDG_RESULT_UNKNOWN_KEY);
	CHECK_STR(v.why.rule, "SGN-3");
}

/* Neither of what is signed nor of the signature may any bit change unnoticed. */
static void every_bit(void)
{
	PDG_AUTO(signers) struct pdg_signers *s = load(DATA "allowed");
	PDG_AUTO(verdict) struct pdg_verdict v = {.format = PDG_SIG_NONE};
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	size_t passed = 0;
	size_t i;

	pdg_verdict_init(&v);
	read_file(DATA "ssh.cert", &raw);
	for (i = 0; s && i < raw.n * 8; i++) {
		raw.p[i / 8] ^= (uint8_t)(1U << i % 8);
		passed += judge(s, pdg_buf_bytes(&raw), &v) && v.result == PDG_RESULT_GOOD;
		raw.p[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	CHECK(i > 4000);
	CHECK_UINT(passed, 0);
}

PDG_TEST_MAIN("pushcert", {"a whole certificate", whole}, {"the least one", least},
	      {"what is none", what_is_none}, {"a NUL", a_nul_is_none},
	      {"its signer is named", signer_is_named}, {"every bit of one", every_bit})
