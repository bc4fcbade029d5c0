/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of raw tags, whose signature is the end of the message (formats.md 9.2). */
#include "commit/object.h"

#include "support/check.h"
#include "util/limits.h"

#define OBJECT	   "object 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d\n"
#define TYPE	   "type commit\n"
#define TAG	   "tag v1.0.0\n"
#define TAGGER	   "tagger Alice Developer <alice@example.com> 1700000000 +0200\n"
#define HEAD	   OBJECT TYPE TAG TAGGER
#define SSH_TEXT   "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"
#define PGP_TEXT   "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"
#define SSH_FOLDED "-----BEGIN SSH SIGNATURE-----\n U1NIU0lH\n -----END SSH SIGNATURE-----\n"

static void signed_tag_is_read(void)
{
	static const char raw[] = HEAD "\nRelease\n\nnotes\n" SSH_TEXT;
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_tag_parse(pdg_bytes_str(raw), false, &t, &err), &err))
		return;
	CHECK_BYTES_STR(t->raw, raw);
	CHECK_BYTES_STR(t->object, "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d");
	CHECK_BYTES_STR(t->type, "commit");
	CHECK_BYTES_STR(t->name, "v1.0.0");
	CHECK(t->has_tagger);
	CHECK_BYTES_STR(t->tagger.email, "alice@example.com");
	CHECK_INT(t->tagger.time, 1700000000);
	CHECK_BYTES_STR(t->message, "Release\n\nnotes\n");
	CHECK_INT(t->format, PDG_SIG_SSH);
	CHECK_BYTES_STR(pdg_buf_bytes(&t->signature), SSH_TEXT);
	CHECK_BYTES_STR(pdg_buf_bytes(&t->payload), HEAD "\nRelease\n\nnotes\n");
}

/* The last line that begins a block decides; what stands before it was signed. */
static void last_block_is_the_signature(void)
{
	static const char raw[] = HEAD "\nsee\n" PGP_TEXT "and\n" SSH_TEXT;
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_tag_parse(pdg_bytes_str(raw), false, &t, &err), &err))
		return;
	CHECK_INT(t->format, PDG_SIG_SSH);
	CHECK_BYTES_STR(pdg_buf_bytes(&t->payload), HEAD "\nsee\n" PGP_TEXT "and\n");
	CHECK_BYTES_STR(pdg_buf_bytes(&t->signature), SSH_TEXT);
}

/* Text behind the block stays with the signature, whose reader refuses it. */
static void text_behind_is_not_dropped(void)
{
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_tag_parse(pdg_bytes_str(HEAD "\nm\n" SSH_TEXT "more\n"), false, &t, &err),
		     &err))
		CHECK_BYTES_STR(pdg_buf_bytes(&t->signature), SSH_TEXT "more\n");
}

static void other_signature_is_a_header(void)
{
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(
		    pdg_tag_parse(pdg_bytes_str(HEAD "gpgsig-sha256 " SSH_FOLDED "\nm\n" PGP_TEXT),
				  false, &t, &err),
		    &err))
		return;
	CHECK_INT(t->format, PDG_SIG_OPENPGP);
	CHECK_INT(t->other_format, PDG_SIG_SSH);
	CHECK_BYTES_STR(pdg_buf_bytes(&t->other_signature), SSH_TEXT);
	CHECK_BYTES_STR(pdg_buf_bytes(&t->payload), HEAD "\nm\n");
}

static void unsigned_forms(void)
{
	static const char *const cases[] = {
		HEAD "\nm\n",
		HEAD "\n",
		OBJECT "type tree\n" TAG TAGGER "\nm",
		OBJECT "type tag\n" TAG TAGGER "encoding x\n\nm",
		OBJECT TYPE TAG "\nold, without a tagger\n",
		OBJECT TYPE "tag with space\n" TAGGER "\nm",
		HEAD "\nm\n -----BEGIN PGP SIGNATURE-----\n",
		HEAD "\nm\n-----BEGIN CERTIFICATE-----\n",
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(tag) struct pdg_tag *t = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%zu", i);
		if (!CHECK_OK(pdg_tag_parse(pdg_bytes_str(cases[i]), false, &t, &err), &err))
			continue;
		CHECK_INT(t->format, PDG_SIG_NONE);
		CHECK_UINT(t->payload.n, 0);
	}
	pdg_test_case(NULL);
}

static void malformed_tags_are_refused(void)
{
	static const struct {
		const char *rule;
		const char *raw;
	} cases[] = {
		{"COM-1", ""},
		{"COM-1", "\n"},
		{"COM-1", HEAD},
		{"COM-1", TYPE OBJECT TAG TAGGER "\nm"},
		{"COM-1", OBJECT TAG TYPE TAGGER "\nm"},
		{"COM-1", OBJECT TYPE TAGGER "\nm"},
		{"COM-1", OBJECT "type Commit\n" TAG TAGGER "\nm"},
		{"COM-1", OBJECT "type commit \n" TAG TAGGER "\nm"},
		{"COM-1", OBJECT TYPE "tag \n" TAGGER "\nm"},
		{"COM-1", OBJECT TYPE "tag v1\n v2\n" TAGGER "\nm"},
		{"COM-1", OBJECT TYPE TAG "x y\n" TAGGER "\nm"},
		{"COM-1", HEAD " more\n\nm"},
		{"COM-1", HEAD "encoding x\n more\n\nm"},
		{"COM-1", OBJECT TYPE TAG "tagger Alice\n\nm"},
		{"COM-1", "object 7fd1\n" TYPE TAG TAGGER "\nm"},
		/* git would take this for where the signature begins */
		{"COM-1", HEAD "-----BEGIN PGP SIGNATURE-----\n\nm\n"},
		{"COM-1", HEAD "-----BEGIN SSH SIGNATURE----- x\n\nm\n" SSH_TEXT},
		{"COM-1", OBJECT TYPE TAG "tagger A <a@b> -1 +0000\n\nm"},
		{"COM-1", OBJECT TYPE TAG "tagger A <a@b> 1 +0000\r\n\nm"},
		{"COM-1", OBJECT TYPE TAG "x y\n" TAGGER "\nm\n" SSH_TEXT},
		{"COM-2", OBJECT OBJECT TYPE TAG TAGGER "\nm"},
		{"COM-2", HEAD TAG "\nm"},
		{"COM-2", HEAD TAGGER "\nm"},
		{"COM-2", HEAD "gpgsig-sha256 " SSH_FOLDED "gpgsig-sha256 " SSH_FOLDED "\nm"},
		{"COM-3", HEAD "gpgsig " SSH_FOLDED "\nm"},
		{"COM-3", HEAD "gpgsigX y\n\nm"},
		{"COM-5", HEAD "gpgsig-sha256 junk\n\nm\n" SSH_TEXT},
		{"COM-5",
		 HEAD "\nm\n-----BEGIN PGP MESSAGE-----\n\nAA\n-----END PGP MESSAGE-----\n"},
		{"COM-5", HEAD "\nm\n-----BEGIN SSH SIGNATURE----- \n"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_tag *t = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%zu: %.60s", i, cases[i].raw);
		CHECK_RULE(pdg_tag_parse(pdg_bytes_str(cases[i].raw), false, &t, &err), &err,
			   cases[i].rule);
		CHECK(t == NULL);
	}
	pdg_test_case(NULL);
}

static void limits_are_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_COMMIT + 4096);
	struct pdg_tag *t = NULL;
	struct pdg_error err = {0};
	uint8_t *p;
	size_t n;

	pdg_buf_puts(&b, HEAD "\nm\n-----BEGIN SSH SIGNATURE-----\n");
	p = pdg_buf_room(&b, PDG_LIMIT_COMMIT_SIGNATURE);
	if (!CHECK(p != NULL))
		return;
	memset(p, 'A', PDG_LIMIT_COMMIT_SIGNATURE);
	CHECK_RULE(pdg_tag_parse(pdg_buf_bytes(&b), false, &t, &err), &err, "COM-6");

	n = PDG_LIMIT_COMMIT - b.n + 1;
	p = pdg_buf_room(&b, n);
	if (!CHECK(p != NULL))
		return;
	memset(p, '\n', n);
	CHECK_RULE(pdg_tag_parse(pdg_buf_bytes(&b), false, &t, &err), &err, "COM-6");
	CHECK_RULE(pdg_tag_parse(pdg_bytes(HEAD "\nm\0", sizeof(HEAD "\nm")), false, &t, &err),
		   &err, "COM-4");
}

PDG_TEST_MAIN("tag", {"signed tag is read", signed_tag_is_read},
	      {"last block is the signature", last_block_is_the_signature},
	      {"text behind is not dropped", text_behind_is_not_dropped},
	      {"other signature is a header", other_signature_is_a_header},
	      {"unsigned forms", unsigned_forms},
	      {"malformed tags are refused", malformed_tags_are_refused},
	      {"limits are kept", limits_are_kept})
