/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service keeps: attestations, its journal, the outbox towards the log. A kind of
 * store is a const table (store/sqlite.h). One writer at a time commits a batch; readers work
 * beside it.
 */
#ifndef PDG_STORE_STORE_H
#define PDG_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/auto.h"
#include "util/buf.h"

struct pdg_store;

#define PDG_STORE_LEASE_S    30
#define PDG_STORED_REFERENCE (7 + 64 + 1) /* "sha256:", hex, NUL */
/* Before the reference: the name of the value that is left when an attestation is taken out. */
#define PDG_STORE_ACCEPTED "accepted:"

/* One attestation as kept. Strings and buffers owned by the struct. */
struct pdg_stored {
	int64_t id;	 /* rising; order of acceptance; never given out twice */
	char *reference; /* "sha256:…", unique */
	char *stage;	 /* stage name */
	bool logged;
	bool damaged;	  /* of page(), row() and last_logged(): something is not of its form */
	int64_t received; /* Unix seconds */
	struct pdg_buf envelope;   /* JSON, all signatures */
	struct pdg_buf payload;	   /* statement bytes */
	struct pdg_buf countersig; /* raw signature, made once */
	char *service_key;	   /* hint of the key that made it */
	struct pdg_buf bundle;	   /* JSON; empty while pending */
	struct pdg_buf commit;	   /* raw, source only */
	struct pdg_buf links;	   /* JSON array */
	char *repository;	   /* normalised URI; source and build */
	char *git_commit;	   /* source: its commit; build: the commit it names; or NULL */
	char *grade;		   /* source: "server", "clone"; else NULL */
	uint64_t journal_index;	   /* index of the journal leaf of its acceptance */
};

void pdg_stored_free(struct pdg_stored *a);
PDG_AUTO_DEFINE(stored, struct pdg_stored *, pdg_stored_free)

/* What a listing tells of an attestation: nothing whose size its sender chose. */
struct pdg_listed {
	int64_t id;
	char reference[PDG_STORED_REFERENCE];
	char *stage;
	bool logged;
	int64_t received;
	char *repository; /* or NULL */
	char *git_commit; /* or NULL */
	size_t size;	  /* bytes of envelope, commit and bundle */
};

/** Release @n entries, and the array @v. */
void pdg_listed_done(struct pdg_listed *v, size_t n);
void pdg_stored_list_done(struct pdg_stored **v, size_t n);

/* A listing, and rows, as the store hands them out; who makes one has cap too. */
struct pdg_listing {
	struct pdg_listed *v;
	size_t n, cap;
};

struct pdg_rows {
	struct pdg_stored **v;
	size_t n, cap;
};

static inline void pdg_listing_done(struct pdg_listing *l)
{
	pdg_listed_done(l->v, l->n);
}
PDG_AUTO_DEFINE_VALUE(listing, struct pdg_listing, pdg_listing_done)

static inline void pdg_rows_done(struct pdg_rows *r)
{
	pdg_stored_list_done(r->v, r->n);
}
PDG_AUTO_DEFINE_VALUE(rows, struct pdg_rows, pdg_rows_done)

/* A subject digest by which an attestation is found. */
struct pdg_store_subject {
	const char *algorithm; /* "sha256", "gitCommit" */
	const char *value;
};

struct pdg_store_ops {
	const char *name;
	bool shared; /* other processes may write to it at the same time */

	/* The writer's side: begin … commit, or rollback; never two at once. */
	int (*begin)(struct pdg_store *s, struct pdg_error *err);
	int (*commit)(struct pdg_store *s, struct pdg_error *err); /* durable when it returns 0 */
	void (*rollback)(struct pdg_store *s);

	/**
	 * Which of these @n references are kept? For the thread that begins the batches, outside of
	 * them: its connection still has the pages at hand, which a reader's has to read anew after
	 * each commit. NULL: the store has nothing better than get().
	 */
	int (*known)(struct pdg_store *s, const char *const *references, size_t n, bool *out,
		     struct pdg_error *err);
	/**
	 * Insert; a->id is set. Returns 0, PDG_E_REJECTED without rule when the reference is there
	 * already. Should the row ever be taken out, the value PDG_STORE_ACCEPTED and its reference
	 * says which journal leaf it had: what was countersigned is not a second time.
	 */
	int (*insert)(struct pdg_store *s, struct pdg_stored *a,
		      const struct pdg_store_subject *subjects, size_t n, struct pdg_error *err);
	/**
	 * Another signer joined: replace the kept envelope and a source's grade (NULL: none).
	 * PDG_E_NOTFOUND when unknown.
	 */
	int (*update_envelope)(struct pdg_store *s, const char *reference,
			       struct pdg_bytes envelope, const char *grade, struct pdg_error *err);
	/** The log proof of @reference came, which is row @id and has @payload: store the bundle,
	 * mark logged. Returns 0; 1 when that has changed nothing: a logged or unknown one stays as
	 * it is, and so does a row with that id that is another's. */
	int (*set_logged)(struct pdg_store *s, int64_t id, const char *reference,
			  struct pdg_bytes payload, struct pdg_bytes bundle, struct pdg_error *err);

	/* The journal: leaf data, tiles and checkpoint change in the writer's transaction. */
	int (*journal_append)(struct pdg_store *s, uint64_t index, struct pdg_bytes leaf,
			      struct pdg_error *err);
	int (*journal_tile_write)(struct pdg_store *s, unsigned level, uint64_t n,
				  struct pdg_bytes hashes, struct pdg_error *err);
	int (*journal_checkpoint_write)(struct pdg_store *s, uint64_t size, struct pdg_bytes note,
					struct pdg_error *err);

	/** A named value of the store ("policy-version", "log-origin"): kept across restarts,
	 * replaced. */
	int (*meta_set)(struct pdg_store *s, const char *name, const char *value,
			struct pdg_error *err);

	/**
	 * A token that may be used once, by its digest @name, came with the body of digest @body.
	 * It is known until @expires (Unix seconds, with whatever leeway the caller grants): those
	 * that expired before @now are forgotten.
	 *
	 * Returns 0 at its first use or with the same body again, and then in @out what
	 * token_keep() was told ("": nothing); PDG_E_REJECTED without rule when it was used with
	 * another one.
	 */
	int (*token_use)(struct pdg_store *s, const uint8_t name[32], const uint8_t body[32],
			 int64_t expires, int64_t now, char out[PDG_STORED_REFERENCE],
			 struct pdg_error *err);
	/** What came with the token @name, which is in use, is kept as @reference. */
	int (*token_keep)(struct pdg_store *s, const uint8_t name[32], const char *reference,
			  struct pdg_error *err);

	/* Readers: thread-safe, see the last commit; (from the writer's thread inside a batch: the
	 * batch too). */
	int (*meta_get)(struct pdg_store *s, const char *name, char **out, struct pdg_error *err);
	/** What token_use() would find at @now of a token that came with this body before; "" where
	 * that is nothing. Nothing is used. */
	int (*token_kept)(struct pdg_store *s, const uint8_t name[32], const uint8_t body[32],
			  int64_t now, char out[PDG_STORED_REFERENCE], struct pdg_error *err);
	/** By reference. PDG_E_NOTFOUND when unknown, STO-5: its row is not of its form. */
	int (*get)(struct pdg_store *s, const char *reference, struct pdg_stored **out,
		   struct pdg_error *err);
	/** By subject, oldest first, ids above @after, at most @max; *@out owned:
	 * pdg_stored_list_done(). */
	int (*by_subject)(struct pdg_store *s, const char *algorithm, const char *value,
			  int64_t after, size_t max, struct pdg_stored ***out, size_t *out_n,
			  struct pdg_error *err);
	/** The same, of @stage (NULL: of any), without what is in them; *@out owned:
	 * pdg_listed_done(). */
	int (*list)(struct pdg_store *s, const char *algorithm, const char *value,
		    const char *stage, int64_t after, size_t max, struct pdg_listed **out,
		    size_t *out_n, struct pdg_error *err);
	/** Sources of a commit and builds that name it, of @stage (NULL: of any), listed the same
	 * way. */
	int (*list_commit)(struct pdg_store *s, const char *git_commit, const char *stage,
			   int64_t after, size_t max, struct pdg_listed **out, size_t *out_n,
			   struct pdg_error *err);
	/** Sources of a commit in a repository, listed; oldest first, at most @max. */
	int (*list_sources)(struct pdg_store *s, const char *repository, const char *git_commit,
			    size_t max, struct pdg_listed **out, size_t *out_n,
			    struct pdg_error *err);
	/**
	 * Sources of a repository (normalised URI) of the commit with this digest ("gitCommit" or
	 * "sha256"), oldest first, ids above @after: at most @max rows, and no more once they hold
	 * @max_bytes (always one). None: there are no more.
	 */
	int (*sources)(struct pdg_store *s, const char *repository, const char *algorithm,
		       const char *value, int64_t after, size_t max, size_t max_bytes,
		       struct pdg_stored ***out, size_t *out_n, struct pdg_error *err);
	/**
	 * What is not logged yet, oldest first, ids above @after: at most @max rows, and no more
	 * once they hold @max_bytes of payload (always one). Of a row it has what a log entry and
	 * its bundle are made of: id, reference, stage, received, service_key, countersig, payload.
	 *
	 * A shared store lends rows for PDG_STORE_LEASE_S seconds: nobody else is given them in the
	 * meantime, nor those that were inserted by somebody else as short a time ago.
	 */
	int (*pending)(struct pdg_store *s, int64_t after, size_t max, size_t max_bytes,
		       struct pdg_stored ***out, size_t *out_n, struct pdg_error *err);
	/**
	 * Is it still kept where it was opened? What is written to a file that was removed, or
	 * that another one took the place of, is lost with the process. 0 or PDG_E_IO (STO-3).
	 */
	int (*there)(struct pdg_store *s, struct pdg_error *err);
	/** The newest of the ids below @before that has a bundle; bundles of which there is no
	 * attestation are passed over. PDG_E_NOTFOUND: none has. */
	int (*last_logged)(struct pdg_store *s, int64_t before, struct pdg_stored **out,
			   struct pdg_error *err);
	/** Does attestation @id wait for the log, so that pending() would give it to somebody? */
	int (*waits)(struct pdg_store *s, int64_t id, bool *out, struct pdg_error *err);
	/** The first id behind @after that waits or has a bundle and is no attestation's.
	 * PDG_E_NOTFOUND: none. */
	int (*stray)(struct pdg_store *s, int64_t after, int64_t *out, struct pdg_error *err);
	/** No attestation that the service kept has an id behind *@out; rows of which somebody made
	 * one otherwise may. */
	int (*last_id)(struct pdg_store *s, int64_t *out, struct pdg_error *err);
	/** Where nothing that waits is kept, nothing waits. */
	int (*count)(struct pdg_store *s, uint64_t *out_all, uint64_t *out_pending,
		     int64_t *out_oldest_pending, struct pdg_error *err);

	int (*journal_state)(struct pdg_store *s, uint64_t *out_size, struct pdg_buf *out_note,
			     struct pdg_error *err);
	int (*journal_leaf)(struct pdg_store *s, uint64_t index, struct pdg_buf *out,
			    struct pdg_error *err);
	int (*journal_tile_read)(struct pdg_store *s, unsigned level, uint64_t n,
				 struct pdg_buf *out, struct pdg_error *err);

	/**
	 * The attestations behind id @after in order of acceptance, as many as are held at once (at
	 * least one where there are any). One that get() would refuse as damaged is given as such.
	 */
	int (*page)(struct pdg_store *s, int64_t after, struct pdg_stored ***out, size_t *out_n,
		    struct pdg_error *err);
	/** Attestation @id as page() gives it, for where a page cannot be read. PDG_E_NOTFOUND. */
	int (*row)(struct pdg_store *s, int64_t id, struct pdg_stored **out, struct pdg_error *err);

	void (*close)(struct pdg_store *s);
};

struct pdg_store {
	const struct pdg_store_ops *ops;
};

/** The value @name; *@out is NULL where the store has none. */
int pdg_store_meta(struct pdg_store *s, const char *name, char **out,
		   struct pdg_error *err) PDG_MUST_CHECK;
/** The same as a number, 0 where there is none. STO-3: it is no number. */
int pdg_store_meta_number(struct pdg_store *s, const char *name, uint64_t *out,
			  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A transaction of its own, outside of the batches: @change writes to the store, or finds that
 * there is nothing to write. It returns 1: commit; 0: nothing was written; negative: why not, and
 * nothing of it is kept.
 */
int pdg_store_change(struct pdg_store *s, int (*change)(void *ctx, struct pdg_error *err),
		     void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

struct pdg_store_walk {
	/** A negative return stops, and is what is returned. */
	int (*each)(void *ctx, const struct pdg_stored *a, struct pdg_error *err);
	/** Whatever there is of the ids from @first to @last cannot be read (STO-5), and the walk
	 * goes on behind it. NULL: it ends there. */
	void (*unread)(void *ctx, int64_t first, int64_t last, const struct pdg_error *why);
	void *ctx;
	int64_t last; /* with unread: behind it there is no id */
};

/**
 * Every attestation in order of acceptance. By pages, so that each() may ask the store itself and
 * nobody who writes is held back; where one of these cannot be read, by ids.
 */
int pdg_store_each(struct pdg_store *s, const struct pdg_store_walk *w,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The sources of a commit in @repository as sources() finds them, oldest first, to the last: others
 * of the same commit must not hide the one. @each may take the row. It returns 0: go on; anything
 * else stops, and is what is returned.
 */
int pdg_store_each_source(struct pdg_store *s, const char *repository,
			  const struct pdg_store_subject *commit,
			  int (*each)(void *ctx, struct pdg_stored **a, struct pdg_error *err),
			  void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

static inline void pdg_store_close(struct pdg_store *s)
{
	if (s)
		s->ops->close(s);
}
PDG_AUTO_DEFINE(store, struct pdg_store *, pdg_store_close)

#endif
