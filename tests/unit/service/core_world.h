/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service in a folder of the test's own: keys of every role, a policy, an embedded log; the
 * statements that its git server, clones and builders would send; and a submission that waits for
 * its answer. Signed commits come from tests/data/commits.
 */
#ifndef PDG_TESTS_SERVICE_CORE_WORLD_H
#define PDG_TESTS_SERVICE_CORE_WORLD_H

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "attest/outbox.h"
#include "chain/record.h"
#include "crypto/digest.h"
#include "service/core.h"
#include "stage/build.h"
#include "support/check.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"

#define NOW	  INT64_C(1706749200)		/* 2024-02-01, an hour after most of the commits */
#define APP	  "https://git.example.com/app" /* sourceFrom = server */
#define LIB	  "https://git.example.com/lib" /* sourceFrom = clone */
#define BUILDER	  "https://ci.example.com/release"
#define BUILDER_2 "https://ci.example.com/other"
#define MAIN	  "refs/heads/main"
#define WAIT_MS	  20000

enum who { SERVER, SERVER_2, LIB_SERVER, CI, CI_2, OTHER_CI, SCANNER, STRANGER, CLONE, KEYS };

extern const char *const who_names[KEYS];

struct world {
	char *dir;
	char *config;
	struct pdg_key *key[KEYS];
	atomic_int_fast64_t now;
	struct pdg_clock clock;
	struct pdg_service_config *cfg;
	struct pdg_core *core;
	struct pdg_signers *signers; /* of developers, to make statements with */
};

struct pdg_key *world_make_key(struct world *w, const char *name);

/* Write the daemon's file anew; @extra is added to it. */
void world_configure(struct world *w, unsigned version, const char *extra);
/* Put @to in the place of @from in the daemon's file. */
void world_reconfigure(struct world *w, const char *from, const char *to);

/* Files and folders of the world, by name. */
void world_move(struct world *w, const char *from, const char *to);
void world_copy(struct world *w, const char *from, const char *to);
void world_init(struct world *w);

/* 0, or why not. */
int world_try_open(struct world *w, struct pdg_error *err);
void world_open(struct world *w);
/* It is not opened, by @rule. */
void world_refuses_to_open(struct world *w, const char *rule);
void world_close(struct world *w);
void world_done(struct world *w);

/* --- statements --- */

void commit_read(const char *name, struct pdg_buf *raw);

struct source_of {
	const char *uri, *commit; /* file in tests/data/commits */
	const char *ref, *previous;
	bool late;
};

/* The statement that a git server (ref) or a clone (none) makes of a commit. */
void source_statement(struct world *w, const struct source_of *s, struct pdg_buf *raw,
		      struct pdg_buf *out);
void envelope_of(const struct pdg_key *key, struct pdg_bytes payload, struct pdg_bytes raw,
		 struct pdg_buf *out);
void source_body(struct world *w, enum who who, const struct source_of *s, struct pdg_buf *out);

struct build_of {
	const char *builder, *uri, *commit, *ref;
	unsigned artifact;
	int64_t finished;
};

void artifact_hex(unsigned artifact, char out[65]);
void build_statement(const struct build_of *b, struct pdg_buf *out);
void build_body(struct world *w, enum who who, const struct build_of *b, struct pdg_buf *out);

/* What most tests send: the good commit on main, and artifact 1 (or @artifact) made of it. */
extern const struct source_of app_main;
extern const struct build_of app_build;
struct build_of build_no(unsigned artifact);

/* {"attestation": build, "source": {"attestation": …, "commit": …}}, the build by CI. */
void body_with_source(struct world *w, enum who who, const struct source_of *source,
		      const struct build_of *build, struct pdg_buf *out);

/* --- submissions --- */

struct got {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	unsigned times;
	int status;
	int retry_after;
	char rule[PDG_ERROR_RULE_MAX];
	char text[PDG_ERROR_TEXT_MAX];
	char reference[PDG_REFERENCE_LEN];
	struct pdg_buf body;
};

/* Where one answer will be. */
void got_init(struct got *g);
void got_done(struct got *g);
PDG_AUTO_DEFINE_VALUE(got, struct got, got_done)

/* What pdg_core_submit() is given with a struct got: keep the answer, wake who waits for it. */
void got_answer(void *ctx, const struct pdg_answer *a);

/* Submit and wait for the answer. */
void submit(struct world *w, struct pdg_bytes body, int wait_ms, struct got *g);

/* The status of submitting @body; accepted ones wait for the log. */
int submit_status(struct world *w, struct pdg_bytes body);
int submit_source(struct world *w, enum who who, const struct source_of *s);
int submit_build(struct world *w, enum who who, const struct build_of *b);

/* Is @body refused by @rule with @status? */
bool refused(struct world *w, struct pdg_bytes body, const char *rule, int status);

/* For a reload's keep(): @policy, which must be the second version, is kept as one that is about to
 * be in force. */
int world_keep_version(struct world *w, const struct pdg_policy *policy, struct pdg_error *err);

/*
 * The disk is full: no file of this process may grow beyond what the database's WAL is now. Until
 * world_disk_free(@old), which others of the process need too.
 */
void world_disk_full(struct world *w, struct rlimit *out_old);
void world_disk_free(const struct rlimit *old);

/* Run @sql on the database; it must change something. */
void world_sql(const struct world *w, const char *sql);

/* Leaves in the journal. */
uint64_t journal_size(struct world *w);
void fsck_is_clean(struct world *w);
/* pdg_core_fsck()'s: append the line to the struct pdg_buf @ctx. */
void fsck_line(void *ctx, const char *text);

/* The verdict on an artifact's chain: "good", "refused", … Owned by the caller. */
char *chain_verdict(struct world *w, unsigned artifact, bool print);
void chain_is(struct world *w, unsigned artifact, const char *want);

#endif
