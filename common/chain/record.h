/* SPDX-License-Identifier: Apache-2.0 */
/* The record (rules.md 8): everything needed to judge one attestation again. */
#ifndef PDG_CHAIN_RECORD_H
#define PDG_CHAIN_RECORD_H

#include "attest/bundle.h"
#include "attest/statement.h"
#include "stage/stage.h"
#include "tlog/journal.h"

/* A bundle or envelope alone is evidence too, of less. */
enum pdg_record_kind { PDG_RECORD_WHOLE, PDG_RECORD_BUNDLE, PDG_RECORD_ENVELOPE };

struct pdg_record {
	enum pdg_record_kind kind;
	char reference[PDG_REFERENCE_LEN]; /* computed from the payload, never taken as said */
	const struct pdg_stage *stage;	   /* NULL: no stage's predicate type */
	bool logged;			   /* "state": logged, or pending-log */
	int64_t received;		   /* as the record says; the journal's leaf decides */
	struct pdg_envelope *envelope;	   /* all kept signatures; NULL in a bare bundle */
	struct pdg_bundle *bundle;	   /* NULL while pending, and in a bare envelope */
	struct pdg_buf commit;		   /* raw object, source only */
	struct pdg_journal_proof *journal; /* NULL when absent */
	struct pdg_statement *statement;   /* of the payload */
	char *where;			   /* file name or URL, for messages; may be NULL */
	size_t size;			   /* bytes that it was read from */
};

/**
 * Read a record, a bare bundle or a bare envelope: told apart by their members ("reference",
 * "mediaType", "payload"). Envelope and bundle must hold the same payload bytes; what the record
 * says of itself (reference, stage) must be what the payload is; the statement must parse.
 *
 * Nothing is verified here. Returns 0, PDG_E_FORMAT (REC-1; or JSN-1, ENV-*, BND-*, STM-*, JNL-*),
 * PDG_E_LIMIT, PDG_E_REJECTED (ENV-3, BND-3 and the like: of a form that is not read).
 */
int pdg_record_parse(struct pdg_bytes in, const char *where, struct pdg_record **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_record_free(struct pdg_record *r);
PDG_AUTO_DEFINE(record, struct pdg_record *, pdg_record_free)

/* What is needed to write one; all borrowed; JSON members are given as their bytes. */
struct pdg_record_write {
	const char *reference;
	const char *stage;
	bool logged;
	int64_t received;
	struct pdg_bytes envelope;		 /* JSON */
	struct pdg_bytes bundle;		 /* JSON; n 0: null */
	struct pdg_bytes commit;		 /* raw; n 0: left out */
	const struct pdg_journal_proof *journal; /* or NULL: null */
	struct pdg_bytes links;			 /* JSON array; n 0: [] */
};
int pdg_record_write(const struct pdg_record_write *r, struct pdg_buf *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif
