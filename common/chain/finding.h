/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict, stage states and findings (rules.md 8, Chain), and their printing. */
#ifndef PDG_CHAIN_FINDING_H
#define PDG_CHAIN_FINDING_H

#include "attest/dsse.h"
#include "stage/stage.h"
#include "trust/policy.h"
#include "util/buf.h"

enum pdg_state {
	PDG_STATE_GOOD,
	PDG_STATE_MISSING,
	PDG_STATE_BROKEN,
	PDG_STATE_PENDING_LOG,
	PDG_STATE_NOT_NEEDED,
	PDG_STATE_NOT_DEPLOYED,
	PDG_STATE_NOT_REQUIRED,
};

/** "good", "missing", … Static. */
const char *pdg_state_name(enum pdg_state s);

struct pdg_finding {
	char rule[PDG_ERROR_RULE_MAX];
	enum pdg_stage_id stage;
	char *digest;  /* reference concerned, or NULL */
	char *message; /* one line */
	char *fix;     /* what to do, or NULL */
};

/* One check that was made, for --verbose. */
struct pdg_check {
	char *what; /* "journal", "countersignature", "log proof", "builder", "commit", … */
	char *detail;
	bool good;
};

struct pdg_stage_report {
	enum pdg_state state;
	char reference[PDG_REFERENCE_LEN];
	const char *linked_by; /* "reference", "commit", "build id", "subject"; static; NULL */
	enum pdg_grade grade;  /* source only */
	char *summary; /* who, what: "1a2b3c… on refs/heads/main, signed by alice@example.com" */
	struct pdg_finding *findings;
	size_t n_findings;
	struct pdg_check *checks;
	size_t n_checks;
};

enum pdg_outcome { PDG_VERDICT_GOOD, PDG_VERDICT_REFUSED, PDG_VERDICT_UNDECIDED };

struct pdg_chain_report {
	char *subject; /* "sha256:<hex>" */
	char *name; /* as the caller calls it in a command (a file, name@sha256:<hex>), or NULL */
	enum pdg_outcome verdict;
	int first_broken; /* enum pdg_stage_id, or -1 */
	struct pdg_stage_report stage[PDG_STAGE_COUNT];
	int64_t newest; /* latest receive time that a journal shows for what was seen; 0: none */
	char **notes;	/* what was skipped or taken on another's word; one line each */
	size_t n_notes;
};

void pdg_chain_report_free(struct pdg_chain_report *r);
PDG_AUTO_DEFINE(chain_report, struct pdg_chain_report *, pdg_chain_report_free)

/** Add a finding built from a refusal (rule, text, fix of @why). */
int pdg_report_finding(struct pdg_chain_report *r, enum pdg_stage_id stage, const char *digest,
		       const struct pdg_error *why, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_report_check(struct pdg_chain_report *r, enum pdg_stage_id stage, const char *what,
		     bool good, const char *detail, struct pdg_error *err) PDG_MUST_CHECK;
int pdg_report_note(struct pdg_chain_report *r, const char *text,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Append {"subject","verdict","firstBroken","stages":[…],…} (docs/FORMATS.md, Chain). */
int pdg_report_json(const struct pdg_chain_report *r, struct pdg_buf *out,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** Print for people: one line a stage, the first broken link, notes. */
void pdg_report_print(const struct pdg_chain_report *r, bool verbose);

#endif
