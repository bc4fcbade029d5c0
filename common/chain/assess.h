/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record on its own: is it what the service accepted and logged, and did the right producer
 * sign it? Private to chain/: assess.c asks the service's part, assess_stage.c the producer's.
 */
#ifndef PDG_CHAIN_ASSESS_H
#define PDG_CHAIN_ASSESS_H

#include "chain/verify.h"
#include "stage/build.h"
#include "util/limits.h"

#define PDG_ASSESS_CHECKS (PDG_LIMIT_TLOG_ENTRIES + 8)

/* Parts for which only the service's word stands: bits of pdg_assessed.words. */
enum pdg_word { PDG_WORD_JOURNAL = 1, PDG_WORD_PRODUCER = 2, PDG_WORD_COMMIT = 4 };

/* How far a record got. One that got further says more about what is wrong. */
enum pdg_step {
	PDG_STEP_NONE,
	PDG_STEP_JOURNAL,
	PDG_STEP_COUNTERSIGNATURE,
	PDG_STEP_LOG,
	PDG_STEP_STAGE,
	PDG_STEP_DONE,
};

struct pdg_assessed {
	const struct pdg_record *record; /* borrowed */
	struct pdg_error why;		 /* the first refusal; code 0 when the record stands */
	enum pdg_step step;		 /* where it was refused */
	bool pending;			 /* stands, but is not logged yet */
	bool unlogged;			 /* stands although nothing shows a log entry */
	unsigned words;			 /* bits of enum pdg_word */
	struct pdg_journal_leaf *leaf;	 /* shown by the journal, or NULL */
	int64_t received;		 /* the leaf's; 0 when it is not proven */
	size_t shown; /* signatures of the envelope, from the first, that the leaf is about */
	int64_t at;   /* trusted time of its signatures (rules.md 1) */
	const struct pdg_root_log *logs[PDG_LIMIT_TLOG_ENTRIES]; /* that hold it; borrowed */
	size_t n_logs;
	const struct pdg_policy_repository *repo; /* section that the statement belongs to */
	const struct pdg_policy_builder *builder; /* build only */
	enum pdg_grade grade;			  /* source only */
	struct pdg_source source; /* source only; borrowed from the record's statement */
	struct pdg_build build;	  /* build only */
	char *signer;		  /* source only: who signed the commit, for the summary */
	struct pdg_check checks[PDG_ASSESS_CHECKS];
	size_t n_checks;
	bool lost; /* a check could not be noted: no memory */
};

void pdg_assessed_free(struct pdg_assessed *a);

/**
 * Assess @r. A refusal is in a->why. Returns 0, or PDG_E_* when it could not be assessed at all
 * (memory, crypto library, key files of the policy).
 */
int pdg_assess(struct pdg_judge *j, const struct pdg_record *r, struct pdg_assessed **out,
	       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The producer's part (assess_stage.c): signature and identity by the policy, and what the stage
 * itself demands. Returns 0 or the refusal; PDG_E_* as above.
 */
int pdg_assess_stage(struct pdg_judge *j, struct pdg_assessed *a,
		     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * One signature of @e, the record's envelope or its bundle's, by a key of @keys that was good then.
 * A key that has had its time must not stand before another that is good: all are tried, and the
 * first reason is kept. Returns 0, PDG_E_REJECTED (CHN-6, TIM-*), PDG_E_CRYPTO.
 */
int pdg_assess_signed(struct pdg_judge *j, const struct pdg_assessed *a,
		      const struct pdg_envelope *e, const struct pdg_key_list *keys,
		      const struct pdg_trusted_key **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A build of a [builder] that proves himself to the service and not by a key (assess_caller.c): the
 * service's own statement, or one that only its journal says was the builder's. *@out_key: that
 * signed, or as it was. Returns 0, PDG_E_REJECTED (CHN-6, CHN-7), PDG_E_*.
 */
int pdg_assess_caller(struct pdg_judge *j, struct pdg_assessed *a,
		      const struct pdg_trusted_key **out_key, struct pdg_error *err) PDG_MUST_CHECK;

/** For --verbose: @what was looked at, with what result. */
void pdg_assess_note(struct pdg_assessed *a, const char *what, bool good, const char *detail);

/**
 * @what (@word) is not in the record. Returns 0 where the policy lets the service's word stand for
 * it, else PDG_E_REJECTED (CHN-7).
 */
int pdg_assess_on_word(struct pdg_judge *j, struct pdg_assessed *a, enum pdg_word word,
		       const char *what, struct pdg_error *err) PDG_MUST_CHECK;

#endif
