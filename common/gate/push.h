/* SPDX-License-Identifier: Apache-2.0 */
/* What git tells its hooks on standard input: lines of refs and object names (formats.md 9.8). */
#ifndef PDG_GATE_PUSH_H
#define PDG_GATE_PUSH_H

#include "git/repo.h"

/* One ref that is pushed. Object names are hex, "" where git says zero: not there before, or
 * deleted. */
struct pdg_update {
	char *ref; /* its full name on the receiving side */
	char old[PDG_GIT_HEX];
	char new[PDG_GIT_HEX];
};

struct pdg_push {
	struct pdg_update *v;
	size_t n;
};

void pdg_push_done(struct pdg_push *p);
PDG_AUTO_DEFINE_VALUE(push, struct pdg_push, pdg_push_done)

/** pre-receive, post-receive: "<old> <new> <ref>", at least one. Returns 0, PDG_E_FORMAT (PSH-9).
 */
int pdg_push_received(struct pdg_bytes in, struct pdg_push *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** pre-push: "<local ref> <local object> <remote ref> <remote object>". Returns 0, PDG_E_FORMAT
 * (PSH-9). */
int pdg_push_sent(struct pdg_bytes in, struct pdg_push *out, struct pdg_error *err) PDG_MUST_CHECK;

/** post-rewrite: "<old> <new>[ <more>]"; refs come out NULL. Returns 0, PDG_E_FORMAT (PSH-9). */
int pdg_push_rewritten(struct pdg_bytes in, struct pdg_push *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
