/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking GnuPG: the packets of one certificate, the heads that go over the pipe, texts that are not
 * judged; and, where there is a gpg, real questions with real answers, from several threads, to a
 * program that is killed in between.
 */
#include "crypto/pgp_gnupg.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/pgp_bind.h"
#include "crypto/pgp_sigbody.h"
#include "crypto/pgp_wire.h"
#include "unit/crypto/pgp_data.h"
#include "util/fs.h"

static bool have_gpg(void)
{
	return access("/usr/bin/gpg", X_OK) == 0;
}

/* The ring of keys.asc with its file, as pdg_pgp_ring_load() gives it. */
static struct pdg_pgp_ring *whole_ring(void)
{
	struct pdg_pgp_ring *ring = pgp_ring();

	pdg_buf_init(&ring->file, PDG_LIMIT_KEY_FILE);
	pgp_read("keys.asc", &ring->file);
	return ring;
}

static struct pdg_pgp_sig *read_sig(const char *name)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	struct pdg_pgp_sig *s = NULL;
	struct pdg_error err = {0};

	pgp_read(name, &text);
	if (!CHECK_OK(pdg_pgp_sig_parse(pdg_buf_bytes(&text), &s, &err), &err))
		abort();
	return s;
}

static int ask(struct pdg_pgp_gnupg *g, const struct pdg_pgp_ring *ring, const char *name,
	       struct pdg_bytes msg, struct pdg_error *err)
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = read_sig(name);
	const struct pdg_pgp_cert *cert = NULL;
	const struct pdg_pgp_key *key = pgp_find(s, ring, &cert);

	if (!CHECK(key != NULL))
		abort();
	return pdg_pgp_gnupg_verify(g, s, ring, cert, key, msg, err);
}

static void packets_of_each_certificate(void)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
	PDG_AUTO(buf) struct pdg_buf whole = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	struct pdg_pgp_cert other = {.fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567"};
	struct pdg_error err = {0};
	size_t total = 0;

	CHECK_OK(pdg_pgp_armor_keys(pdg_buf_bytes(&ring->file), &whole, &err), &err);
	for (size_t c = 0; c < pdg_pgp_ring_count(ring); c++) {
		PDG_AUTO(buf) struct pdg_buf one = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds keys = {0};
		struct pdg_bytes in;

		CHECK_OK(pdg_pgp_ring_packets(ring, pgp_cert(ring, c), &one, &err), &err);
		in = pdg_buf_bytes(&one);
		CHECK(pdg_bytes_find(pdg_buf_bytes(&whole), in, 0) != SIZE_MAX);
		if (CHECK_OK(pdg_pgp_bind_read(in, &keys, &err), &err)) {
			CHECK_UINT(keys.n, pgp_cert(ring, c)->n_keys);
			CHECK_STR(keys.v[0].fingerprint, pgp_cert(ring, c)->fingerprint);
		}
		total += one.n;
	}
	CHECK_UINT(total, whole.n);
	pdg_buf_reset(&whole);
	CHECK_RULE(pdg_pgp_ring_packets(ring, &other, &whole, &err), &err, "PGP-4");
}

static void request_heads(void)
{
	static const struct pdg_pgp_request good[] = {
		{PDG_PGP_ASK_CERT, 0, {PDG_LIMIT_KEY_FILE, 0}},
		{PDG_PGP_ASK_CHECK, 0, {1, 0}},
		{PDG_PGP_ASK_CHECK, 0x01020304, {PDG_PGP_PACKET_MAX, PDG_LIMIT_GNUPG_PAYLOAD}},
	};
	static const struct {
		struct pdg_pgp_request r;
		int code;
	} bad[] = {
		{{PDG_PGP_ASK_CERT, 1, {1, 0}}, PDG_E_FORMAT},
		{{PDG_PGP_ASK_CERT, 0, {PDG_LIMIT_KEY_FILE + 1, 0}}, PDG_E_LIMIT},
		{{PDG_PGP_ASK_CERT, 0, {1, 1}}, PDG_E_LIMIT},
		{{PDG_PGP_ASK_CHECK, 0, {PDG_PGP_PACKET_MAX + 1, 0}}, PDG_E_LIMIT},
		{{PDG_PGP_ASK_CHECK, 0, {1, PDG_LIMIT_GNUPG_PAYLOAD + 1}}, PDG_E_LIMIT},
		{{PDG_PGP_ASK_CHECK, 0, {UINT32_MAX, UINT32_MAX}}, PDG_E_LIMIT},
		{{(enum pdg_pgp_ask)'X', 0, {0, 0}}, PDG_E_FORMAT},
	};
	uint8_t head[PDG_PGP_REQUEST_HEAD];
	struct pdg_pgp_request r;
	struct pdg_error err = {0};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		pdg_pgp_request_put(&good[i], head);
		if (!CHECK_OK(pdg_pgp_request_read(head, &r, &err), &err))
			continue;
		CHECK_INT(r.kind, good[i].kind);
		CHECK_UINT(r.cert, good[i].cert);
		CHECK_UINT(r.n[0], good[i].n[0]);
		CHECK_UINT(r.n[1], good[i].n[1]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pdg_test_case("bad request %zu", i);
		pdg_pgp_request_put(&bad[i].r, head);
		CHECK_CODE(pdg_pgp_request_read(head, &r, &err), &err, bad[i].code);
	}
}

static void answer_heads(void)
{
	const struct pdg_pgp_answer good = {
		.said = PDG_PGP_SAID_GOOD,
		.hash_id = 8,
		.created = 0xFEDCBA98,
		.fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567",
	};
	const struct pdg_pgp_answer why = {.said = PDG_PGP_SAID_NOT, .text_n = 255};
	uint8_t head[PDG_PGP_ANSWER_HEAD];
	struct pdg_pgp_answer a;
	struct pdg_error err = {0};

	pdg_pgp_answer_put(&good, head);
	if (CHECK_OK(pdg_pgp_answer_read(head, &a, &err), &err)) {
		CHECK_INT(a.said, PDG_PGP_SAID_GOOD);
		CHECK_UINT(a.hash_id, 8);
		CHECK_UINT(a.created, 0xFEDCBA98);
		CHECK_STR(a.fingerprint, good.fingerprint);
	}
	/* Whatever else has a key, or a good one none, is no answer. */
	head[0] = PDG_PGP_SAID_BAD;
	CHECK_CODE(pdg_pgp_answer_read(head, &a, &err), &err, PDG_E_FORMAT);
	head[0] = 'X';
	CHECK_CODE(pdg_pgp_answer_read(head, &a, &err), &err, PDG_E_FORMAT);
	head[0] = PDG_PGP_SAID_GOOD;
	head[10] = 'a';
	CHECK_CODE(pdg_pgp_answer_read(head, &a, &err), &err, PDG_E_FORMAT);
	head[10] = '\0';
	CHECK_CODE(pdg_pgp_answer_read(head, &a, &err), &err, PDG_E_FORMAT);
	pdg_pgp_answer_put(&good, head);
	head[PDG_PGP_ANSWER_HEAD - 1] = 1;
	CHECK_CODE(pdg_pgp_answer_read(head, &a, &err), &err, PDG_E_FORMAT);
	pdg_pgp_answer_put(&why, head);
	if (CHECK_OK(pdg_pgp_answer_read(head, &a, &err), &err))
		CHECK_UINT(a.text_n, 255);
	head[PDG_PGP_ANSWER_HEAD - 2] = 1;
	CHECK_CODE(pdg_pgp_answer_read(head, &a, &err), &err, PDG_E_FORMAT);
}

/* What GnuPG would read in more than one way never reaches it: no program is started here. */
static void ambiguous_texts(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *g = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
	CHECK_RULE(ask(g, ring, "sig-text.asc", pdg_bytes_str("a small message\r\n"), &err), &err,
		   "PGP-3");
	CHECK_RULE(ask(g, ring, "sig-text.asc", pdg_bytes_str("a\rb\n"), &err), &err, "PGP-3");
	for (size_t i = 0; i <= PDG_PGP_TEXT_LINE; i++)
		pdg_buf_putc(&text, 'x');
	CHECK_RULE(ask(g, ring, "sig-text.asc", pdg_buf_bytes(&text), &err), &err, "PGP-3");
	pdg_buf_putc(&text, '\n');
	CHECK_RULE(ask(g, ring, "sig-text.asc", pdg_buf_bytes(&text), &err), &err, "PGP-3");
}

/* The committed signatures of the forms that are not checked in process, and some that are. */
static const char *const uncommon[] = {
	"sig-ivan.asc",	     "sig-judy.asc",	"sig-text.asc",	   "sig-ripemd160.asc",
	"sig-v3.asc",	     "sig-v3-text.asc", "sig-v3-judy.asc", "sig-sha224-ed25519.asc",
	"sig-brainpool.asc", "sig-koblitz.asc", "sig-lea.asc",	   "sig-liam.asc",
	"sig-bob.asc",	     "sig-alice.asc",	"sig-grace.asc",   "sig-erin.asc",
	"sig-expires.asc",   "sig-frank.asc",
};

static void real_answers(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *g = NULL;
	struct pdg_error err = {0};

	if (!have_gpg())
		return;
	pgp_read("msg.txt", &msg);
	CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
	for (size_t i = 0; i < sizeof(uncommon) / sizeof(uncommon[0]); i++) {
		pdg_test_case("%s", uncommon[i]);
		CHECK_OK(ask(g, ring, uncommon[i], pdg_buf_bytes(&msg), &err), &err);
		CHECK_RULE(ask(g, ring, uncommon[i], pdg_bytes_str("another\n"), &err), &err,
			   "SIG-1");
		CHECK_RULE(ask(g, ring, uncommon[i], pdg_bytes_str(""), &err), &err, "SIG-1");
	}
}

/* The two bytes of the digest that a signature repeats: GnuPG does not look at them. */
static void other_bytes_of_the_digest(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *g = NULL;
	struct pdg_error err = {0};

	pgp_read("msg.txt", &msg);
	pgp_dearmor("sig-brainpool.asc", &packet);
	CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
	for (size_t bit = 0; bit < 16; bit++) {
		PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
		const struct pdg_pgp_cert *cert = NULL;
		const struct pdg_pgp_key *key;
		size_t at;

		if (!CHECK_OK(pdg_pgp_sig_parse_binary(pdg_buf_bytes(&packet), &s, &err), &err))
			return;
		at = packet.n - pdg_pgp_sig_bytes(s).n +
		     (size_t)(pdg_pgp_sig_body(s)->left - pdg_pgp_sig_bytes(s).p);
		pdg_pgp_sig_free(PDG_TAKE(s));
		packet.p[at + bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK_OK(pdg_pgp_sig_parse_binary(pdg_buf_bytes(&packet), &s, &err), &err);
		packet.p[at + bit / 8] ^= (uint8_t)(1U << bit % 8);
		key = pgp_find(s, ring, &cert);
		CHECK_RULE(pdg_pgp_gnupg_verify(g, s, ring, cert, key, pdg_buf_bytes(&msg), &err),
			   &err, "SIG-1");
	}
}

/* After so many wrong ones nobody is asked, not even about a right one. */
static void bounded(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *g = NULL;
	struct pdg_error err = {0};

	if (!have_gpg())
		return;
	pgp_read("msg.txt", &msg);
	CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
	pdg_pgp_gnupg_bound(g, 2);
	CHECK_RULE(ask(g, ring, "sig-text.asc", pdg_bytes_str("another\n"), &err), &err, "SIG-1");
	CHECK_OK(ask(g, ring, "sig-text.asc", pdg_buf_bytes(&msg), &err), &err);
	CHECK_RULE(ask(g, ring, "sig-text.asc", pdg_bytes_str("another\n"), &err), &err, "SIG-1");
	CHECK_RULE(ask(g, ring, "sig-text.asc", pdg_buf_bytes(&msg), &err), &err, "PGP-3");
}

/* Another's key, of the same algorithm or not, is not the one that made it. */
static void another_key(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *g = NULL;
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = read_sig("sig-judy.asc");
	struct pdg_error err = {0};

	if (!have_gpg())
		return;
	pgp_read("msg.txt", &msg);
	CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
	for (size_t c = 0; c < pdg_pgp_ring_count(ring); c++) {
		const struct pdg_pgp_key *own = pgp_find(s, ring, NULL);
		int rc;

		if (&pgp_cert(ring, c)->keys[0] == own)
			continue;
		rc = pdg_pgp_gnupg_verify(g, s, ring, pgp_cert(ring, c),
					  &pgp_cert(ring, c)->keys[0], pdg_buf_bytes(&msg), &err);
		CHECK_INT(rc, PDG_E_REJECTED);
	}
}

/* Without the signature by which it agrees, GnuPG does not let a subkey sign (RFC 4880 5.2.1). */
static void without_consent(void)
{
	static const char *const names[] = {"sig-lea.asc", "sig-liam.asc"};
	static const uint8_t embedded[][4] = {{0x20, 0x04, 0x19, 0x13}, {0x20, 0x04, 0x19, 0x16}};
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_error err = {0};

	if (!have_gpg())
		return;
	pgp_read("msg.txt", &msg);
	for (size_t i = 0; i < 2; i++) {
		PDG_AUTO(buf) struct pdg_buf packets = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
		PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *g = NULL;
		size_t at = 0;

		pdg_test_case("%s", names[i]);
		CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
		CHECK_OK(ask(g, ring, names[i], pdg_buf_bytes(&msg), &err), &err);
		pdg_pgp_gnupg_free(PDG_TAKE(g));
		/* The subpacket that holds it is called 100, where nothing signs that. */
		CHECK_OK(pdg_pgp_armor_keys(pdg_buf_bytes(&ring->file), &packets, &err), &err);
		while ((at = pdg_bytes_find(pdg_buf_bytes(&packets), pdg_bytes(embedded[i], 4),
					    at)) != SIZE_MAX)
			packets.p[at] = 100;
		pdg_buf_reset(&ring->file);
		pdg_buf_put(&ring->file, pdg_buf_bytes(&packets));
		CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
		CHECK_RULE(ask(g, ring, names[i], pdg_buf_bytes(&msg), &err), &err, "PGP-5");
	}
}

struct asker {
	struct pdg_pgp_gnupg *g;
	const struct pdg_pgp_ring *ring;
	struct pdg_bytes msg;
	size_t wrong;
};

static void *ask_often(void *arg)
{
	static const char *const names[] = {"sig-judy.asc", "sig-ivan.asc", "sig-ripemd160.asc"};
	struct asker *a = arg;

	for (size_t i = 0; i < 9; i++) {
		PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
		const struct pdg_pgp_cert *cert = NULL;
		const struct pdg_pgp_key *key;
		bool good = i % 2 == 0;
		int rc;

		pgp_read(names[i % 3], &text);
		rc = pdg_pgp_sig_parse(pdg_buf_bytes(&text), &s, NULL);
		if (rc < 0)
			abort();
		key = pgp_find(s, a->ring, &cert);
		rc = pdg_pgp_gnupg_verify(a->g, s, a->ring, cert, key,
					  good ? a->msg : pdg_bytes_str("other"), NULL);
		a->wrong += rc != (good ? 0 : PDG_E_REJECTED);
	}
	return NULL;
}

static void many_threads(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *g = NULL;
	struct asker askers[4];
	pthread_t threads[4];
	struct pdg_error err = {0};

	if (!have_gpg())
		return;
	pgp_read("msg.txt", &msg);
	CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
	for (size_t i = 0; i < 4; i++) {
		askers[i] = (struct asker){g, ring, pdg_buf_bytes(&msg), 0};
		if (pthread_create(&threads[i], NULL, ask_often, &askers[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < 4; i++) {
		(void)pthread_join(threads[i], NULL);
		CHECK_UINT(askers[i].wrong, 0);
	}
}

/* The process ids of what `pedigree-pgp verify` this process has started; 0: none. */
static pid_t child_of_this(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(4096);
	char *path = pdg_str_printf("/proc/self/task/%d/children", (int)getpid());
	struct pdg_bytes word;
	uint64_t pid = 0;
	int rc = path ? pdg_fs_read(path, &text, NULL) : -1;

	free(path);
	if (rc < 0)
		return 0;
	word = pdg_buf_bytes(&text);
	word = pdg_bytes_head(word, pdg_bytes_find_byte(word, ' ', 0));
	return pdg_bytes_u64(word, INT32_MAX, &pid) ? (pid_t)pid : 0;
}

/* What died between two questions is started again; the folder of the dead one is gone. */
static void killed_in_between(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = whole_ring();
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *g = NULL;
	struct pdg_error err = {0};
	pid_t first;
	pid_t second;

	if (!have_gpg() || access("/proc/self/task", R_OK) != 0)
		return;
	pgp_read("msg.txt", &msg);
	CHECK_OK(pdg_pgp_gnupg_new(&g, &err), &err);
	CHECK_INT(child_of_this(), 0);
	CHECK_OK(ask(g, ring, "sig-judy.asc", pdg_buf_bytes(&msg), &err), &err);
	first = child_of_this();
	if (!CHECK(first > 0))
		return;
	CHECK_INT(kill(first, SIGKILL), 0);
	CHECK_OK(ask(g, ring, "sig-judy.asc", pdg_buf_bytes(&msg), &err), &err);
	second = child_of_this();
	CHECK(second > 0 && second != first);
	CHECK_RULE(ask(g, ring, "sig-judy.asc", pdg_bytes_str("x"), &err), &err, "SIG-1");
	CHECK_INT(child_of_this(), second);
	pdg_pgp_gnupg_free(PDG_TAKE(g));
	CHECK_INT(child_of_this(), 0);
}

PDG_TEST_MAIN("crypto.pgp_gnupg", {"packets of each certificate", packets_of_each_certificate},
	      {"request heads", request_heads}, {"answer heads", answer_heads},
	      {"ambiguous texts", ambiguous_texts}, {"real answers", real_answers},
	      {"other bytes of the digest", other_bytes_of_the_digest}, {"bounded", bounded},
	      {"another key", another_key}, {"without consent", without_consent},
	      {"many threads", many_threads}, {"killed in between", killed_in_between})
