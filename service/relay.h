/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The serving process's side of pedigree-relay, the program that speaks to other machines for it.
 * One socketpair; a frame is its length in four bytes and one JSON object (proc/frame.h):
 *
 *	{"id":7,"kind":"token","body":{…}}           to the relay
 *	{"id":7,"body":{…}}                          its answer, in any order
 *	{"id":7,"error":{"code":7,"rule":"NET-1","text":"…","fix":"…"}}
 *
 * (code: an enum pdg_code without its sign). What the relay says is another's word: limits first,
 *strict reading, and whoever breaks the form is killed. When it dies, calls under way fail and it
 *is started again, with back-off.
 */
#ifndef PDG_SERVICE_RELAY_H
#define PDG_SERVICE_RELAY_H

#include "util/auto.h"
#include "util/json.h"

struct pdg_relay;

struct pdg_relay_options {
	const char *program; /* an absolute path; NULL: the pedigree-relay of this installation */
	/*
	 * One JSON object, told to each relay first; a member for each part of it that is to work
	 * ("log", "timestamp", "token"), and what all share ("proxy", "logLevel"). Copied.
	 */
	struct pdg_bytes setup;
};

/** Start it. Returns 0, PDG_E_NOTFOUND (CLI-5), PDG_E_IO, PDG_E_NOMEM. */
int pdg_relay_start(const struct pdg_relay_options *opt, struct pdg_relay **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/* One question. All borrowed until pdg_relay_begin() has returned. */
struct pdg_relay_request {
	const char *kind;
	struct pdg_bytes body; /* one JSON object */
	int timeout_ms;
	/*
	 * Called once, from the relay's thread: it must not block nor call pdg_relay_call(). @rc 0:
	 * the answer's body is @answer, one JSON object; else @err is why. Both for the call only.
	 */
	void (*done)(void *ctx, int rc, struct pdg_bytes answer, const struct pdg_error *err);
	void *ctx;
};

/**
 * Ask; the answer comes by @req->done. From any thread. Returns 0, or why @req->done will not be
 * called: PDG_E_IO (RLY-1: it does not run just now; SVC-1: too much is asked already),
 * PDG_E_NOMEM, PDG_E_LIMIT (RLY-4: the question is too large).
 */
int pdg_relay_begin(struct pdg_relay *r, const struct pdg_relay_request *req,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Ask, and wait for the answer: its body is appended to @out_json. From any thread but the relay's;
 * many calls may be under way. Returns 0; what the relay answers, with its code, rule, text and
 * fix; PDG_E_IO: RLY-1 (it died, is being started again, or was stopped), RLY-2 (no answer in
 * time), SVC-1; PDG_E_FORMAT (RLY-3: its answer is not of the form).
 */
int pdg_relay_call(struct pdg_relay *r, const char *kind, struct pdg_bytes json, int timeout_ms,
		   struct pdg_buf *out_json, struct pdg_error *err) PDG_MUST_CHECK;

/** How often it had to be started again. */
uint64_t pdg_relay_restarts(struct pdg_relay *r);

/** Calls under way and later ones end at once with RLY-1. From any thread. */
void pdg_relay_stop(struct pdg_relay *r);
/** Stop it, end the process and the thread. NULL is fine. */
void pdg_relay_free(struct pdg_relay *r);
PDG_AUTO_DEFINE(relay, struct pdg_relay *, pdg_relay_free)

#endif
