/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All evidence for one judgement: parsed records, found by subject, stage, reference, commit. Where
 * they come from is the caller's business (a folder, the store).
 *
 * Several records of one reference are kept side by side. Which of them stands is a matter of
 * judgement (chain/path.c): what is forged, or damaged, must not be able to push out what is good,
 * whichever came first.
 */
#ifndef PDG_CHAIN_EVIDENCE_H
#define PDG_CHAIN_EVIDENCE_H

#include "chain/record.h"

struct pdg_evidence {
	struct pdg_record **v; /* owned */
	size_t n, cap;
	size_t size;	   /* bytes of all of them */
	char **unreadable; /* "name: why" of files that could not be read; never silently dropped */
	size_t n_unreadable, cap_unreadable;
};

void pdg_evidence_free(struct pdg_evidence *e);
PDG_AUTO_DEFINE(evidence, struct pdg_evidence *, pdg_evidence_free)

int pdg_evidence_new(struct pdg_evidence **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Hand over @r, which is owned by @e from now on, or freed when this fails.
 * Returns 0, PDG_E_LIMIT (more than PDG_LIMIT_EVIDENCE_FILES, or PDG_LIMIT_EVIDENCE bytes),
 * PDG_E_NOMEM.
 */
int pdg_evidence_add(struct pdg_evidence *e, struct pdg_record *r,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** Remember that @where could not be read. Returns 0, PDG_E_LIMIT, PDG_E_NOMEM. */
int pdg_evidence_unreadable(struct pdg_evidence *e, const char *where, const struct pdg_error *why,
			    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Every regular file of @dir that ends in .json (or .sigstore.json) or, one a line, in .jsonl:
 * records, bundles, envelopes. A file that cannot be read is listed in unreadable. Opens no socket.
 * Returns 0, PDG_E_NOTFOUND, PDG_E_IO, PDG_E_LIMIT, PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_evidence_dir(const char *dir, struct pdg_evidence **out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** The same from @text, one a line as in a .jsonl file; @name stands for it in messages. */
int pdg_evidence_lines(struct pdg_bytes text, const char *name, struct pdg_evidence **out,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
