/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second signature of a dual-signed commit (attacks.md M3, T3). Its value cannot be checked, so
 * all else of it must be what git would have put there: each case changes one thing of a good one.
 */
#include "support/pgp_made.h"
#include "support/sshsig_made.h"
#include "unit/commit/commit_data.h"
#include "util/codec.h"

#define SSH_BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define SSH_END	  "-----END SSH SIGNATURE-----\n"
#define PGP_BEGIN "-----BEGIN PGP SIGNATURE-----\n"
#define PGP_END	  "-----END PGP SIGNATURE-----\n"

/* A good commit, the second signature that git gave it, and that without armor. */
struct dual {
	struct world w;
	struct pdg_buf raw;
	struct pdg_buf first; /* armor */
	struct pdg_buf armor;
	struct pdg_buf blob;
	bool pgp;
};

static void unarmor(struct dual *d)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_bytes rest = pdg_buf_bytes(&d->armor);
	struct pdg_bytes line;
	struct pdg_error err = {0};

	CHECK(pdg_bytes_line(&rest, &line));
	if (d->pgp)
		CHECK(pdg_bytes_line(&rest, &line) && line.n == 0);
	while (pdg_bytes_line(&rest, &line) && !pdg_bytes_starts(line, "=") &&
	       !pdg_bytes_starts(line, "-----END"))
		pdg_buf_put(&text, line);
	if (!CHECK_OK(pdg_unbase64(pdg_buf_bytes(&text), PDG_BASE64_STD, &d->blob, &err), &err))
		abort();
}

static void dual_init(struct dual *d, const char *good, const char *dual)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	struct pdg_error err = {0};

	*d = (struct dual){.pgp = good[0] == 'p'};
	world_init(&d->w);
	world_load(&d->w);
	pdg_buf_init(&d->raw, PDG_LIMIT_COMMIT);
	pdg_buf_init(&d->first, PDG_LIMIT_COMMIT);
	pdg_buf_init(&d->armor, PDG_LIMIT_COMMIT);
	pdg_buf_init(&d->blob, PDG_LIMIT_COMMIT);
	data_read(good, &d->raw);
	data_read(dual, &raw);
	if (!CHECK_OK(pdg_commit_parse(pdg_buf_bytes(&raw), false, &c, &err), &err))
		abort();
	pdg_buf_put(&d->first, pdg_buf_bytes(&c->signature));
	pdg_buf_put(&d->armor, pdg_buf_bytes(&c->other_signature));
	unarmor(d);
}

static void dual_done(struct dual *d)
{
	pdg_buf_done(&d->raw);
	pdg_buf_done(&d->first);
	pdg_buf_done(&d->armor);
	pdg_buf_done(&d->blob);
	world_done(&d->w);
}

/* Put @armor beside the commit's own signature and judge. @good: must it pass? */
static void judge_with(const struct dual *d, struct pdg_bytes armor, bool good)
{
	PDG_AUTO(buf) struct pdg_buf header = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_bytes line;
	const char *fold = "\ngpgsig-sha256 ";

	while (pdg_bytes_line(&armor, &line)) {
		pdg_buf_puts(&header, fold);
		pdg_buf_put(&header, line);
		fold = "\n ";
	}
	pdg_buf_puts(&header, "\ngpgsig ");
	pdg_buf_put(&raw, pdg_buf_bytes(&d->raw));
	pdg_test_replace(&raw, "committer", "\ngpgsig ", pdg_buf_cstr(&header));
	check_raw(&d->w, pdg_buf_bytes(&raw), FEBRUARY,
		  good ? PDG_RESULT_GOOD : PDG_RESULT_MALFORMED, good ? NULL : "COM-7");
}

struct shape {
	const char *headers; /* OpenPGP: behind BEGIN; NULL: none */
	size_t columns;
	bool no_sum;
	const char *behind;
};

static void judge_blob(const struct dual *d, struct pdg_bytes blob, const struct shape *s,
		       bool good)
{
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

	pdg_buf_puts(&armor, d->pgp ? PGP_BEGIN : SSH_BEGIN);
	if (d->pgp) {
		pdg_buf_puts(&armor, s->headers ? s->headers : "");
		pdg_buf_putc(&armor, '\n');
	}
	pdg_made_lines(&armor, blob, s->columns);
	if (d->pgp && !s->no_sum)
		pdg_made_pgp_sum(&armor, blob);
	pdg_buf_puts(&armor, d->pgp ? PGP_END : SSH_END);
	pdg_buf_puts(&armor, s->behind ? s->behind : "");
	judge_with(d, pdg_buf_bytes(&armor), good);
}

static void armors(const struct dual *d, const struct shape *good, const struct shape *bad,
		   size_t n_bad)
{
	size_t i;

	judge_with(d, pdg_buf_bytes(&d->armor), true);
	judge_blob(d, pdg_buf_bytes(&d->blob), good, true);
	for (i = 0; i < n_bad; i++) {
		pdg_test_case("armor %zu", i);
		judge_blob(d, pdg_buf_bytes(&d->blob), &bad[i], false);
	}
	pdg_test_case("the first signature again");
	judge_with(d, pdg_buf_bytes(&d->first), false);
	pdg_test_case(NULL);
}

/* Put @to in the place of @n bytes at @at of the second signature. */
static void judge_edit(const struct dual *d, const char *what, size_t at, size_t n,
		       struct pdg_bytes to, const struct shape *s, bool good)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_bytes b = pdg_buf_bytes(&d->blob);

	pdg_test_case("%s", what);
	pdg_buf_put(&blob, pdg_bytes_head(b, at));
	pdg_buf_put(&blob, to);
	pdg_buf_put(&blob, pdg_bytes_from(b, at + n));
	judge_blob(d, pdg_buf_bytes(&blob), s, good);
	pdg_test_case(NULL);
}

static size_t find(const struct dual *d, struct pdg_bytes what)
{
	size_t at = pdg_bytes_find(pdg_buf_bytes(&d->blob), what, 0);

	if (!CHECK(at != SIZE_MAX))
		abort();
	return at;
}

static const struct shape ssh_form = {.columns = 70};
static const struct shape pgp_form = {.columns = 64};

static void ssh_armor_is_canonical(void)
{
	static const struct shape bad[] = {
		{.columns = 76}, {.columns = 69}, {.columns = 1}, {.columns = 70, .behind = "\n"}};
	struct dual d;

	dual_init(&d, "ssh-good.raw", "ssh-dual.raw");
	armors(&d, &ssh_form, bad, sizeof(bad) / sizeof(bad[0]));
	dual_done(&d);
}

static void ssh_form_is_the_first_ones(void)
{
	static const uint8_t short_inner[] = {0, 0, 0, 18, 0, 0, 0, 11};
	struct dual d;
	size_t n;
	size_t at;

	dual_init(&d, "ssh-good.raw", "ssh-dual.raw");
	n = d.blob.n;
	at = find(&d, pdg_bytes_str("git"));
	judge_edit(&d, "namespace", at, 3, pdg_bytes_str("gid"), &ssh_form, false);
	judge_edit(&d, "reserved", at + 3, 4, pdg_bytes("\0\0\0\1x", 5), &ssh_form, false);
	at = find(&d, pdg_bytes_str("sha512"));
	judge_edit(&d, "digest", at, 6, pdg_bytes_str("sha256"), &ssh_form, false);
	/* Behind "sha512": the inner blob with its length, the algorithm, the value. */
	judge_edit(&d, "no value", at + 6, n - at - 6 - 64 - 15,
		   pdg_bytes(short_inner, sizeof(short_inner)), &ssh_form, false);
	judge_edit(&d, "another algorithm", at + 6 + 4 + 4, 11, pdg_bytes_str("ssh-ed25518"),
		   &ssh_form, false);
	judge_edit(&d, "bytes behind", n, 0, pdg_bytes_str("x"), &ssh_form, false);
	judge_edit(&d, "another key", find(&d, pdg_bytes_str("ssh-ed25519")) + 15 + 31, 1,
		   pdg_bytes_str("\1"), &ssh_form, false);
	/* What is left: the value itself, which only whoever has the other form can check. */
	judge_edit(&d, "another value", n - 8, 8, pdg_bytes_str("whatever"), &ssh_form, true);
	judge_edit(&d, "a longer value", n, 0, pdg_bytes_str("0123456789"), &ssh_form, false);
	dual_done(&d);
}

static void pgp_armor_is_canonical(void)
{
	static const struct shape bad[] = {
		{.columns = 64, .no_sum = true},
		{.columns = 63},
		{.columns = 72},
		{.columns = 64, .behind = "\n"},
		{.columns = 64, .headers = "Comment: x\n"},
		{.columns = 64, .headers = "Version: GnuPG v2\n"},
		{.columns = 64, .headers = "Hash: SHA256\n"},
	};
	static const struct shape wide = {.columns = 76};
	struct dual d;

	dual_init(&d, "pgp-good.raw", "pgp-dual.raw");
	armors(&d, &pgp_form, bad, sizeof(bad) / sizeof(bad[0]));
	judge_blob(&d, pdg_buf_bytes(&d.blob), &wide, true);
	dual_done(&d);
}

/* Header lines only where the first has them too, and of what gpg writes there. */
static void pgp_headers_are_the_first_ones(void)
{
	static const char long_comment[] =
		"Comment: 0123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234\n";
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{"Version: GnuPG v2\n", true}, {"Version: GnuPG v2\nComment: x\n", true},
		{"Charset: UTF-8\n", false},   {"MessageID: 1\n", false},
		{long_comment, false},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct shape s = {.columns = 64, .headers = cases[i].text};
		PDG_AUTO(buf) struct pdg_buf begin = PDG_BUF_INIT(1024);
		struct pdg_bytes rest = pdg_bytes_str(cases[i].text);
		struct pdg_bytes line;
		struct dual d;

		dual_init(&d, "pgp-good.raw", "pgp-dual.raw");
		pdg_buf_puts(&begin, PGP_BEGIN);
		while (pdg_bytes_line(&rest, &line)) {
			pdg_buf_putc(&begin, ' ');
			pdg_buf_put(&begin, line);
			pdg_buf_putc(&begin, '\n');
		}
		pdg_test_replace(&d.raw, "gpgsig", PGP_BEGIN, pdg_buf_cstr(&begin));
		pdg_test_case("headers %zu", i);
		judge_blob(&d, pdg_buf_bytes(&d.blob), &s, cases[i].good);
		pdg_test_case("headers %zu, in the first alone", i);
		judge_blob(&d, pdg_buf_bytes(&d.blob), &pgp_form, false);
		pdg_test_case(NULL);
		dual_done(&d);
	}
}

/*
 * pgp-dual's packet: 88 75, then the body: 04 00 16 08, hashed area of 29 bytes (the issuer's
 * fingerprint, 23 with its length; the time, 6), unhashed of 10 (the issuer), two bytes of the
 * digest, two numbers.
 */
static void pgp_form_is_the_first_ones(void)
{
	static const uint8_t hour[] = {0x65, 0xBA, 0xED, 0x10};
	static const uint8_t minute[] = {0x65, 0xBA, 0xDF, 0x3C};
	struct dual d;
	size_t n;

	dual_init(&d, "pgp-good.raw", "pgp-dual.raw");
	n = d.blob.n;
	CHECK(n == 119 && d.blob.p[0] == 0x88 && d.blob.p[1] == 117 && d.blob.p[7] == 29);
	judge_edit(&d, "text", 3, 1, pdg_bytes("\1", 1), &pgp_form, false);
	judge_edit(&d, "SHA-512", 5, 1, pdg_bytes("\12", 1), &pgp_form, false);
	judge_edit(&d, "another algorithm", 4, 1, pdg_bytes("\23", 1), &pgp_form, false);
	judge_edit(&d, "an hour later", 33, 4, pdg_bytes(hour, 4), &pgp_form, false);
	judge_edit(&d, "a minute later", 33, 4, pdg_bytes(minute, 4), &pgp_form, true);
	judge_edit(&d, "another issuer", 12, 1, pdg_bytes("\0", 1), &pgp_form, false);
	judge_edit(&d, "another packet", n, 0, pdg_bytes("\xb4\1x", 3), &pgp_form, false);
	judge_edit(&d, "what is left", n - 4, 4, pdg_bytes_str("left"), &pgp_form, true);
	dual_done(&d);
}

/* The same with the packet's length and the area's made right: bytes hidden in good form. */
static void nothing_hides_in_good_form(void)
{
	static const uint8_t note[] = {10, 100, 'h', 'i', 'd', 'd', 'e', 'n', '!', '!', '!'};
	static const uint8_t number[] = {0, 1, 1};
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_bytes b;
	struct dual d;
	size_t at;

	dual_init(&d, "pgp-good.raw", "pgp-dual.raw");
	b = pdg_buf_bytes(&d.blob);
	pdg_buf_put(&blob, pdg_bytes_head(b, 37));
	pdg_buf_put(&blob, pdg_bytes(note, sizeof(note)));
	pdg_buf_put(&blob, pdg_bytes_from(b, 37));
	blob.p[1] = (uint8_t)(blob.p[1] + sizeof(note));
	blob.p[7] = (uint8_t)(blob.p[7] + sizeof(note));
	pdg_test_case("a subpacket that nothing needs");
	judge_blob(&d, pdg_buf_bytes(&blob), &pgp_form, false);

	pdg_test_case("a number that is far too short");
	pdg_buf_reset(&blob);
	at = 37 + 2 + 10 + 2;
	pdg_buf_put(&blob, pdg_bytes_head(b, at));
	pdg_buf_put(&blob, pdg_bytes(number, sizeof(number)));
	pdg_buf_put(&blob, pdg_bytes_from(b, at + 34));
	blob.p[1] = (uint8_t)(blob.p[1] - 31);
	judge_blob(&d, pdg_buf_bytes(&blob), &pgp_form, false);
	pdg_test_case(NULL);
	dual_done(&d);
}

PDG_TEST_MAIN("twin", {"SSH armor is canonical", ssh_armor_is_canonical},
	      {"SSH form is the first one's", ssh_form_is_the_first_ones},
	      {"OpenPGP armor is canonical", pgp_armor_is_canonical},
	      {"OpenPGP headers are the first one's", pgp_headers_are_the_first_ones},
	      {"OpenPGP form is the first one's", pgp_form_is_the_first_ones},
	      {"nothing hides in good form", nothing_hides_in_good_form})
