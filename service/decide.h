/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision on a submission (rules.md 2, 3, 5), up to what only the writer's transaction can
 * know. In the order of design 7: signature, identity, statement, stage rules, references.
 */
#ifndef PDG_SERVICE_DECIDE_H
#define PDG_SERVICE_DECIDE_H

#include "attest/statement.h"
#include "service/policy_box.h"
#include "service/proven.h"
#include "service/submission.h"
#include "stage/build.h"
#include "store/store.h"

/* Filled as far as the judgement got, also when it refuses. */
struct pdg_decision {
	/* Who: NULL until an identity is proven. A refusal is on record from then on. Of a clone's
	 * statement nobody is known who made it, until it is accepted. */
	char *producer; /* "builder https://…", "serverKey https://…", "clone" */
	/* Hint of the first of @by, fingerprint of the commit's signer, or whom the connection
	 * proved: "oidc ISSUER SUB", "certificate NAME". */
	char *producer_key;
	struct pdg_identity by; /* whose signatures stand, of @force; n 0: a clone's, or of somebody
				 * whom his connection proves, or the service's own: */
	bool own; /* the service itself made the statement, and its envelope is kept as it is */
	/* Of own: its token was used for this body, and something is kept for it. That is the
	 * answer, and the rest is not judged. */
	bool again;
	/* Refused for a part that nobody signed, such as anybody may put beside a statement that is
	 * public: that is on nobody's record. */
	bool loose;
	/* What */
	char reference[PDG_REFERENCE_LEN]; /* "" until the statement is read */
	struct pdg_statement *statement;   /* until it is judged */
	const struct pdg_stage *stage;	   /* NULL when the statement was not reached */
	char *repository;		   /* normalised */
	char *git_commit;		   /* or NULL */
	enum pdg_grade grade;
	struct pdg_source source;     /* source stage: borrowed from the statement */
	char link[PDG_REFERENCE_LEN]; /* build: the source it refers to; "" for none */
};

void pdg_decision_done(struct pdg_decision *d);
/** It is judged: the statement is released, and what is borrowed from it. */
void pdg_decision_lighten(struct pdg_decision *d);

/* What a decision rests on; all borrowed. */
struct pdg_ground {
	struct pdg_in_force *force;
	struct pdg_store *store;
	struct pdg_linked *linked;	 /* or NULL */
	int64_t received;		 /* now */
	const struct pdg_proven *caller; /* whom the connection proved; NULL: nobody */
};

/**
 * Judge a submission. @out is initialised with zeros by the caller and released in any case.
 *
 * @along  the decision on the source that came along, already accepted; or NULL
 *
 * Returns 0, a refusal with its rule, or PDG_E_NOMEM, PDG_E_CRYPTO, PDG_E_IO.
 */
int pdg_decide(const struct pdg_ground *g, const struct pdg_submission *s,
	       const struct pdg_decision *along, struct pdg_decision *out,
	       struct pdg_error *err) PDG_MUST_CHECK;

/* The parts, each in a file of its own: for decide*.c, for builds.c, which makes a build that is
 * decided as any other, and for linked.c, which judges a source that it remembers. */

/** Name @d's producer after the first of those who signed. */
int pdg_decide_producer(struct pdg_decision *d, const char *kind, const char *section,
			struct pdg_error *err) PDG_MUST_CHECK;

/** decide_source.c: a statement signed by a serverKey. */
int pdg_decide_server_source(const struct pdg_ground *g, const struct pdg_submission *s,
			     struct pdg_decision *d, struct pdg_error *err) PDG_MUST_CHECK;
/** decide_source.c: a statement that its judged commit stands for. @unsigned_: why no key
 * identified it; NULL: one did, but no serverKey. */
int pdg_decide_clone_source(const struct pdg_ground *g, const struct pdg_submission *s,
			    const struct pdg_error *unsigned_, struct pdg_decision *d,
			    struct pdg_error *err) PDG_MUST_CHECK;
/** Parse the statement, find its stage; what came along must have a use. */
int pdg_decide_open(const struct pdg_submission *s, struct pdg_decision *d,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** decide_build.c: a statement signed by a builder's key. */
int pdg_decide_build(const struct pdg_ground *g, const struct pdg_decision *along,
		     struct pdg_decision *d, struct pdg_error *err) PDG_MUST_CHECK;
/** The same once it is known that it is @builder's; @b is read from d->statement. */
int pdg_decide_build_of(const struct pdg_ground *g, const struct pdg_policy_builder *builder,
			const struct pdg_build *b, const struct pdg_decision *along,
			struct pdg_decision *d, struct pdg_error *err) PDG_MUST_CHECK;
/** decide_caller.c: name @d's producer, who is proven by @key (as the journal says it). */
int pdg_decide_identity(struct pdg_decision *d, const char *kind, const char *section,
			const char *key, struct pdg_error *err) PDG_MUST_CHECK;
/** decide_caller.c: a statement of whom the connection proved. */
int pdg_decide_by_caller(const struct pdg_ground *g, const struct pdg_submission *s,
			 const struct pdg_proven *p, const struct pdg_decision *along,
			 struct pdg_decision *d, struct pdg_error *err) PDG_MUST_CHECK;

/** decide_build.c: does a source of this kind satisfy builds of its section (rules.md 3.1)? */
bool pdg_source_satisfies(const struct pdg_policy_repository *repo, enum pdg_grade grade,
			  const struct pdg_source *source);

/** The section for @uri that says where its sources come from. IDN-5, SRC-8. */
int pdg_decide_section(const struct pdg_ground *g, const char *uri,
		       const struct pdg_policy_repository **out,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
