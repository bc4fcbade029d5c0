/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's end of the conversation with `pedigree-pgp verify` (pgp_wire.h), between the judge
 * of a commit and GnuPG. All that may be refused without GnuPG is refused before it is asked, and a
 * "good" counts only for the very signature and key that were asked about. Whatever goes wrong with
 * the program is a failure, never a verdict.
 */
#include "crypto/pgp_gnupg.h"

#include <pthread.h>

#include "crypto/pgp_armor.h"
#include "crypto/pgp_ring.h"
#include "crypto/pgp_sigbody.h"
#include "crypto/pgp_wire.h"
#include "proc/talk.h"
#include "util/limits.h"
#include "util/size.h"

#define TIMEOUT_MS 30000
#define ATTEMPTS   2 /* it may have died since the last question */

/* A certificate that the program has been given. */
struct given {
	const struct pdg_pgp_ring *ring;
	const struct pdg_pgp_cert *cert;
};

struct pdg_pgp_gnupg {
	pthread_mutex_t lock;  /* guards what follows; held for a whole question and its answer */
	struct pdg_talk *talk; /* NULL: it does not run */
	struct given *given;
	size_t n_given;
	size_t cap;
	size_t wrong; /* signatures that it did not find good */
	size_t most;  /* of these, before it is asked no more; 0: as many as there are */
};

/* One question. */
struct question {
	const struct given *by;
	struct pdg_bytes signature;
	struct pdg_bytes msg;
	char text[PDG_PGP_ANSWER_TEXT + 1]; /* that came with the answer */
};

int pdg_pgp_gnupg_new(struct pdg_pgp_gnupg **out, struct pdg_error *err)
{
	struct pdg_pgp_gnupg *g = pdg_calloc(1, sizeof(*g));

	if (!g)
		return pdg_nomem(err);
	if (pthread_mutex_init(&g->lock, NULL) != 0) {
		free(g);
		return pdg_nomem(err);
	}
	*out = g;
	return 0;
}

void pdg_pgp_gnupg_bound(struct pdg_pgp_gnupg *g, size_t most)
{
	g->most = most;
}

static void hang_up(struct pdg_pgp_gnupg *g)
{
	pdg_talk_end(PDG_TAKE(g->talk));
	g->n_given = 0;
}

void pdg_pgp_gnupg_free(struct pdg_pgp_gnupg *g)
{
	if (!g)
		return;
	hang_up(g);
	free(g->given);
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

static int start(struct pdg_pgp_gnupg *g, struct pdg_error *err)
{
	static const char *const argv[] = {PDG_PGP_PROGRAM, "verify", NULL};
	PDG_AUTO(mem) char *program = NULL;
	struct pdg_spawn s = {.argv = argv, .dir = "/"};
	int rc;

	if (g->talk)
		return 0;
	rc = pdg_pgp_program(&s, &program, err);
	return rc < 0 ? rc : pdg_talk_start(&s, &g->talk, err);
}

static int ask(struct pdg_talk *talk, const struct pdg_pgp_request *r,
	       const struct pdg_bytes *parts, struct question *q, struct pdg_pgp_answer *out,
	       struct pdg_error *err)
{
	uint8_t request[PDG_PGP_REQUEST_HEAD];
	uint8_t answer[PDG_PGP_ANSWER_HEAD];
	struct pdg_pgp_answer a;
	int rc;

	pdg_pgp_request_put(r, request);
	rc = pdg_talk_say(talk, pdg_bytes(request, sizeof(request)), TIMEOUT_MS, err);
	for (size_t i = 0; rc == 0 && i < 2; i++)
		rc = pdg_talk_say(talk, parts[i], TIMEOUT_MS, err);
	if (rc == 0)
		rc = pdg_talk_hear(talk, answer, sizeof(answer), TIMEOUT_MS, err);
	if (rc == 0)
		rc = pdg_pgp_answer_read(answer, &a, err);
	if (rc == 0)
		rc = pdg_talk_hear(talk, (uint8_t *)q->text, a.text_n, TIMEOUT_MS, err);
	if (rc < 0)
		return rc;
	q->text[a.text_n] = '\0';
	if (a.said == PDG_PGP_SAID_FAILED)
		return pdg_fail(err, PDG_E_IO, PDG_PGP_PROGRAM ": %s", q->text);
	*out = a;
	return 0;
}

/* The number of the certificate that is asked about, which is given first if it was not yet. */
static int give(struct pdg_pgp_gnupg *g, struct question *q, uint32_t *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf packets = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	struct pdg_bytes parts[2] = {{0}};
	struct pdg_pgp_request r = {.kind = PDG_PGP_ASK_CERT};
	struct pdg_pgp_answer a;
	size_t i;
	int rc;

	for (i = 0; i < g->n_given; i++) {
		if (g->given[i].ring == q->by->ring && g->given[i].cert == q->by->cert) {
			*out = (uint32_t)i;
			return 0;
		}
	}
	rc = pdg_array_grow(&g->given, g->n_given, &g->cap, sizeof(*g->given), PDG_LIMIT_KEYS);
	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "GnuPG has been given %d certificates",
				PDG_LIMIT_KEYS);
	if (rc < 0)
		return pdg_nomem(err);
	rc = pdg_pgp_ring_packets(q->by->ring, q->by->cert, &packets, err);
	if (rc < 0)
		return rc;
	parts[0] = pdg_buf_bytes(&packets);
	r.n[0] = (uint32_t)packets.n;
	rc = ask(g->talk, &r, parts, q, &a, err);
	if (rc < 0)
		return rc;
	if (a.said != PDG_PGP_SAID_TAKEN)
		return pdg_fail(err, PDG_E_IO, PDG_PGP_PROGRAM " does not take a certificate: %s",
				q->text);
	g->given[g->n_given] = *q->by;
	*out = (uint32_t)g->n_given++;
	return 0;
}

static int converse(struct pdg_pgp_gnupg *g, struct question *q, struct pdg_pgp_answer *out,
		    struct pdg_error *err)
{
	const struct pdg_bytes parts[2] = {q->signature, q->msg};
	struct pdg_pgp_request r = {
		.kind = PDG_PGP_ASK_CHECK,
		.n = {(uint32_t)q->signature.n, (uint32_t)q->msg.n},
	};
	int rc = start(g, err);

	if (rc == 0)
		rc = give(g, q, &r.cert, err);
	if (rc == 0)
		rc = ask(g->talk, &r, parts, q, out, err);
	if (rc == 0 && out->said == PDG_PGP_SAID_TAKEN)
		rc = pdg_fail(err, PDG_E_IO, PDG_PGP_PROGRAM " answers another question");
	return rc;
}

/*
 * A conversation that fails is begun anew, once. Nothing that the program says wrongly is a fault
 * of the signature.
 */
static int converse_twice(struct pdg_pgp_gnupg *g, struct question *q, struct pdg_pgp_answer *out,
			  struct pdg_error *err)
{
	for (size_t i = 0;; i++) {
		struct pdg_error inner = {0};
		int rc = converse(g, q, out, &inner);

		if (rc == 0)
			return 0;
		hang_up(g);
		if (rc == PDG_E_NOMEM)
			return pdg_nomem(err);
		if (i + 1 == ATTEMPTS)
			return pdg_fail(err, PDG_E_IO, "%s", inner.text);
	}
}

/* Refuse what GnuPG would read in more ways than one. */
static int check_text(const struct pdg_pgp_sigbody *s, struct pdg_bytes msg, struct pdg_error *err)
{
	struct pdg_bytes line;

	if (s->type != PDG_PGP_TYPE_TEXT)
		return 0;
	if (pdg_bytes_find_byte(msg, '\r', 0) != SIZE_MAX)
		return pdg_reject(
			err, "PGP-3",
			"OpenPGP signature over a text (0x01) that has a carriage return");
	while (pdg_bytes_line(&msg, &line)) {
		if (line.n > PDG_PGP_TEXT_LINE)
			return pdg_reject(
				err, "PGP-3",
				"OpenPGP signature over a text (0x01) with a line of more than %d bytes",
				PDG_PGP_TEXT_LINE);
	}
	return 0;
}

/* What a signature in process is held to, GnuPG does not ask for. */
static int check_form(const struct pdg_pgp_sigbody *s, const struct pdg_pgp_key *key,
		      struct pdg_bytes msg, struct pdg_error *err)
{
	if (s->algo != key->algo)
		return pdg_reject(err, "SIG-1",
				  "the signature names another algorithm than that of key %s",
				  key->fingerprint);
	for (size_t i = 0; i < pdg_pgp_algo_mpis(s->algo); i++) {
		if (!pdg_pgp_width_fits(&s->mpis[i], key->width))
			return pdg_reject(err, "SIG-1",
					  "a number of the signature is none of the size of key %s",
					  key->fingerprint);
	}
	/* Of a text it would be the digest over other line ends. */
	return s->type == PDG_PGP_TYPE_BINARY ? pdg_pgp_sigbody_left(s, &msg, 1, err) : 0;
}

static int put_packet(struct pdg_bytes body, struct pdg_buf *out, struct pdg_error *err)
{
	pdg_buf_putc(out, 0x80 | PDG_PGP_TAG_SIGNATURE << 2 | 2);
	pdg_buf_u32be(out, (uint32_t)body.n);
	pdg_buf_put(out, body);
	return pdg_buf_check(out, err);
}

static int judge_answer(const struct pdg_pgp_answer *a, const char *text,
			const struct pdg_pgp_sig *sig, const struct pdg_pgp_key *key,
			struct pdg_error *err)
{
	if (a->said == PDG_PGP_SAID_UNFIT)
		return pdg_reject(err, "PGP-5",
				  "GnuPG does not let the key %s sign, or find that it certifies "
				  "its primary key: %s",
				  key->fingerprint, text);
	if (a->said == PDG_PGP_SAID_NOT)
		return pdg_reject(err, "PGP-3", "GnuPG does not judge this signature by key %s: %s",
				  key->fingerprint, text);
	if (a->said != PDG_PGP_SAID_GOOD)
		return pdg_reject(err, "SIG-1", "the signature by key %s is wrong",
				  key->fingerprint);
	if (strcmp(a->fingerprint, key->fingerprint) != 0 ||
	    a->hash_id != pdg_pgp_sig_body(sig)->hash_id ||
	    (int64_t)a->created != pdg_pgp_sig_created(sig))
		return pdg_reject(err, "SIG-1",
				  "GnuPG reads another key, digest or time in the signature by %s",
				  key->fingerprint);
	return 0;
}

int pdg_pgp_gnupg_verify(struct pdg_pgp_gnupg *g, const struct pdg_pgp_sig *sig,
			 const struct pdg_pgp_ring *ring, const struct pdg_pgp_cert *cert,
			 const struct pdg_pgp_key *key, struct pdg_bytes msg, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(PDG_PGP_PACKET_MAX);
	const struct pdg_pgp_sigbody *body = pdg_pgp_sig_body(sig);
	const struct given by = {ring, cert};
	struct question q = {.by = &by, .msg = msg};
	struct pdg_pgp_answer a;
	int rc;

	rc = check_form(body, key, msg, err);
	if (rc == 0)
		rc = check_text(body, msg, err);
	if (rc == 0)
		rc = put_packet(pdg_pgp_sig_bytes(sig), &packet, err);
	if (rc < 0)
		return rc;
	if (msg.n > PDG_LIMIT_GNUPG_PAYLOAD)
		return pdg_reject(err, "PGP-3", "GnuPG is not asked about more than %zu bytes",
				  PDG_LIMIT_GNUPG_PAYLOAD);
	q.signature = pdg_buf_bytes(&packet);
	(void)pthread_mutex_lock(&g->lock);
	if (g->most && g->wrong >= g->most) {
		rc = pdg_reject(err, "PGP-3",
				"GnuPG found %zu signatures wrong and is asked about no more",
				g->wrong);
	} else {
		rc = converse_twice(g, &q, &a, err);
		if (rc == 0)
			rc = judge_answer(&a, q.text, sig, key, err);
		g->wrong += rc != 0;
	}
	(void)pthread_mutex_unlock(&g->lock);
	return rc;
}

int pdg_pgp_ring_packets(const struct pdg_pgp_ring *ring, const struct pdg_pgp_cert *cert,
			 struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf all = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	char fingerprint[PDG_PGP_FINGERPRINT_HEX];
	struct pdg_bytes rest;
	struct pdg_pgp_packet p;
	const char *why;
	bool wanted = false;
	int rc = pdg_pgp_armor_keys(pdg_buf_bytes(&ring->file), &all, err);

	if (rc < 0)
		return rc;
	for (rest = pdg_buf_bytes(&all); rest.n > 0;) {
		const uint8_t *from = rest.p;

		if (!pdg_pgp_packet_next(&rest, &p, &why))
			return pdg_reject(err, "PGP-4", "OpenPGP key file: a packet %s", why);
		if (p.tag == PDG_PGP_TAG_PUBLIC_KEY) {
			rc = pdg_pgp_fingerprint(p.body, fingerprint, err);
			if (rc < 0)
				return rc;
			wanted = strcmp(fingerprint, cert->fingerprint) == 0;
		}
		if (wanted)
			pdg_buf_put(out, pdg_bytes(from, (size_t)(rest.p - from)));
	}
	if (out->n == 0 && !out->failed)
		return pdg_reject(err, "PGP-4", "OpenPGP key file: certificate %s is not in it",
				  cert->fingerprint);
	return pdg_buf_check(out, err);
}
