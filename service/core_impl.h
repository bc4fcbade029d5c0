/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core as its files see it: core_open.c makes and ends it, core_store.c, core_log.c,
 * core_keys.c and core_relay.c open its store, its log, its keys and the way to other machines,
 * core_files.c looks whose files these are, core_in_force.c keeps what comes into force,
 * core.c takes submissions, core_read.c answers questions, core_ready.c and fsck.c check it.
 */
#ifndef PDG_SERVICE_CORE_IMPL_H
#define PDG_SERVICE_CORE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "service/callers.h"
#include "service/core.h"
#include "service/job_queue.h"
#include "service/journal.h"
#include "service/linked.h"
#include "service/policy_box.h"
#include "service/process.h"
#include "service/publisher.h"
#include "service/relay.h"
#include "service/signer.h"
#include "service/stamps.h"
#include "service/teller.h"
#include "service/writer.h"

/* What readiness found by something that takes time. */
struct pdg_last_look {
	pthread_mutex_t mutex; /* guards what follows; not held while one looks */
	uint64_t of;	       /* grows with what is looked at */
	bool looking;
	int64_t began; /* since then, by pdg_monotonic_ms() */
	int64_t until; /* pdg_monotonic_ms() from which one looks again */
	int rc;
	struct pdg_error err;
};

struct pdg_core {
	const struct pdg_service_config *cfg;
	bool only_check; /* --fsck: make nothing, write nothing, start nothing */
	struct pdg_clock clock;
	struct pdg_store *store;
	struct pdg_signer *signer; /* NULL: the keys are in this process */
	/* The newest; who signs goes by the policy in force. This, next_* and own_keys are the main
	 * thread's alone: it opens, reloads and closes. */
	struct pdg_key *signing_key;
	struct pdg_buf own_keys;  /* service/own_keys.h, of the start */
	struct pdg_key *next_key; /* tried, and not yet used: between the steps of a reload */
	struct pdg_buf next_own_keys;
	struct pdg_error next_why; /* why the last one did not come into use */
	struct pdg_key *journal_key;
	int64_t journal_since; /* when it came into use; keys.json says so */
	char *journal_origin;
	char *key_cache;
	struct pdg_relay *relay;  /* NULL: nothing is elsewhere */
	struct pdg_stamps stamps; /* of it, where a timestamp authority is configured */
	struct pdg_log *log;	  /* a Rekor's: NULL until the relay is started */
	struct pdg_key *log_key;  /* public; of a Rekor: configured */
	uint8_t log_id[32];
	int64_t log_since;	  /* when it was begun; 0: not here */
	struct pdg_buf root_json; /* TrustedRoot of this log */
	struct pdg_root *root;	  /* the same, read */
	struct pdg_policy_box *policy;
	struct pdg_journal *journal;
	struct pdg_writer *writer;
	struct pdg_publisher *publisher;
	struct pdg_linked *linked;
	struct pdg_callers *callers;
	struct pdg_job_queue *deciders; /* NULL: a store in this process; nobody waits for it */
	struct pdg_teller teller;
	struct pdg_process *process;
	struct pdg_last_look look;    /* the last entry that was logged */
	struct pdg_last_look trial;   /* a signature by the signing key */
	pthread_mutex_t reload_mutex; /* guards what follows */
	const char *reload_failed;    /* static; NULL: nothing did */
	struct pdg_error reload_why;
	atomic_uint_fast64_t turned; /* how often another signing key came into use */
	atomic_int_fast64_t tried;   /* pdg_monotonic_ms() of the last write that readiness tried */
};

/** core.c: @core's job goes on once its token is judged, with @rc; its errors are in it. */
void pdg_core_go_on(void *core, struct pdg_job *job, int rc);

/**
 * Read what was written by hand for a store that is about to be made: keys, certificates, policy.
 * What they are refused by.
 */
int pdg_core_look_first(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/**
 * core_files.c: before anything is opened, whose and what the files of the store and of an embedded
 * log are; of the tiles the newest. FIL-1.
 */
int pdg_core_look_at_files(const struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** Open the store, or make it where nothing was begun without it. STO-*, CFG-1, CFG-6, FIL-1. */
int pdg_core_open_store(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** How many rows there are, and how many of them wait for the log. To --fsck what cannot be read
 * (STO-5) is UINT64_MAX rows, of which none waits: it tells that as it goes on. */
int pdg_core_count(struct pdg_core *core, uint64_t *out_all, uint64_t *out_pending,
		   struct pdg_error *err) PDG_MUST_CHECK;
int pdg_core_has_journal(struct pdg_core *core, bool *out, struct pdg_error *err) PDG_MUST_CHECK;
/** Where the journal's key is that no configuration names. Owned by the caller; NULL: no memory. */
char *pdg_core_own_journal_key(const struct pdg_service_config *cfg);
/** pdg_fs_private_dir() for a folder that @key names. FIL-1, CFG-1: it cannot be made. */
int pdg_core_own_folder(const char *dir, const char *key, struct pdg_error *err) PDG_MUST_CHECK;

/** Before there is a store: has the configured log no entries? CFG-6; PDG_E_IO (LOG-16). */
int pdg_core_log_unbegun(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** Is the tree of @a's bundle one that the embedded log had? LOG-2; 0 where there is none. */
int pdg_core_check_tree(const struct pdg_core *core, const struct pdg_stored *a,
			struct pdg_error *err) PDG_MUST_CHECK;
/** Is the newest tree that the store knows one that the embedded log had? *@out_size: its entries,
 * 0 where none is known. LOG-2; STO-3: what the store says is no tree. */
int pdg_core_check_head(struct pdg_core *core, uint64_t *out_size,
			struct pdg_error *err) PDG_MUST_CHECK;
/** CFG-6 for a log of @size entries. */
int pdg_core_refuse_unknown_log(const struct pdg_core *core, uint64_t size, struct pdg_error *err);
/** Start the relay, where something is elsewhere, and the log that it speaks to. CLI-5, STO-3. */
int pdg_core_start_relay(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** pdg_callers_options.start_relay(); @ctx is the core. */
int pdg_core_start_token_relay(void *ctx, struct pdg_relay **out,
			       struct pdg_error *err) PDG_MUST_CHECK;
/** Read the keys and certificates that [log] names. KEY-*, CFG-1. */
int pdg_core_try_log(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** Open the configured log and hold it against what the store knows of it. CFG-2, CFG-5, CFG-6,
 * LOG-*. */
int pdg_core_open_log(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;

/** Start the program that holds the keys, if the configuration names one; but who only looks opens
 * none, where the store has their public halves. */
int pdg_core_start_signer(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** Open the keys. KEY-*, CFG-1 (no log entry can be made with it), CFG-4 (the journal's is gone).
 */
int pdg_core_open_signing_key(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_core_open_journal_key(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** pdg_embedded_options.open_key(); @ctx is the core. */
int pdg_core_open_embedded_key(void *ctx, const char *path, struct pdg_key **out,
			       struct pdg_error *err) PDG_MUST_CHECK;
/** Those that are open differ. CFG-3. */
int pdg_core_keys_differ(const struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** All are open: they differ (CFG-3), and from here on they sign and nothing else. */
int pdg_core_seal_keys(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** Does @key sign, by itself and for a log? What pdg_key_sign() returns, CFG-1. */
int pdg_core_can_sign(const struct pdg_key *key, struct pdg_error *err) PDG_MUST_CHECK;
/** Would what is signed for @f at @at be believed? RDY-8 (service/own_trust.h). */
int pdg_core_may_sign(const struct pdg_core *core, const struct pdg_in_force *f, int64_t at,
		      struct pdg_error *err) PDG_MUST_CHECK;
/** Does the trustedRoot of @f, if it has one, name the log? LOG-8 (service/own_trust.h). */
int pdg_core_log_in_root(const struct pdg_core *core, const struct pdg_in_force *f,
			 struct pdg_error *err) PDG_MUST_CHECK;
/** Say in the log why not. */
void pdg_core_warn_if_untrusted(struct pdg_core *core, const struct pdg_service_config *cfg);
/** Have the store know the signing key, and the public halves of the two others. */
int pdg_core_keep_own_keys(struct pdg_core *core, struct pdg_error *err) PDG_MUST_CHECK;
/** The next key came into use, with the policy that was taken in. */
void pdg_core_turned(struct pdg_core *core);
/** It does not: nobody has it any more. */
void pdg_core_drop_next_key(struct pdg_core *core);
/** Nobody has any of the keys any more. */
void pdg_core_keys_done(struct pdg_core *core);

/** What the store keeps of @policy beside its version: "VERSION DIGEST"; "" where it is in the
 * daemon's own file, whose other sections may change. NULL: no memory. */
char *pdg_core_policy_digest(const struct pdg_policy *policy);
/** Was that in force under its version, and no other? POL-11. */
int pdg_core_check_policy(struct pdg_core *core, const char *digest,
			  struct pdg_error *err) PDG_MUST_CHECK;

/** At a start: keep @policy, which is to decide from now on. POL-11. */
int pdg_core_keep_policy(struct pdg_core *core, const struct pdg_policy *policy,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** The row's bundle: its one entry is in the log by the own root, about the kept statement and
 * signature. */
int pdg_core_check_bundle(const struct pdg_core *core, const struct pdg_stored *a,
			  const struct pdg_key *key, struct pdg_error *err) PDG_MUST_CHECK;

#endif
