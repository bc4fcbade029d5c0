/* SPDX-License-Identifier: Apache-2.0 */
/*
 * post-receive: git has moved the refs. For each protected one the server says so in a
 * statement that is signed and durable before the push returns, and hands it to the service.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gate/certificate.h"
#include "hook.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"
#include "util/time.h"

/* What one push has in common: for each of its refs. */
struct accepted {
	const struct pdg_hook_run *h;
	struct pdg_gate *gate;
	const struct pdg_key *key;
	const struct pdg_certificate *certificate;
	const struct pdg_push *push;
	struct pdg_walk *brought; /* by the push; made when first needed */
	size_t made;
};

/* Who pushed, as far as the policy knows where to ask. NULL when unknown. */
static char *find_pusher(const struct accepted *a)
{
	const struct pdg_policy_repository *s = a->h->place.section;

	switch (s->pusher_from) {
	case PDG_PUSHER_CERTIFICATE:
		return pdg_str_dup(a->certificate->pusher);
	case PDG_PUSHER_ENV:
		return pdg_str_dup(s->pusher_env ? getenv(s->pusher_env) : NULL);
	case PDG_PUSHER_UID:
		return pdg_str_printf("uid:%ju", (uintmax_t)getuid());
	default:
		return NULL;
	}
}

/* Did the push bring this commit, so that all it rests on was judged, or stood already? */
static int was_brought(struct accepted *a, const char *hex, bool *out, struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	int rc = 0;

	if (!a->brought) {
		rc = pdg_walk_new(a->h->repo, &w, err);
		if (rc == 0)
			rc = pdg_gate_brought(a->gate, a->push, w, err);
		if (rc < 0)
			return rc;
		a->brought = PDG_TAKE(w);
	}
	return pdg_walk_shows(a->brought, hex, out, err);
}

/* Of a forge's merge that stood on another ref nobody may have judged the parents: it is now. */
static int judge_tip(struct accepted *a, const char *hex, struct pdg_buf *out_raw,
		     struct pdg_verdict *out, struct pdg_error *err)
{
	bool brought = true;
	int rc = pdg_gate_attestable(a->gate, hex, true, out_raw, out, err);

	if (rc == 0 && out->forge)
		rc = was_brought(a, hex, &brought, err);
	if (rc < 0 || brought)
		return rc;
	pdg_buf_reset(out_raw);
	pdg_verdict_done(out);
	pdg_verdict_init(out);
	return pdg_gate_attestable(a->gate, hex, false, out_raw, out, err);
}

/* The tip is judged once more, for its verdict stands in the statement. *@out_never: it is not
 * good, and so no command makes a statement. */
static int attest(struct accepted *a, const struct pdg_update *u, const char *ref, bool *out_never,
		  struct pdg_error *err)
{
	const struct pdg_hook_run *h = a->h;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(verdict) struct pdg_verdict v = PDG_VERDICT_INIT;
	PDG_AUTO(mem) char *pusher = find_pusher(a);
	struct pdg_source_make make = {
		.uri = h->place.section->uri,
		.verdict = &v,
		.ref = ref,
		.previous = u->old[0] ? u->old : NULL,
		.pusher = pusher,
	};
	char hex[PDG_GIT_HEX];
	int rc;

	rc = pdg_repo_resolve(h->repo, u->new, hex, err);
	if (rc == 0)
		rc = judge_tip(a, hex, &raw, &v, err);
	/* It stands, and what it says of itself cannot be changed any more. */
	if (v.why.rule[0] && (rc == PDG_E_REJECTED || rc == PDG_E_FORMAT || rc == PDG_E_LIMIT)) {
		*out_never = true;
		pdg_fix(err, "push a commit on top of it that is good: that one is attested");
	}
	if (rc < 0)
		return rc;
	make.raw = pdg_buf_bytes(&raw);
	return pdg_emit_source(&make, a->key, h->place.outbox, NULL, NULL, err);
}

static void put_option(struct pdg_buf *b, const char *option, const char *value)
{
	if (!value)
		return;
	pdg_buf_printf(b, " %s ", option);
	pdg_str_sh_word(b, value);
}

/* The command that makes up for it, whole: whoever reads this has no configuration to rely on. */
static void tell_remedy(const struct pdg_hook_run *h, const char *hex, const char *ref)
{
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_TEXT);
	size_t i;

	pdg_buf_puts(&line, "GIT_DIR=");
	pdg_str_sh_word(&line, pdg_repo_gitdir(h->repo));
	pdg_buf_puts(&line, " pedigree");
	put_option(&line, "-C", pdg_repo_gitdir(h->repo));
	pdg_buf_puts(&line, " attest source --late");
	put_option(&line, "--policy", h->settings.policy);
	put_option(&line, "--repository", h->settings.repository);
	put_option(&line, "--server-key", h->settings.server_key);
	put_option(&line, "--ref", ref);
	put_option(&line, "--service", h->settings.service);
	for (i = 0; i < PDG_WAY_PARTS; i++)
		put_option(&line, pdg_way_names[i].dashed, h->settings.way.v[i]);
	if (pdg_buf_check(&line, NULL) == 0)
		pdg_out(stderr, PDG_PLAIN, "pedigree: then, on the server: %s %s\n",
			pdg_buf_cstr(&line), hex);
}

/* One accepted ref. What fails is said, and the other refs still get their statements. */
static void take_update(struct accepted *a, const struct pdg_update *u)
{
	struct pdg_error err = {.code = 0};
	PDG_AUTO(mem) char *ref = NULL;
	bool never = false;
	int rc = pdg_gate_protected(a->gate, u, &ref, &err);

	if (rc == 0 && ref && u->new[0]) {
		rc = attest(a, u, ref, &never, &err);
		a->made += rc == 0;
	}
	if (rc == 0)
		return;
	(void)pdg_context(&err, rc, "%s was accepted but is not attested", u->ref);
	pdg_out_error("pedigree", &err);
	if (!never)
		tell_remedy(a->h, u->new, ref ? ref : u->ref);
}

static int hand_over(const struct pdg_hook_run *h, size_t made, struct pdg_error *err)
{
	const struct pdg_send send = {
		.outbox = h->place.outbox,
		.service = h->settings.service,
		.deadline = h->settings.deadline,
		.way = &h->settings.way,
	};
	PDG_AUTO(mem) char *what = pdg_str_printf("%zu source%s", made, made == 1 ? "" : "s");
	enum pdg_sent sent = PDG_SENT_NONE;
	int rc = pdg_send_outbox(&send, &sent, err);

	if (rc < 0)
		return pdg_context(err, rc, "attested and kept in the outbox, but not handed over");
	pdg_hook_tell_sent(h, what ? what : "source", sent);
	return 0;
}

/*
 * The certificate once more: what a statement says of its pusher is judged by who signs it. Kept
 * first, for nothing in git keeps it. @out stays empty where none was needed.
 */
static int take_certificate(const struct pdg_hook_run *h, struct pdg_gate *g,
			    const struct pdg_push *push, struct pdg_certificate *out,
			    struct pdg_error *err)
{
	bool wanted = false;
	int rc = pdg_certificate_wanted(g, push, &wanted, err);

	if (rc < 0 || !wanted)
		return rc;
	rc = pdg_certificate_check(g, push, true, out, err);
	return rc < 0 ? rc : pdg_certificate_keep(&h->place, out, err);
}

/* Every accepted ref of the push, and then all of it to the service. */
static int attest_all(const struct pdg_hook_run *h, struct pdg_gate *g, const struct pdg_push *push,
		      const struct pdg_certificate *c, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct accepted a = {.h = h, .gate = g, .certificate = c, .push = push};
	size_t i;
	int rc = pdg_emit_server_key(h->place.section, h->settings.server_key, &key, err);

	if (rc < 0)
		return rc;
	a.key = key;
	for (i = 0; i < push->n; i++)
		take_update(&a, &push->v[i]);
	pdg_walk_free(a.brought);
	return a.made ? hand_over(h, a.made, err) : 0;
}

int pdg_hook_post_receive(struct pdg_hook_run *h, struct pdg_error *err)
{
	PDG_AUTO(push) struct pdg_push push = {NULL, 0};
	PDG_AUTO(certificate) struct pdg_certificate certificate = {.cert = NULL};
	PDG_AUTO(gate) struct pdg_gate g = {.repo = h->repo, .at = pdg_now(&pdg_clock_system)};
	bool attests;
	int rc = pdg_push_received(h->input, &push, err);

	pdg_certificate_init(&certificate);
	if (rc == 0)
		rc = pdg_place_fixed(&h->place, h->repo, h->settings.policy, h->settings.repository,
				     err);
	if (rc < 0)
		return rc;
	/* Where nobody asks for sources, or clones give them, the server only enforces. */
	attests = h->place.section->source_from == PDG_GRADE_SERVER;
	if (!attests && h->place.section->pusher_from != PDG_PUSHER_CERTIFICATE)
		return 0;
	rc = pdg_place_load_signers(&h->place, h->place.keys, err);
	if (rc < 0)
		return rc;
	g.section = h->place.section;
	g.signers = h->place.signers;
	rc = take_certificate(h, &g, &push, &certificate, err);
	if (rc < 0)
		return pdg_context(err, rc, "accepted, but not attested");
	return attests ? attest_all(h, &g, &push, &certificate, err) : 0;
}
