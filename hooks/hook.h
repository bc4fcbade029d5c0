/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hook is: an entry of a table, run with what git gave it and with the settings that count
 * here. One program is all hooks, a smaller one those around a commit; which hook, its name or
 * --hook says. What the two do otherwise are two files: open_git.c, open_files.c.
 */
#ifndef PDG_HOOKS_HOOK_H
#define PDG_HOOKS_HOOK_H

#include "gate/emit.h"
#include "gate/enforce.h"
#include "gate/mend.h"
#include "gate/place.h"

#define PDG_HOOK_DEADLINE "2s" /* that a push waits for the service, unless set */

/* Settings: a server hook's were fixed at installation, a clone's come from its configuration. */
struct pdg_hook_settings {
	const char *policy;	/* server hooks; borrowed from the command line */
	const char *repository; /* --repository, or NULL */
	const char *server_key; /* post-receive: the git server's private key, or NULL */
	char *service;		/* or NULL */
	char *deadline;
	struct pdg_way way;
};

struct pdg_hook_run {
	const struct pdg_hook *hook;
	struct pdg_bytes input;	 /* what git wrote to the hook */
	const char *chain_after; /* the hook from before, if it is still to run */
	const char *const *args; /* git's arguments */
	size_t n_args;
	struct pdg_hook_settings settings;
	struct pdg_repo *repo;
	struct pdg_place place;
};

struct pdg_hook {
	const char *name;
	bool server;
	bool refuses; /* a failure stops what git is doing */
	bool input;   /* git writes to it */
	int (*run)(struct pdg_hook_run *h, struct pdg_error *err);
};

extern const struct pdg_hook pdg_hooks[]; /* of this program; the last has no name */

/**
 * Open the repository that git runs the hook in, as h->repo. The program for a commit's hooks opens
 * plain files; where these do not say all, here or in the next three functions, it does not return,
 * but becomes pedigree-hook, with all that git gave it.
 */
int pdg_hook_open(struct pdg_hook_run *h, struct pdg_error *err) PDG_MUST_CHECK;
/** The commit that HEAD names. */
int pdg_hook_head(struct pdg_hook_run *h, char out[PDG_GIT_HEX],
		  struct pdg_error *err) PDG_MUST_CHECK;
/** All these will be read: whatever makes that this program's no longer shows before any of it. */
int pdg_hook_expect(struct pdg_hook_run *h, const char *const *commits, size_t n,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** Append the raw bytes of an object, hashed: they are those that @hex names. As pdg_repo_read().
 */
int pdg_hook_read(struct pdg_hook_run *h, const char *hex, struct pdg_buf *out,
		  const char **out_type, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Read a commit and judge it as the gate does (gate/judge.c), as one that is in no push. A forge's
 * merge takes the whole repository, and so pedigree-hook.
 */
int pdg_hook_judge(struct pdg_hook_run *h, const char *hex, struct pdg_buf *out_raw,
		   struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;

int pdg_hook_pre_commit(struct pdg_hook_run *h, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_hook_post_commit(struct pdg_hook_run *h, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_hook_post_rewrite(struct pdg_hook_run *h, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_hook_pre_push(struct pdg_hook_run *h, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_hook_pre_receive(struct pdg_hook_run *h, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_hook_post_receive(struct pdg_hook_run *h, struct pdg_error *err) PDG_MUST_CHECK;

/** Read a clone's settings from its configuration; PEDIGREE_SERVICE wins (design 6). */
int pdg_hook_configure(struct pdg_hook_run *h, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The policy of a clone, with the section's keys. *@out_known false, without failure, when the
 * clone knows no policy: then the server judges alone.
 */
int pdg_hook_policy(struct pdg_hook_run *h, bool *out_known, struct pdg_error *err) PDG_MUST_CHECK;

/** Print the verdict of one object that is not good: a line for each of the first twenty. */
void pdg_hook_tell(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v);
/** After the last: how many more there were. @n_bad as in struct pdg_gate. */
void pdg_hook_tell_rest(size_t n_bad);

/** The same for a push, once all of it was judged: each line with what mends it (tell_push.c). */
void pdg_hook_tell_push(const struct pdg_mend *m);

/** One line about what became of the statements in the outbox. @what: "source of refs/heads/main".
 */
void pdg_hook_tell_sent(const struct pdg_hook_run *h, const char *what, enum pdg_sent sent);

#endif
