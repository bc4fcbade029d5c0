/* SPDX-License-Identifier: Apache-2.0 */
/* A judged commit becomes a source statement, an envelope, and a submission in the outbox. */
#ifndef PDG_GATE_EMIT_H
#define PDG_GATE_EMIT_H

#include "attest/dsse.h"
#include "gate/place.h"
#include "stage/source.h"
#include "util/way.h"

/**
 * Can statements be kept at this place: are its folder and its outbox ours, and writable? To be
 * asked before something is accepted that must have a statement. Returns 0, PDG_E_REJECTED (HOK-7).
 */
int pdg_emit_ready(const struct pdg_place *p, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Make and sign the statement that @m describes, and put it with its commit into the outbox
 * @outbox, durable when this returns. The same statement again changes nothing.
 *
 * @out_envelope  the signed statement, owned by the caller; may be NULL
 * @out_body      appended: the submission's bytes; may be NULL
 */
int pdg_emit_source(const struct pdg_source_make *m, const struct pdg_key *key, const char *outbox,
		    struct pdg_envelope **out_envelope, struct pdg_buf *out_body,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Make, in @p's folder (0700), the key of this clone unless there is one; one that cannot be used
 * is refused as by pdg_emit_clone_key().
 */
int pdg_emit_make_key(const struct pdg_place *p, bool *out_made,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Load the key of this clone. Returns 0, PDG_E_USAGE (KEY-2, KEY-3, with what mends it here). */
int pdg_emit_clone_key(const struct pdg_place *p, struct pdg_key **out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Load the git server's private key @file (NULL: none was given) and see that the section names it.
 * Returns 0, PDG_E_USAGE (HOK-6: none, or another; KEY-2, KEY-3).
 */
int pdg_emit_server_key(const struct pdg_policy_repository *section, const char *file,
			struct pdg_key **out, struct pdg_error *err) PDG_MUST_CHECK;

/* What became of statements that were handed over to the service. */
enum pdg_sent {
	PDG_SENT_ALL,	  /* the outbox is empty */
	PDG_SENT_NONE,	  /* the service did not answer in time: they wait */
	PDG_SENT_REFUSED, /* it refused some for good: set aside, with its reason */
	PDG_SENT_NOWHERE, /* no service is configured: they wait */
};

struct pdg_send {
	const char *outbox;
	const char *service;  /* NULL: none is configured */
	const char *deadline; /* "2s" */
	const struct pdg_way *way;
};

/**
 * For how long a push may wait, from a text such as "2s", 1s to 1h: *@out_ms (may be NULL).
 * Returns 0, PDG_E_USAGE (CLI-2).
 */
int pdg_emit_deadline(const char *deadline, int *out_ms, struct pdg_error *err) PDG_MUST_CHECK;

/** Run pedigree-net on the outbox. Returns 0 with *@out, or PDG_E_IO when it could not be run. */
int pdg_send_outbox(const struct pdg_send *s, enum pdg_sent *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** How many statements wait, and how many were refused, in @outbox. */
int pdg_outbox_count(const char *outbox, size_t *out_waiting, size_t *out_refused,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif
