/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How every function of Pedigree fails: a negative code, and an object that says
 * what, where, why and what to do.
 *
 * The object is owned by the program and handed down as the last parameter. It is
 * written on failure only. Texts are one line without a final period; outside data in
 * them is escaped when they are printed (pdg_out_error), never when they are made.
 */
#ifndef PDG_UTIL_ERROR_H
#define PDG_UTIL_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define PDG_MUST_CHECK	      __attribute__((warn_unused_result))
#define PDG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Grouped by what the caller does next. */
enum pdg_code {
	PDG_OK = 0,
	PDG_E_NOMEM = -1,    /* out of memory: give up */
	PDG_E_USAGE = -2,    /* the caller asked wrongly: exit 2 */
	PDG_E_FORMAT = -3,   /* outside bytes are not of their form: refuse */
	PDG_E_LIMIT = -4,    /* outside bytes go beyond a named limit: refuse */
	PDG_E_NOTFOUND = -5, /* what was asked for is not there */
	PDG_E_REJECTED = -6, /* judged, and refused by a rule: exit 1 */
	PDG_E_IO = -7,	     /* the machine or the network: could not judge, exit 3 */
	PDG_E_CRYPTO = -8,   /* a crypto library failed (not: a signature is wrong) */
	PDG_E_INTERNAL = -9, /* a bug */
};

#define PDG_ERROR_RULE_MAX 16
#define PDG_ERROR_TEXT_MAX 768
#define PDG_ERROR_FIX_MAX  384

struct pdg_error {
	int code;
	char rule[PDG_ERROR_RULE_MAX]; /* a rule id of docs/RULES.md, or "" */
	char text[PDG_ERROR_TEXT_MAX]; /* one line, cut at the end when longer */
	char fix[PDG_ERROR_FIX_MAX];   /* what to do, or "" */
	bool one_row; /* of a store: what was asked for is at fault, and nothing else */
};

/** Record a failure without a rule of its own. Returns @code. @err may be NULL. */
int pdg_fail(struct pdg_error *err, int code, const char *fmt, ...) PDG_PRINTF(3, 4);

/**
 * Record a refusal by rule @rule (an id of common/util/rule.c; an unknown one is a bug
 * and aborts in debug builds). Returns the code that the rule's table entry carries,
 * PDG_E_REJECTED for most, PDG_E_FORMAT or PDG_E_LIMIT where the bytes are at fault.
 */
int pdg_reject(struct pdg_error *err, const char *rule, const char *fmt, ...) PDG_PRINTF(3, 4);

/** Say what to do about the recorded failure. Replaces an earlier remedy. */
void pdg_fix(struct pdg_error *err, const char *fmt, ...) PDG_PRINTF(2, 3);

/** The recorded failure is one row's, and the store's others are well. */
void pdg_one_row(struct pdg_error *err);

/** What to do about @err: its own remedy, else its rule's (pdg_rule_fix), else "". */
const char *pdg_error_fix(const struct pdg_error *err);

/** Put "<context>: " before the recorded text on the way up. Returns @rc unchanged. */
int pdg_context(struct pdg_error *err, int rc, const char *fmt, ...) PDG_PRINTF(3, 4);

/**
 * Put a recorded failure under @rule when @rc is that rule's code: the reader of a form turns
 * the failures of its parts into its own refusal. Text and remedy stay. Returns @rc.
 */
int pdg_under_rule(struct pdg_error *err, int rc, const char *rule);

/**
 * Whatever a named file is refused for (missing, unreadable, too large, not of its form) is the
 * fault of who named it: put a recorded failure under @rule, with that rule's code, but for what
 * no file can help (PDG_E_NOMEM, PDG_E_CRYPTO, PDG_E_INTERNAL) and a refusal that is wrong use
 * already (PDG_E_USAGE). Text and remedy stay. Returns the code, 0 for 0.
 */
int pdg_as_rule(struct pdg_error *err, int rc, const char *rule);

/** Out of memory. Returns PDG_E_NOMEM. */
int pdg_nomem(struct pdg_error *err);

/** Exit status for a code: 0 done, 1 refused, 2 wrong use, 3 could not judge (design 4). */
int pdg_exit_status(int code);

#endif
