/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the callers' threads hand to the writer: one decision to keep, one refusal to journal, one
 * log proof to store, or values. Owned by whoever has it in hand; freed by the writer at the
 * end.
 */
#ifndef PDG_SERVICE_JOB_H
#define PDG_SERVICE_JOB_H

#include "service/core.h"
#include "service/decide.h"
#include "service/teller.h"
#include "stage/outputs.h"
#include "tlog/journal.h"

enum pdg_job_kind {
	PDG_JOB_ACCEPT, /* keep row */
	PDG_JOB_REFUSE, /* err says why, d by whom */
	PDG_JOB_LOGGED, /* the log proof of reference came */
	PDG_JOB_META,	/* named values */
};

/* A request that needs more than its submission to be judged. */
struct pdg_asked {
	char *bearer;		  /* a token, still to be judged; NULL: none came */
	struct pdg_proven proven; /* whom the connection proved */
	bool unread;		  /* body is still to be read: nobody does for an unknown caller */
	bool builds;		  /* it is one of POST /api/v1/builds */
	struct pdg_buf body;	  /* as it came */
	struct pdg_outputs outputs; /* of it, where it builds; root NULL: a submission */
};

/* A token that stands for one body alone. */
struct pdg_token_use {
	bool once; /* false: there is none */
	uint8_t name[32], body[32];
	int64_t expires;
};

/* Who is answered, and what is told of it then. */
struct pdg_answer_to {
	/* The answer; NULL: nobody waits */
	void (*done)(void *ctx, const struct pdg_answer *answer);
	void *ctx;
	int64_t deadline; /* pdg_monotonic_ms() until which the answer may wait for the log */

	struct pdg_teller *teller; /* NULL: nothing is told */
	char request[PDG_REQUEST_ID];
	int64_t begun; /* of struct pdg_told */
};

/* A value of the store. */
struct pdg_job_value {
	const char *name; /* static */
	char *value;
};

struct pdg_job {
	struct pdg_job *next;
	struct pdg_job *before, *peer; /* of a list of those that wait, and of one row's */
	enum pdg_job_kind kind;
	int64_t received;

	/* ACCEPT and REFUSE */
	struct pdg_in_force *force; /* what d's key is borrowed from */
	struct pdg_submission
		*submission; /* of a CI's outputs: made from them when they are judged */
	struct pdg_decision d;
	struct pdg_asked *asked; /* until it is judged; NULL: a submission, and nobody is proven */
	struct pdg_token_use token;
	char envelope_digest[PDG_REFERENCE_LEN];
	struct pdg_job *along;	/* ACCEPT: the source that came along; kept first, not answered */
	struct pdg_stored *row; /* ACCEPT: to keep, complete */
	struct pdg_store_subject *subjects; /* ACCEPT: what finds the row, in one piece */
	size_t n_subjects, subject_bytes;
	uint8_t digest[32]; /* ACCEPT: SHA-256 of the signed bytes, for the log */

	char reference[PDG_REFERENCE_LEN]; /* LOGGED; and ACCEPT once it waits */
	int64_t id;			   /* the same */

	/* LOGGED */
	struct pdg_buf payload, bundle;
	uint64_t log_size; /* the log is known to have so many entries */
	/* Its newest tree: the one that the entry was proven in, of a log elsewhere the newest that
	 * was found to continue those before it (size 0: none yet) */
	struct pdg_log_head head;
	int64_t sent; /* pdg_monotonic_ms() when it was asked; 0: long ago */

	/* META: kept together, or none of them */
	struct pdg_job_value *values;
	size_t n_values, cap_values;

	bool stood; /* ACCEPT: it was kept before it was judged; row goes without a countersignature
		     */

	/* Results of the batch */
	int rc;
	struct pdg_error err;
	bool known;		 /* ACCEPT, LOGGED: it was kept already, or its bundle was */
	bool added;		 /* ACCEPT: row was kept now; also of one that came along */
	struct pdg_stored *kept; /* ACCEPT: the row as it was kept, when known */
	struct pdg_journal_proof *proof;

	struct pdg_answer_to to;

	/* Of struct pdg_told */
	int64_t waited;
	char *sender; /* once the job is stripped */
};

/** Make job->asked. PDG_E_NOMEM. */
int pdg_job_ask(struct pdg_job *job, struct pdg_error *err) PDG_MUST_CHECK;
/** It is judged: job->asked is released. */
void pdg_job_asked_done(struct pdg_job *job);

/** A zeroed job of @kind, or NULL. */
struct pdg_job *pdg_job_new(enum pdg_job_kind kind);
void pdg_job_free(struct pdg_job *job);
PDG_AUTO_DEFINE(job, struct pdg_job *, pdg_job_free)

/** META: @name, which is static, is to have @value. PDG_E_NOMEM. */
int pdg_job_value(struct pdg_job *job, const char *name, const char *value,
		  struct pdg_error *err) PDG_MUST_CHECK;

/** Forget the results, so that the job can be run again. */
void pdg_job_reset(struct pdg_job *job);

/** Bytes that it holds, of its own and of what it points to; what strings take is not counted. */
size_t pdg_job_bytes(const struct pdg_job *job);
/** And what of them pdg_job_strip() leaves, and pdg_job_lighten(). */
size_t pdg_job_bytes_stripped(const struct pdg_job *job);
size_t pdg_job_bytes_light(const struct pdg_job *job);

/**
 * An accepted job that is committed is to wait: drop all but reference, proof and deadline. It is
 * answered by pdg_job_answer_row() from then on.
 */
void pdg_job_strip(struct pdg_job *job);
/** The same, but keep of the row what an answer is made from. */
void pdg_job_lighten(struct pdg_job *job);

/** The row that the answer is made from: as kept, else as accepted. */
static inline struct pdg_stored *pdg_job_row(const struct pdg_job *job)
{
	return job->kept ? job->kept : job->row;
}

/** Whom a refusal of @job is about: what came along, where that was refused. */
static inline struct pdg_job *pdg_job_refused(struct pdg_job *job)
{
	return job->along && job->along->rc < 0 ? job->along : job;
}

/** Answer with @err, and never again. */
void pdg_job_answer_error(struct pdg_job *job, const struct pdg_error *err);
/** Answer with what is kept: 201, 202 or 200. */
void pdg_job_answer(struct pdg_job *job);
/** The same, by @row as it was read again. */
void pdg_job_answer_row(struct pdg_job *job, const struct pdg_stored *row);

#endif
