/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint; formats.md 6.4). */
#ifndef PDG_TLOG_NOTE_H
#define PDG_TLOG_NOTE_H

#include "crypto/key.h"
#include "tlog/merkle.h"
#include "util/buf.h"

struct pdg_note_sig {
	struct pdg_bytes name; /* borrowed from the note */
	uint8_t id[4];
	struct pdg_buf sig; /* what stands behind the 4 bytes */
};

struct pdg_checkpoint {
	struct pdg_buf text;   /* a copy of the whole note */
	struct pdg_bytes body; /* the signed text; borrowed from @text */
	char *origin;
	uint64_t size;
	struct pdg_hash32 root;
	struct pdg_note_sig *sigs;
	size_t n_sigs;
};

/**
 * Read a checkpoint: valid UTF-8, no controls, origin, size, root, then signature lines.
 * Nothing is verified. Returns 0, PDG_E_FORMAT (LOG-3), PDG_E_LIMIT.
 */
int pdg_checkpoint_parse(struct pdg_bytes in, struct pdg_checkpoint **out,
			 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_checkpoint_free(struct pdg_checkpoint *c);
PDG_AUTO_DEFINE(checkpoint, struct pdg_checkpoint *, pdg_checkpoint_free)

/**
 * The 32-byte id of a log key: its first 4 bytes are the note key id, all 32 the logId of a
 * Rekor v2 entry (formats.md 5.4). @name: origin.
 */
int pdg_note_key_id(const char *name, const struct pdg_key *key, uint8_t out[32],
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does the checkpoint carry a signature line named @name with the id of @key, and does it
 * verify? A line with that name and id that fails refuses the whole note.
 * Returns 0, PDG_E_REJECTED (LOG-4: none; LOG-5: wrong).
 */
int pdg_checkpoint_verify(const struct pdg_checkpoint *c, const char *name,
			  const struct pdg_key *key, struct pdg_error *err) PDG_MUST_CHECK;

/** Append a signed checkpoint of @origin. */
int pdg_checkpoint_sign(const char *origin, uint64_t size, const struct pdg_hash32 *root,
			const struct pdg_key *key, struct pdg_buf *out,
			struct pdg_error *err) PDG_MUST_CHECK;

#endif
