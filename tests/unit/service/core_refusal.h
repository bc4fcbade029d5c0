/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Submissions that a world (core_world.h) does not accept, each with its rule and status: and after
 * each of them nothing is kept but, once somebody is known to have sent it, a leaf of the journal
 * (rules.md 5.3).
 */
#ifndef PDG_TESTS_SERVICE_CORE_REFUSAL_H
#define PDG_TESTS_SERVICE_CORE_REFUSAL_H

#include "unit/service/core_world.h"

/* The first time: @on_record says whether somebody is known to have sent it, and it became a leaf.
 */
void refused_and(struct world *w, struct pdg_bytes body, const char *rule, int status,
		 bool on_record);

/* One that is on record already: counted, and no leaf more. */
void refused_again(struct world *w, struct pdg_bytes body, const char *rule, int status);

/* The same as refused_and() for a statement signed by @who. */
void refused_payload(struct world *w, enum who who, struct pdg_bytes payload, struct pdg_bytes raw,
		     const char *rule, int status, bool on_record);
void refused_source(struct world *w, enum who who, const struct source_of *s, const char *rule,
		    int status, bool on_record);
void refused_build(struct world *w, enum who who, const struct build_of *b, const char *rule,
		   int status, bool on_record);

struct source_refusal {
	enum who who;
	struct source_of source;
	const char *rule;
	int status;
	bool on_record;
};

struct build_refusal {
	enum who who;
	struct build_of build;
	const char *rule;
	int status;
	bool on_record;
};

/* Tables of them, in order. */
void refused_sources(struct world *w, const struct source_refusal *v, size_t n);
void refused_builds(struct world *w, const struct build_refusal *v, size_t n);

#endif
