/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pre-push: refuse here what the server would refuse there, and see to it that every commit that
 * goes out has its statement, also one that no hook saw being made (merge, am, commit-tree). The
 * statements are copied into notes; where sources come from clones they are sent.
 */
#include <stdio.h>
#include <string.h>

#include "attest/outbox.h"
#include "git/notes.h"
#include "hook.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

/* A commit that goes out, with its statement. */
struct item {
	char hex[PDG_GIT_HEX];
	char reference[PDG_REFERENCE_LEN];
	struct pdg_buf note; /* the envelope */
	struct pdg_buf body; /* the submission; only where clones submit */
};

struct collecting {
	struct pdg_hook_run *h;
	struct pdg_gate gate;
	struct pdg_key *key;   /* the clone's own; NULL: no statements */
	struct pdg_mend *mend; /* what is not good stops the push; NULL: no longer */
	struct item *items;
	size_t n, cap;
	size_t left_out;
	int failed; /* the first statement that could not be made */
	struct pdg_error why;
};

static void collecting_done(struct collecting *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		pdg_buf_done(&c->items[i].note);
		pdg_buf_done(&c->items[i].body);
	}
	free(c->items);
	pdg_key_free(c->key);
	pdg_gate_done(&c->gate);
}

static bool submits(const struct collecting *c)
{
	return c->h->place.section->source_from == PDG_GRADE_CLONE;
}

static int make_item(struct collecting *c, struct item *it, struct pdg_bytes raw,
		     const struct pdg_verdict *v)
{
	PDG_AUTO(buf) struct pdg_buf statement = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_source_make make = {.uri = c->h->place.section->uri, .raw = raw, .verdict = v};
	int rc = pdg_source_make(&make, &statement, &c->why);

	pdg_buf_init(&it->note, PDG_LIMIT_ENVELOPE);
	pdg_buf_init(&it->body, PDG_LIMIT_BODY);
	if (rc == 0)
		rc = pdg_envelope_sign(pdg_buf_bytes(&statement), c->key, &e, &c->why);
	if (rc == 0)
		rc = pdg_envelope_write(e, &it->note, &c->why);
	if (rc == 0 && submits(c))
		rc = pdg_submission_write(e, raw, &it->body, &c->why);
	if (rc < 0)
		return rc;
	pdg_buf_putc(&it->note, '\n');
	memcpy(it->reference, e->reference, sizeof(it->reference));
	return pdg_buf_check(&it->note, &c->why);
}

/* Each verdict of the gate: told when it stops the push, made into a statement when it is good. */
static void collect(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		    const struct pdg_verdict *v)
{
	struct collecting *c = ctx;

	if (c->mend)
		pdg_mend_take(c->mend, type, hex, raw, v);
	if (v->result != PDG_RESULT_GOOD || v->forge || strcmp(type, "commit") != 0 || !c->key ||
	    c->failed)
		return;
	if (c->n == PDG_LIMIT_PUSH_STATEMENTS) {
		c->left_out++;
		return;
	}
	if (pdg_array_grow(&c->items, c->n, &c->cap, sizeof(*c->items), PDG_LIMIT_PUSH_STATEMENTS) <
	    0) {
		c->failed = pdg_nomem(&c->why);
		return;
	}
	memcpy(c->items[c->n].hex, hex, strlen(hex) + 1);
	c->failed = make_item(c, &c->items[c->n], raw, v);
	c->n++;
}

static int hide_each(void *ctx, const char *name, const char *hex, struct pdg_error *err)
{
	int rc = pdg_walk_hide(ctx, hex, err);

	(void)name;
	return rc == PDG_E_USAGE ? 0 : rc;
}

/* A walk over all that goes out, less all that the remote is known to have. */
static int walk_out(struct pdg_hook_run *h, const struct pdg_push *push, const char *remote,
		    struct pdg_walk **out, struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	PDG_AUTO(mem) char *prefix = pdg_str_printf("refs/remotes/%s/", remote);
	size_t i;
	int rc = prefix ? pdg_walk_new(h->repo, &w, err) : pdg_nomem(err);

	if (rc == 0 && remote[0])
		rc = pdg_repo_each_ref(h->repo, prefix, hide_each, w, err);
	for (i = 0; rc == 0 && i < push->n; i++) {
		if (push->v[i].new[0])
			rc = pdg_walk_push(w, push->v[i].new, err);
		if (rc == PDG_E_USAGE)
			rc = 0; /* no commit behind it: nothing to attest */
		if (rc == 0 && push->v[i].old[0])
			rc = hide_each(w, NULL, push->v[i].old, err);
	}
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(w);
	return 0;
}

/* Commits that only unprotected refs gain, and that no statement was made for yet: none is refused.
 */
static int collect_rest(struct collecting *c, const struct pdg_push *push, const char *remote,
			struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	bool any = false;
	size_t i;
	int rc;

	for (i = 0; i < push->n; i++)
		any = any ||
		      (push->v[i].new[0] && !pdg_policy_protects(c->gate.section, push->v[i].ref));
	if (!any)
		return 0;
	rc = walk_out(c->h, push, remote, &w, err);
	for (i = 0; rc == 0 && i < push->n; i++) {
		if (push->v[i].new[0] && pdg_policy_protects(c->gate.section, push->v[i].ref))
			rc = hide_each(w, NULL, push->v[i].new, err);
	}
	c->mend = NULL;
	return rc < 0 ? rc : pdg_gate_walk(&c->gate, w, true, err);
}

static int put_notes(struct collecting *c, struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_note_item *notes = NULL;
	size_t i;

	if (c->n == 0)
		return 0;
	notes = pdg_calloc(c->n, sizeof(*notes));
	if (!notes)
		return pdg_nomem(err);
	for (i = 0; i < c->n; i++)
		notes[i] =
			(struct pdg_note_item){c->items[i].hex, pdg_buf_bytes(&c->items[i].note)};
	return pdg_notes_add(c->h->repo, notes, c->n, err);
}

static int submit(struct collecting *c, struct pdg_error *err)
{
	const struct pdg_hook_settings *s = &c->h->settings;
	const struct pdg_place *p = &c->h->place;
	const struct pdg_send send = {.outbox = p->outbox,
				      .service = s->service,
				      .deadline = s->deadline,
				      .way = &s->way};
	enum pdg_sent sent = PDG_SENT_NONE;
	size_t waiting = 0;
	size_t refused = 0;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < c->n; i++)
		rc = pdg_outbox_put(p->outbox, c->items[i].reference,
				    pdg_buf_bytes(&c->items[i].body), err);
	if (rc == 0)
		rc = pdg_outbox_count(p->outbox, &waiting, &refused, err);
	if (rc < 0 || waiting == 0)
		return rc;
	rc = pdg_send_outbox(&send, &sent, err);
	if (rc == 0)
		pdg_hook_tell_sent(c->h, waiting == 1 ? "1 source" : "sources", sent);
	return rc;
}

/* After the push was found acceptable: nothing that fails here stops it. */
static void hand_out(struct collecting *c, const struct pdg_push *push, const char *remote)
{
	struct pdg_error err = {.code = 0};
	int rc = collect_rest(c, push, remote, &err);

	if (rc == 0 && c->failed) {
		rc = c->failed;
		err = c->why;
	}
	if (rc == 0)
		rc = put_notes(c, &err);
	if (rc == 0 && submits(c))
		rc = submit(c, &err);
	if (rc < 0)
		pdg_out_error("pedigree", &err);
	if (c->left_out)
		pdg_out(stderr, PDG_PLAIN,
			"pedigree: %zu of the commits of this push %s no statement; \"pedigree attest source REV\" makes one\n",
			c->left_out, c->left_out == 1 ? "has" : "have");
}

/* No policy is known: say what the server may say, and leave it to the server. */
static int warn_unsigned(struct pdg_hook_run *h, const struct pdg_push *push, const char *remote,
			 struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	char hex[PDG_GIT_HEX];
	size_t n_unsigned = 0;
	int rc = walk_out(h, push, remote, &w, err);

	while (rc == 0) {
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
		PDG_AUTO(commit) struct pdg_commit *c = NULL;

		rc = pdg_walk_next(w, hex, &raw, err);
		/* Beyond a limit, and the server's to refuse. */
		if (rc == PDG_E_LIMIT)
			rc = 0;
		if (rc == 0 && (pdg_commit_parse(pdg_buf_bytes(&raw), false, &c, NULL) < 0 ||
				c->format == PDG_SIG_NONE))
			n_unsigned++;
	}
	if (n_unsigned)
		pdg_out(stderr, PDG_PLAIN,
			"pedigree: of the commits of this push %zu %s not signed; a protected branch will refuse that\n",
			n_unsigned, n_unsigned == 1 ? "is" : "are");
	return rc == PDG_E_NOTFOUND ? 0 : rc;
}

/*
 * Without the clone's key (pedigree init) there is enforcement, and no statements. One that cannot
 * be used stops a push only where the service waits for what it signs.
 */
static int load_key(struct collecting *c, struct pdg_error *err)
{
	const struct pdg_place *p = &c->h->place;
	struct pdg_error why = {.code = 0};
	int rc = pdg_fs_exists(p->key_file) ? pdg_emit_clone_key(p, &c->key, &why) : 0;

	if (rc < 0 && !submits(c)) {
		(void)pdg_context(&why, rc, "no copies of statements were put into notes");
		pdg_out_error("pedigree", &why);
		return 0;
	}
	if (rc < 0 && err)
		*err = why;
	return rc;
}

int pdg_hook_pre_push(struct pdg_hook_run *h, struct pdg_error *err)
{
	PDG_AUTO(push) struct pdg_push push = {NULL, 0};
	PDG_AUTO(mend) struct pdg_mend *mend = NULL;
	struct collecting c = {.h = h};
	const char *remote = h->n_args > 0 ? h->args[0] : "";
	bool known = false;
	int rc = pdg_push_sent(h->input, &push, err);

	if (rc == 0)
		rc = pdg_hook_configure(h, err);
	/* A remote without a name is called by its URL, and has no tracking refs. */
	if (h->n_args > 1 && strcmp(h->args[0], h->args[1]) == 0)
		remote = "";
	if (rc == 0)
		rc = pdg_hook_policy(h, &known, err);
	if (rc < 0)
		return rc;
	if (!known)
		return warn_unsigned(h, &push, remote, err);
	c.gate = (struct pdg_gate){
		.repo = h->repo,
		.section = h->place.section,
		.signers = h->place.signers,
		.at = pdg_now(&pdg_clock_system),
		.remote = remote,
		.judged = collect,
		.ctx = &c,
	};
	rc = pdg_mend_new(h->repo, &push, &mend, err);
	c.mend = mend;
	if (rc == 0)
		rc = load_key(&c, err);
	c.gate.exact = c.key != NULL;
	if (rc == 0)
		rc = pdg_gate_push(&c.gate, &push, err);
	if (mend)
		pdg_hook_tell_push(mend);
	if (rc == 0 && c.key)
		hand_out(&c, &push, remote);
	collecting_done(&c);
	return rc;
}
