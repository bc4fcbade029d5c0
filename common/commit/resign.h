/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands with which a person makes a refused commit or tag again, signed. They are git's,
 * whole, so that they can be pasted: the words for every place that tells somebody to sign anew
 * (hooks, a refused push, `pedigree check`).
 */
#ifndef PDG_COMMIT_RESIGN_H
#define PDG_COMMIT_RESIGN_H

#include "commit/judge.h"

#define PDG_RESIGN_WORD                                                                            \
	256 /* the longest name or address that is put into a command, with its NUL */

/* What git asks of whoever makes an object again, and what has to be set before. */
struct pdg_resign {
	char address[PDG_RESIGN_WORD]; /* of the key's owner, when he is not the committer; or "" */
	bool own;		       /* author and committer are one person */
	bool wordless;		       /* git calls its message empty */
	bool empty; /* it may change nothing against its parent: for the caller to say */
};

/** Would git call the message of this commit or tag empty? */
bool pdg_resign_wordless(struct pdg_bytes raw);

/** Look at an object that got the verdict @v. All of @out is written; @empty is false. */
void pdg_resign_look(struct pdg_bytes raw, const struct pdg_verdict *v, struct pdg_resign *out);

/** Does nothing but a new signature help an object with this verdict? */
bool pdg_resign_alone(enum pdg_result result);

/** Is @rule one about what the signing program wrote? It would make the same again. */
bool pdg_resign_by_program(const char *rule);

/** Is @rule one about who made a log entry or timestamp in the signature? He would do it again. */
bool pdg_resign_by_authority(const char *rule);

/** Append what has to be set first, for a command to help: "…, then: ", or nothing. */
void pdg_resign_before(const struct pdg_resign *how, enum pdg_result result, const char *rule,
		       struct pdg_buf *out);
/** Append the command for the commit that is checked out. */
void pdg_resign_amend(const struct pdg_resign *how, struct pdg_buf *out);
/**
 * Append the command for all commits behind @base, a word for git (NULL: from the root on).
 * @merges: there are some among them; @wordless: there is a commit without a message.
 */
void pdg_resign_rebase(const char *base, bool merges, bool wordless, struct pdg_buf *out);
/**
 * Append the command for the commit @raw and all that stands on it in the branch that is checked
 * out. One that is not of git's form has no parents to begin from: as if it were the tip.
 */
void pdg_resign_onwards(const struct pdg_resign *how, struct pdg_bytes raw, struct pdg_buf *out);
/**
 * Append the command that makes the tag @name, which may stand already, of what @target (a tag's
 * name, or an object's) leads to. @wordless: there is no message that could be taken over.
 */
void pdg_resign_tag(const char *name, const char *target, bool wordless, struct pdg_buf *out);

#endif
