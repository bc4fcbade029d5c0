/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate has found out about single commits, so that it asks once. Private to common/gate.
 */
#ifndef PDG_GATE_KNOWN_H
#define PDG_GATE_KNOWN_H

#include "commit/judge.h"
#include "git/repo.h"

/* Of a commit that a forge's merge rests on. */
enum pdg_known_as {
	PDG_KNOWN_NOT,	   /* nobody has asked */
	PDG_KNOWN_ASKED,   /* and is still finding out */
	PDG_KNOWN_GOOD,	   /* judged good, or excused by the baseline */
	PDG_KNOWN_BAD,	   /* judged, and why is in the result */
	PDG_KNOWN_MISSING, /* not in the repository */
};

struct pdg_known {
	char hex[PDG_GIT_HEX];
	enum pdg_known_as as;
	enum pdg_result result;
};

struct pdg_knowns;

int pdg_knowns_new(struct pdg_knowns **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_knowns_free(struct pdg_knowns *k);
PDG_AUTO_DEFINE(knowns, struct pdg_knowns *, pdg_knowns_free)

/** The entry of @hex (at most PDG_GIT_HEX - 1 characters), made when it is new. Borrowed until the
 * next call. */
int pdg_knowns_at(struct pdg_knowns *k, const char *hex, struct pdg_known **out,
		  struct pdg_error *err) PDG_MUST_CHECK;

#endif
