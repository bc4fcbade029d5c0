/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of raw commits: what git and its relatives write passes, and everything of attacks.md
 * (M1 to M7, M18, T1 to T7, T22, T23) that needs no key is refused by its own rule.
 */
#include "commit/object.h"

#include <stdio.h>

#include "support/check.h"
#include "util/limits.h"

#define TREE	  "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
#define PARENT	  "parent 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d\n"
#define AUTHOR	  "author Alice Developer <alice@example.com> 1700000000 +0200\n"
#define COMMITTER "committer Bob <bob@example.com> 1700000060 -0130\n"
#define HEAD	  TREE AUTHOR COMMITTER

#define PGP_TEXT                                                                                   \
	"-----BEGIN PGP SIGNATURE-----\n\nwsBcBAABCAAQ\n=jITA\n-----END PGP SIGNATURE-----\n"
#define PGP_FOLDED                                                                                 \
	"-----BEGIN PGP SIGNATURE-----\n \n wsBcBAABCAAQ\n =jITA\n -----END PGP SIGNATURE-----\n"
#define SSH_TEXT    "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"
#define SSH_FOLDED  "-----BEGIN SSH SIGNATURE-----\n U1NIU0lH\n -----END SSH SIGNATURE-----\n"
#define X509_FOLDED "-----BEGIN SIGNED MESSAGE-----\n MIIB\n -----END SIGNED MESSAGE-----\n"
#define MERGETAG                                                                                   \
	"mergetag object 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d\n type commit\n tag v1\n"        \
	" tagger T <t@example.com> 1 +0000\n \n msg\n -----BEGIN PGP SIGNATURE-----\n \n AA\n"     \
	" -----END PGP SIGNATURE-----\n"

static void whole_commit_is_read(void)
{
	static const char raw[] = TREE PARENT AUTHOR COMMITTER
		"encoding ISO-8859-1\n" MERGETAG "gpgsig " SSH_FOLDED "\nsubject\n\ngpgsig body\n";
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_commit_parse(pdg_bytes_str(raw), false, &c, &err), &err))
		return;
	CHECK_BYTES_STR(c->raw, raw);
	CHECK_BYTES_STR(c->tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
	CHECK_UINT(c->n_parents, 1);
	CHECK_BYTES_STR(c->parents[0], "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d");
	CHECK_BYTES_STR(c->author.name, "Alice Developer");
	CHECK_BYTES_STR(c->author.email, "alice@example.com");
	CHECK_INT(c->author.time, 1700000000);
	CHECK_INT(c->author.tz_minutes, 120);
	CHECK_BYTES_STR(c->committer.name, "Bob");
	CHECK_INT(c->committer.time, 1700000060);
	CHECK_INT(c->committer.tz_minutes, -90);
	CHECK_INT(c->format, PDG_SIG_SSH);
	CHECK_INT(c->other_format, PDG_SIG_NONE);
	CHECK_BYTES_STR(c->message, "subject\n\ngpgsig body\n");
	CHECK_BYTES_STR(pdg_buf_bytes(&c->signature), SSH_TEXT);
	CHECK_BYTES_STR(pdg_buf_bytes(&c->payload), TREE PARENT AUTHOR COMMITTER
			"encoding ISO-8859-1\n" MERGETAG "\nsubject\n\ngpgsig body\n");
}

/* git puts the signature last, JGit before the encoding; GitHub ends it with an empty line. */
static void signature_may_stand_anywhere(void)
{
	static const struct {
		const char *raw;
		const char *payload;
		const char *signature;
	} cases[] = {
		{HEAD "gpgsig " PGP_FOLDED "\nm", HEAD "\nm", PGP_TEXT},
		{HEAD "gpgsig " PGP_FOLDED " \n\nm", HEAD "\nm", PGP_TEXT "\n"},
		{HEAD "gpgsig " PGP_FOLDED "encoding cp1252\n\nm", HEAD "encoding cp1252\n\nm",
		 PGP_TEXT},
		{HEAD "change-id abc\ngpgsig " PGP_FOLDED "HG:extra a\n b\n\n",
		 HEAD "change-id abc\nHG:extra a\n b\n\n", PGP_TEXT},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(commit) struct pdg_commit *c = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%zu", i);
		if (!CHECK_OK(pdg_commit_parse(pdg_bytes_str(cases[i].raw), false, &c, &err), &err))
			continue;
		CHECK_INT(c->format, PDG_SIG_OPENPGP);
		CHECK_BYTES_STR(pdg_buf_bytes(&c->payload), cases[i].payload);
		CHECK_BYTES_STR(pdg_buf_bytes(&c->signature), cases[i].signature);
	}
	pdg_test_case(NULL);
}

/* T3: both of git's orders; the payload loses both headers, the other signature is kept aside. */
static void dual_signature_is_parted(void)
{
	static const char *const raws[] = {
		HEAD "gpgsig " SSH_FOLDED "gpgsig-sha256 " PGP_FOLDED "\nm\n",
		HEAD "gpgsig-sha256 " PGP_FOLDED "gpgsig " SSH_FOLDED "\nm\n",
		HEAD "gpgsig-sha256 " PGP_FOLDED "x y\ngpgsig " SSH_FOLDED "\nm\n",
	};
	static const char *const payloads[] = {HEAD "\nm\n", HEAD "\nm\n", HEAD "x y\n\nm\n"};
	size_t i;

	for (i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
		PDG_AUTO(commit) struct pdg_commit *c = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%zu", i);
		if (!CHECK_OK(pdg_commit_parse(pdg_bytes_str(raws[i]), false, &c, &err), &err))
			continue;
		CHECK_INT(c->format, PDG_SIG_SSH);
		CHECK_INT(c->other_format, PDG_SIG_OPENPGP);
		CHECK_BYTES_STR(pdg_buf_bytes(&c->signature), SSH_TEXT);
		CHECK_BYTES_STR(pdg_buf_bytes(&c->other_signature), PGP_TEXT);
		CHECK_BYTES_STR(pdg_buf_bytes(&c->payload), payloads[i]);
	}
	pdg_test_case(NULL);
}

/* A signature for the other kind of repository is none for this one. */
static void foreign_signature_alone_is_unsigned(void)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_commit_parse(pdg_bytes_str(HEAD "gpgsig-sha256 " SSH_FOLDED "\nm"), false,
				       &c, &err),
		      &err))
		return;
	CHECK_INT(c->format, PDG_SIG_NONE);
	CHECK_INT(c->other_format, PDG_SIG_SSH);
	CHECK_UINT(c->payload.n, 0);
}

static void sha256_objects_are_read(void)
{
	static const char raw[] =
		"tree 6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321\n" AUTHOR
			COMMITTER "gpgsig-sha256 " SSH_FOLDED "\nm";
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_commit_parse(pdg_bytes_str(raw), true, &c, &err), &err)) {
		CHECK_UINT(c->tree.n, 64);
		CHECK_INT(c->format, PDG_SIG_SSH);
	}
	/* T23: the formats do not mix */
	CHECK_RULE(pdg_commit_parse(pdg_bytes_str(raw), false, &c, &err), &err, "COM-1");
	CHECK_RULE(pdg_commit_parse(pdg_bytes_str(HEAD "\nm"), true, &c, &err), &err, "COM-1");
}

/* Legitimate, if odd: each is written by git or accepted by its fsck without an error. */
static void odd_but_legitimate(void)
{
	static const char *const cases[] = {
		HEAD "\n",
		HEAD "\nno final newline",
		HEAD "\n\n\n",
		HEAD "\n\xff\xfe not UTF-8\x1b[31m\n", /* M18 */
		TREE "author  <> 0 +0000\n" COMMITTER "\nm",
		TREE "author  <a@example.com> 1 +9999\n" COMMITTER "\nm",
		TREE "author \x1b[31mred <a@example.com> 1 -0000\n" COMMITTER "\nm",
		TREE "author \xe9t\xe9 <\xe9@example.com> 1 +0000\n" COMMITTER "\nm",
		TREE "author A <not an address> 9007199254740992 +0000\n" COMMITTER "\nm",
		TREE PARENT PARENT AUTHOR COMMITTER "\nm",
		HEAD MERGETAG MERGETAG "\nm",
		HEAD "HG:rename a:b\nHG:rename c:d\nx_y-Z:9 \n\nm",
		/* odd, but covered by the signature and read in one way */
		TREE "author A\r <a@example.com\r> 1 +0000\n" COMMITTER "\nm",
		HEAD "encoding \n\nm",
		HEAD "encoding utf-16 \xff\n\nm",
		HEAD "x \r\n\nm\r\n",
		/* M4: in the body alone it is no signature */
		HEAD "\nm\ngpgsig " SSH_TEXT,
		HEAD "\n" PGP_TEXT,
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(commit) struct pdg_commit *c = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%zu", i);
		if (CHECK_OK(pdg_commit_parse(pdg_bytes_str(cases[i]), false, &c, &err), &err))
			CHECK_INT(c->format, PDG_SIG_NONE);
	}
	pdg_test_case(NULL);
}

struct refused {
	const char *rule;
	const char *raw;
};

static void check_refused(const struct refused *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct pdg_commit *c = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%zu: %.60s", i, cases[i].raw);
		CHECK_RULE(pdg_commit_parse(pdg_bytes_str(cases[i].raw), false, &c, &err), &err,
			   cases[i].rule);
		CHECK(c == NULL);
	}
	pdg_test_case(NULL);
}

static void malformed_headers_are_refused(void)
{
	static const struct refused cases[] = {
		{"COM-1", ""},
		{"COM-1", "\n"},
		{"COM-1", "tree"},
		{"COM-1", TREE},
		{"COM-1", TREE AUTHOR COMMITTER}, /* no empty line */
		{"COM-1", TREE AUTHOR "committer Bob <b@example.com> 1 +0000"},
		{"COM-1", AUTHOR TREE COMMITTER "\nm"},
		{"COM-1", TREE COMMITTER AUTHOR "\nm"},
		{"COM-1", TREE AUTHOR "\nm"},
		{"COM-1", TREE COMMITTER "\nm"},
		{"COM-1", PARENT TREE AUTHOR COMMITTER "\nm"},
		{"COM-1", TREE AUTHOR PARENT COMMITTER "\nm"}, /* T6 */
		{"COM-1", TREE AUTHOR COMMITTER PARENT "\nm"},
		{"COM-1",
		 "tree  4b825dc642cb6eb9a060e54bf8d69288fbee4904\n" AUTHOR COMMITTER "\nm"},
		{"COM-1", "tree 4B825DC642CB6EB9A060E54BF8D69288FBEE4904\n" AUTHOR COMMITTER "\nm"},
		{"COM-1", "tree 4b825dc642cb6eb9a060e54bf8d69288fbee490\n" AUTHOR COMMITTER "\nm"},
		{"COM-1",
		 "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904 \n" AUTHOR COMMITTER "\nm"},
		{"COM-1", TREE "parent 7fd1\n" AUTHOR COMMITTER "\nm"},
		{"COM-1", TREE " more\n" AUTHOR COMMITTER "\nm"},
		{"COM-1", TREE PARENT " more\n" AUTHOR COMMITTER "\nm"},
		{"COM-1", TREE AUTHOR " more\n" COMMITTER "\nm"},
		{"COM-1", TREE AUTHOR COMMITTER " more\n\nm"},
		{"COM-1", HEAD "encoding x\n more\n\nm"},
		{"COM-1", HEAD "noValue\n\nm"},
		{"COM-1", HEAD "b\xc3\xa4 d name\n\nm"},
		{"COM-1", HEAD "a.b c\n\nm"},
		{"COM-1", HEAD "\tx y\n\nm"},
		{"COM-1", HEAD "\r\n\nm"},
		{"COM-1", HEAD "-----BEGIN PGP SIGNATURE-----\n\nm"},
		{"COM-1", HEAD "-x y\n\nm"},
		{"COM-1",
		 "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\r\n" AUTHOR COMMITTER "\nm"},
		{"COM-1", "\xef\xbb\xbf" HEAD "\nm"},
		{"COM-1", " " HEAD "\nm"},
	};

	check_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

#define TAGGED "mergetag object 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d\n type commit\n tag v1\n"
#define BY     " tagger T <t@example.com> 1 +0000\n"

/* A mergetag is signed with the commit, but junk in it is none of git's. */
static void mergetags_are_tags(void)
{
	static const struct refused cases[] = {
		{"COM-1", HEAD "mergetag \n\nm"},
		{"COM-1", HEAD "mergetag junk\n\nm"},
		{"COM-1", HEAD "mergetag junk\n more junk\n \n \n\nm"},
		{"COM-1", HEAD TAGGED BY "\nm"}, /* no empty line in it */
		{"COM-1", HEAD "mergetag object 7fd1\n type commit\n tag v1\n" BY " \n m\n\nm"},
		{"COM-1", HEAD TAGGED " tagger T\n \n m\n\nm"},
		{"COM-2", HEAD TAGGED BY BY " \n m\n\nm"},
		{"COM-3", HEAD TAGGED BY " gpgsig junk\n \n m\n\nm"},
		{"COM-3", HEAD TAGGED BY " gpgsigX junk\n \n m\n\nm"},
		{"COM-5", HEAD TAGGED BY
		 " \n m\n -----BEGIN PGP MESSAGE-----\n -----END PGP MESSAGE-----\n\nm"},
	};

	check_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void double_headers_are_refused(void)
{
	static const struct refused cases[] = {
		{"COM-2", HEAD "gpgsig " SSH_FOLDED "gpgsig " SSH_FOLDED "\nm"}, /* M1, T1 */
		{"COM-2", HEAD "gpgsig " SSH_FOLDED "a b\ngpgsig " PGP_FOLDED "\nm"},
		{"COM-2", HEAD "gpgsig-sha256 " SSH_FOLDED "gpgsig-sha256 " SSH_FOLDED "\nm"},
		{"COM-2", TREE TREE AUTHOR COMMITTER "\nm"}, /* M6, T6 */
		{"COM-2", HEAD TREE "\nm"},
		{"COM-2", TREE AUTHOR AUTHOR COMMITTER "\nm"},
		{"COM-2", TREE AUTHOR COMMITTER COMMITTER "\nm"},
		{"COM-2", HEAD AUTHOR "\nm"},
		{"COM-2", HEAD "encoding a\nencoding b\n\nm"},
	};

	check_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void unknown_signatures_are_refused(void)
{
	static const struct refused cases[] = {
		{"COM-3", HEAD "gpgsigX hidden\n more\ngpgsig " SSH_FOLDED "\nm"}, /* M2, T2 */
		{"COM-3", HEAD "gpgsig-sha512 " SSH_FOLDED "\nm"},
		{"COM-3", HEAD "gpgsig2\n\nm"},
		{"COM-3", HEAD "gpgsig.x y\n\nm"},
		{"COM-3", "gpgsig- x\n" HEAD "\nm"},
		{"COM-3", HEAD "gpgsig\n\nm"},
		{"COM-5", HEAD "gpgsig-sha256 junk\n more junk\ngpgsig " SSH_FOLDED "\nm"}, /* M3 */
		{"COM-5", HEAD "gpgsig junk\n\nm"},
		{"COM-5", HEAD "gpgsig \n " PGP_FOLDED "\nm"},
		{"COM-5", HEAD "gpgsig -----BEGIN PGP SIGNATURE----- \n x\n\nm"},
		{"COM-5", HEAD "gpgsig -----BEGIN PGP MESSAGE-----\n \n AA\n\nm"}, /* T9 */
		{"COM-5", HEAD "gpgsig -----BEGIN PGP SIGNED MESSAGE-----\n \n AA\n\nm"},
	};

	check_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void malformed_persons_are_refused(void)
{
	static const char *const persons[] = {
		"",
		"A",
		"A a@example.com 1 +0000",
		"<a@example.com> 1 +0000",
		"A<a@example.com> 1 +0000",
		"A <a@example.com 1 +0000",
		"A <a@<example.com> 1 +0000",
		"A > B <a@example.com> 1 +0000",
		"A <a@example.com>> 1 +0000",
		"A <a@example.com> <b@example.com> 1 +0000",
		"A <a@example.com>1 +0000",
		"A <a@example.com>",
		"A <a@example.com> ",
		"A <a@example.com> 1",
		"A <a@example.com> 1 ",
		"A <a@example.com>  1 +0000",
		"A <a@example.com> -1 +0000",
		"A <a@example.com> +1 +0000",
		"A <a@example.com> 01 +0000",
		"A <a@example.com> 0x1 +0000",
		"A <a@example.com> 1.5 +0000",
		"A <a@example.com> 9007199254740993 +0000",
		"A <a@example.com> 18446744073709551617 +0000",
		"A <a@example.com> 1 0000",
		"A <a@example.com> 1 +000",
		"A <a@example.com> 1 +051800",
		"A <a@example.com> 1 +0000 ",
		"A <a@example.com> 1 +0000\r",
		"A <a@example.com> 1 UTC",
		"A <a@example.com> 1 +00a0",
	};
	size_t i;

	for (i = 0; i < sizeof(persons) / sizeof(persons[0]); i++) {
		struct pdg_commit *c = NULL;
		struct pdg_error err = {0};
		char raw[512];

		pdg_test_case("%s", persons[i]);
		(void)snprintf(raw, sizeof(raw), TREE "author %s\n" COMMITTER "\nm", persons[i]);
		CHECK_RULE(pdg_commit_parse(pdg_bytes_str(raw), false, &c, &err), &err, "COM-1");
		(void)snprintf(raw, sizeof(raw), TREE AUTHOR "committer %s\n\nm", persons[i]);
		CHECK_RULE(pdg_commit_parse(pdg_bytes_str(raw), false, &c, &err), &err, "COM-1");
	}
	pdg_test_case(NULL);
}

/* M5, T5: in every place; what stands behind it makes no difference. */
static void nul_is_refused_everywhere(void)
{
	static const char good[] = TREE PARENT AUTHOR COMMITTER "gpgsig " SSH_FOLDED "\nmessage\n";
	char raw[sizeof(good)];
	size_t i;

	for (i = 0; i < sizeof(good) - 1; i++) {
		struct pdg_commit *c = NULL;
		struct pdg_error err = {0};

		memcpy(raw, good, sizeof(good));
		raw[i] = '\0';
		pdg_test_case("byte %zu", i);
		CHECK_RULE(pdg_commit_parse(pdg_bytes(raw, sizeof(raw) - 1), false, &c, &err), &err,
			   "COM-4");
	}
	pdg_test_case(NULL);
}

/* No prefix of a commit's headers is a commit; every prefix that ends in the message is. */
static void every_truncation(void)
{
	static const char good[] = TREE PARENT AUTHOR COMMITTER "gpgsig " SSH_FOLDED "\nmessage\n";
	size_t head = sizeof(good) - 1 - strlen("message\n");
	size_t i;

	for (i = 0; i < sizeof(good); i++) {
		PDG_AUTO(commit) struct pdg_commit *c = NULL;
		struct pdg_error err = {0};
		int rc = pdg_commit_parse(pdg_bytes(good, i), false, &c, &err);

		pdg_test_case("%zu bytes", i);
		if (i < head)
			CHECK_INT(rc, PDG_E_FORMAT);
		else
			CHECK_OK(rc, &err);
	}
	pdg_test_case(NULL);
}

static void check_big(struct pdg_buf *b, const char *rule)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	struct pdg_error err = {0};
	int rc;

	if (!CHECK_OK(pdg_buf_check(b, &err), &err))
		return;
	rc = pdg_commit_parse(pdg_buf_bytes(b), false, &c, &err);
	if (rule)
		CHECK_RULE(rc, &err, rule);
	else
		CHECK_OK(rc, &err);
	pdg_buf_reset(b);
}

/* T22 */
static void limits_are_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT((size_t)128 << 20);
	uint8_t *p;
	size_t i;

	pdg_test_case("a million parents");
	pdg_buf_puts(&b, TREE);
	for (i = 0; i < 1000000; i++)
		pdg_buf_puts(&b, PARENT);
	pdg_buf_puts(&b, AUTHOR COMMITTER "\nm");
	check_big(&b, "COM-6");

	pdg_test_case("one parent too many");
	pdg_buf_puts(&b, TREE);
	for (i = 0; i < PDG_LIMIT_COMMIT_PARENTS + 1; i++)
		pdg_buf_puts(&b, PARENT);
	pdg_buf_puts(&b, AUTHOR COMMITTER "\nm");
	check_big(&b, "COM-6");

	pdg_test_case("as many parents as may be");
	pdg_buf_puts(&b, TREE);
	for (i = 0; i < PDG_LIMIT_COMMIT_PARENTS; i++)
		pdg_buf_puts(&b, PARENT);
	pdg_buf_puts(&b, AUTHOR COMMITTER "\nm");
	check_big(&b, NULL);

	pdg_test_case("a header of 100 MB");
	pdg_buf_puts(&b, HEAD "x ");
	p = pdg_buf_room(&b, 100000000);
	if (CHECK(p != NULL))
		memset(p, 'a', 100000000);
	pdg_buf_puts(&b, "\n\nm");
	check_big(&b, "COM-6");

	pdg_test_case("too many header lines");
	pdg_buf_puts(&b, HEAD "x y\n");
	for (i = 0; i < PDG_LIMIT_COMMIT_HEADERS; i++)
		pdg_buf_puts(&b, " z\n");
	check_big(&b, "COM-6");

	pdg_test_case("a signature that is too long");
	pdg_buf_puts(&b, HEAD "gpgsig -----BEGIN SSH SIGNATURE-----\n ");
	p = pdg_buf_room(&b, PDG_LIMIT_COMMIT_SIGNATURE);
	if (CHECK(p != NULL))
		memset(p, 'A', PDG_LIMIT_COMMIT_SIGNATURE);
	pdg_buf_puts(&b, "\n\n");
	check_big(&b, "COM-6");
	pdg_test_case(NULL);
}

/* `git hash-object -t commit` over these bytes; the second line by sha256sum over "commit 174\0…".
 */
static void names_are_git_s(void)
{
	static const char raw[] =
		TREE AUTHOR "committer Alice Developer <alice@example.com> 1700000000 "
			    "+0200\n\nmsg\n";
	struct pdg_error err = {0};
	char name[PDG_OID_HEX];

	if (CHECK_OK(pdg_object_name("commit", pdg_bytes_str(raw), false, name, &err), &err))
		CHECK_STR(name, "55812aa76444bb027f1e5b8d05e710638e9abd4e");
	if (CHECK_OK(pdg_object_name("commit", pdg_bytes_str(raw), true, name, &err), &err))
		CHECK_STR(name, "5489b197da884c6cce839071f33f818b96217a338dd76fbf4434e7c3f073b5fb");
	if (CHECK_OK(pdg_commit_sha256(pdg_bytes_str(raw), name, &err), &err))
		CHECK_STR(name, "5489b197da884c6cce839071f33f818b96217a338dd76fbf4434e7c3f073b5fb");
	if (CHECK_OK(pdg_object_name("tree", pdg_bytes(NULL, 0), false, name, &err), &err))
		CHECK_STR(name, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

static void formats_have_names(void)
{
	CHECK_STR(pdg_sig_format_name(PDG_SIG_NONE), "none");
	CHECK_STR(pdg_sig_format_name(PDG_SIG_OPENPGP), "openpgp");
	CHECK_STR(pdg_sig_format_name(PDG_SIG_SSH), "ssh");
	CHECK_STR(pdg_sig_format_name(PDG_SIG_X509), "x509");
}

static void x509_is_known(void)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_commit_parse(pdg_bytes_str(HEAD "gpgsig " X509_FOLDED "\nm"), false, &c,
				      &err),
		     &err))
		CHECK_INT(c->format, PDG_SIG_X509);
}

PDG_TEST_MAIN("object", {"whole commit is read", whole_commit_is_read},
	      {"signature may stand anywhere", signature_may_stand_anywhere},
	      {"dual signature is parted", dual_signature_is_parted},
	      {"foreign signature alone is unsigned", foreign_signature_alone_is_unsigned},
	      {"sha256 objects are read", sha256_objects_are_read},
	      {"odd but legitimate", odd_but_legitimate},
	      {"malformed headers are refused", malformed_headers_are_refused},
	      {"mergetags are tags", mergetags_are_tags},
	      {"double headers are refused", double_headers_are_refused},
	      {"unknown signatures are refused", unknown_signatures_are_refused},
	      {"malformed persons are refused", malformed_persons_are_refused},
	      {"NUL is refused everywhere", nul_is_refused_everywhere},
	      {"every truncation", every_truncation}, {"limits are kept", limits_are_kept},
	      {"names are git's", names_are_git_s}, {"formats have names", formats_have_names},
	      {"X.509 is known", x509_is_known})
