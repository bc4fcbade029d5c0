/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small world for tests of chains: keys, a policy on disk, an embedded log, a journal, and from
 *them records as a service makes them, whole or with one part of them forged. Time stands where the
 *test puts it. Whatever fails here ends the program.
 *
 *	struct pdg_world w;
 *	struct pdg_made source = {0}, build = {0};
 *
 *	pdg_world_init(&w, NULL);
 *	pdg_world_source(&w, &(struct pdg_make){0}, &source);
 *	pdg_world_build(&w, &(struct pdg_make){0}, &build);
 *	pdg_world_add(evidence, &source);
 */
#ifndef PDG_TESTS_SUPPORT_WORLD_H
#define PDG_TESTS_SUPPORT_WORLD_H

#include "chain/verify.h"
#include "stage/build.h"
#include "tlog/embedded.h"

#define WORLD_URI	"https://git.example.com/app"
#define WORLD_OTHER_URI "https://git.example.com/other"
#define WORLD_BUILDER	"https://ci.example.com/release"
#define WORLD_NIGHTLY	"https://ci.example.com/nightly"
#define WORLD_REF	"refs/heads/main"
#define WORLD_COMMITTED INT64_C(1706745600) /* the date of most commits in tests/data/commits */
#define WORLD_SOURCE_AT (WORLD_COMMITTED + 60)
#define WORLD_BUILD_AT	(WORLD_COMMITTED + 120)
#define WORLD_NOW	(WORLD_COMMITTED + 3600)
/* SHA-256 of the artifact that builds are of, and of another. */
#define WORLD_ARTIFACT "1111111111111111111111111111111111111111111111111111111111111111"
#define WORLD_OTHER    "2222222222222222222222222222222222222222222222222222222222222222"

/* The parts of the usual policy; a test puts others in the place of one. */
#define WORLD_TRUST                                                                                \
	"[trust]\n\ttrustedRoot = keys/root.json\n\tserviceKey = keys/service.pub\n"               \
	"\tjournalKey = keys/journal.pub\n"
#define WORLD_REPOSITORIES                                                                         \
	"[repository \"" WORLD_URI "\"]\n\tprotect = refs/heads/main\n"                            \
	"\tprotect = refs/heads/release/*\n\tsshAllowedSigners = keys/allowed_signers\n"           \
	"\trevoked = keys/revoked_keys\n\tforgeKeys = keys/forge_ssh.pub\n"                        \
	"\tsourceFrom = server\n\tserverKey = keys/server.pub\n"                                   \
	"[repository \"" WORLD_OTHER_URI "\"]\n\tprotect = refs/heads/main\n"                      \
	"\tsshAllowedSigners = keys/allowed_signers\n\tforgeKeys = keys/forge_ssh.pub\n"           \
	"\tsourceFrom = clone\n"
#define WORLD_BUILDERS                                                                             \
	"[builder \"" WORLD_BUILDER "\"]\n\trepository = https://git.example.com/*\n"              \
	"\tkey = keys/builder.pub\n\tslsaLevel = 3\n"                                              \
	"[builder \"" WORLD_NIGHTLY "\"]\n\trepository = https://git.example.com/*\n"              \
	"\tkey = keys/nightly.pub\n\tslsaLevel = 1\n"
#define WORLD_REQUIRE "[require]\n\tstage = source\n\tstage = build\n"
#define WORLD_POLICY  WORLD_TRUST WORLD_REPOSITORIES WORLD_BUILDERS WORLD_REQUIRE

enum pdg_world_key {
	WORLD_SERVICE,
	WORLD_JOURNAL,
	WORLD_SERVER,
	WORLD_BUILDER_KEY,
	WORLD_NIGHTLY_KEY,
	WORLD_STRANGER, /* in no policy */
	WORLD_KEYS,
};

struct pdg_world_tile;

struct pdg_world {
	char *dir; /* policy, keys/, log/ */
	char *policy_file;
	struct pdg_key *key[WORLD_KEYS];
	struct pdg_log *log;
	struct pdg_log *other_log;    /* of another origin; the trusted root does not name it */
	struct pdg_world_tile *tiles; /* of the journal */
	uint64_t leaves;
	int64_t now;
	struct pdg_clock clock; /* shows @now */
	struct pdg_policy *policy;
	struct pdg_judge *judge;
};

/** @policy: text of the policy file; NULL: WORLD_POLICY. */
void pdg_world_init(struct pdg_world *w, const char *policy);
void pdg_world_done(struct pdg_world *w);
PDG_AUTO_DEFINE_VALUE(world, struct pdg_world, pdg_world_done)

/** Another policy from here on. */
void pdg_world_policy(struct pdg_world *w, const char *policy);
/** Write the trusted root anew, with the window of the log; @until 0: open. Load the policy after
 * it. */
void pdg_world_root(const struct pdg_world *w, int64_t from, int64_t until);

/* What a statement and its record are made of. Zero: the usual. */
struct pdg_make {
	const char *payload; /* the statement's text instead of one that is made */
	const char *stage;   /* with @payload: the record's stage */
	const char *uri;     /* WORLD_URI */
	const char *commit;  /* file in tests/data/commits: "ssh-good.raw" */
	const char *ref;     /* source: WORLD_REF, "": none; build: none */
	bool late;	     /* source */
	const char *
		source_sha256; /* build: the commit's sha256 as well; source: another than it has */
	const char *builder;   /* WORLD_BUILDER */
	const char *artifact;  /* WORLD_ARTIFACT */
	const char *invocation;		/* build: makes statements differ */
	int64_t finished;		/* build: left out */
	const struct pdg_key *producer; /* the server's; the builder's */
	const struct pdg_key *second;	/* signs the envelope too */
	const struct pdg_key *service;	/* the service's */
	const struct pdg_key *journal;	/* the journal's */
	struct pdg_log *log;		/* the world's; */
	bool pending;			/* not logged */
	bool unlogged;			/* a bundle without log entry */
	int64_t received;		/* WORLD_SOURCE_AT, WORLD_BUILD_AT */
	const char *rule;		/* the leaf's decision is a refusal by it */
	const char *link;		/* reference of a source that the leaf names */
};

/* The parts of a record. A test may change any of them before it is written. */
struct pdg_made {
	char reference[PDG_REFERENCE_LEN];
	const char *stage;
	bool logged;
	int64_t received;
	struct pdg_buf payload;
	struct pdg_buf envelope; /* JSON */
	struct pdg_buf bundle;	 /* JSON, empty while pending */
	struct pdg_buf commit;
	struct pdg_journal_proof *journal;
	struct pdg_buf links;
};

void pdg_world_source(struct pdg_world *w, const struct pdg_make *m, struct pdg_made *out);
void pdg_world_build(struct pdg_world *w, const struct pdg_make *m, struct pdg_made *out);
void pdg_made_done(struct pdg_made *m);
PDG_AUTO_DEFINE_VALUE(made, struct pdg_made, pdg_made_done)

/** Append the record. */
void pdg_made_record(const struct pdg_made *m, struct pdg_buf *out);

/** Parse @text and put it into @e; it must be readable. */
void pdg_world_take(struct pdg_evidence *e, struct pdg_bytes text);
/** The same with the record of @m. */
void pdg_world_add(struct pdg_evidence *e, const struct pdg_made *m);

#endif
