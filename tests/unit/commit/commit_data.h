/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of judgements share: tests/data/commits (made by make-commits.sh) and its keys. */
#ifndef PDG_TESTS_COMMIT_COMMIT_DATA_H
#define PDG_TESTS_COMMIT_COMMIT_DATA_H

#include "commit/judge.h"
#include "crypto/digest.h"
#include "support/check.h"
#include "util/limits.h"
#include "util/str.h"

#define COMMITTED INT64_C(1706745600) /* the date in most of the objects, 2024-02-01 */
#define FEBRUARY  (COMMITTED + 3600)
#define APRIL	  INT64_C(1711929600)

/* A section of a policy with the files of tests/data/commits, and what came of loading it. */
struct world {
	char *cache; /* descriptions of the OpenPGP files, so that no pedigree-pgp is asked */
	struct pdg_policy_repository repo;
	char *openpgp[1];
	char *allowed[1];
	char *forge[2];
	char *revoked[1];
	struct pdg_signers *signers;
};

/* A file of tests/data/commits: its path, its bytes. */
char *data_path(const char *name);
void data_read(const char *name, struct pdg_buf *out);

/* Everything named, nothing loaded yet. */
void world_init(struct world *w);
/* Put the description @json of the key file @keys into the cache. */
void world_describe(struct world *w, const char *keys, struct pdg_bytes json);
void world_load(struct world *w);
void world_done(struct world *w);

/* Judge the commit or tag @name. False: it could not be judged, which is a failed check. */
bool world_judge(const struct world *w, const char *name, int64_t at, struct pdg_verdict *v);

/* Judge @raw and hold the verdict against what was wanted. @rule NULL: good. */
void check_raw(const struct world *w, struct pdg_bytes raw, int64_t at, enum pdg_result want,
	       const char *rule);
void check_file(const struct world *w, const char *name, int64_t at, enum pdg_result want,
		const char *rule);

struct judged {
	const char *name;
	int64_t at;
	enum pdg_result want;
	const char *rule;
};

/* All of @cases in one world; @committer_match: the committer must be whose key it is. */
void check_files(bool committer_match, const struct judged *cases, size_t n);

/* Of neither object may any single bit change unnoticed. */
void check_every_bit(const char *commit, const char *tag, int64_t at);
void check_every_bit_in(const struct world *w, const char *commit, const char *tag, int64_t at);

#endif
