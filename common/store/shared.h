/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of store have in common. Private to store/ and its tests. */
#ifndef PDG_STORE_SHARED_H
#define PDG_STORE_SHARED_H

#include "store/store.h"

/** The 32 bytes of "sha256:<hex>". False for anything else. */
bool pdg_store_reference(const char *reference, uint8_t out[32]);
/** And back; NULL: no memory. "sha256:" alone for anything but 32 bytes. */
char *pdg_store_reference_text(struct pdg_bytes raw);

/** The same where it may be there or not: "" for anything but 32 bytes. */
void pdg_store_reference_put(struct pdg_bytes raw, char out[PDG_STORED_REFERENCE]);

/** Key of a journal tile. */
int64_t pdg_store_tile_key(unsigned level, uint64_t n);

/*
 * Envelope and bundle hold the payload in base64, and the row holds it as it is: they are kept
 * without it, and made whole, byte for byte, when they are read.
 */
struct pdg_spared {
	int64_t at; /* where the base64 belongs; -1: it is not in there, and nothing was left out */
	struct pdg_bytes kept;
	struct pdg_buf buf; /* that holds it, if something was; pdg_buf_done() */
};

/** PDG_E_NOMEM. */
int pdg_store_spare(struct pdg_bytes text, struct pdg_bytes payload, struct pdg_spared *out,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** Initialise @out with @max and make @kept whole in it; @at -1: it is. False: no memory, or
 * out->failed is PDG_E_FORMAT: there is no such place in it. */
/** What count() says where @pending rows wait, the first of an attestation's received at @oldest
 * (-1: none is of one). */
void pdg_store_pending(int64_t pending, int64_t oldest, uint64_t *out_pending, int64_t *out_oldest);
/** What stray() says where these are the first of each kind; NULL: there is none. */
int pdg_store_stray(const int64_t *waits, const int64_t *bundle, int64_t *out,
		    struct pdg_error *err);
/** STO-5: behind the ids that there are no more is to be had. */
int pdg_store_no_id(struct pdg_error *err);
/** Is memory what one of @a's buffers failed by? */
bool pdg_stored_nomem(const struct pdg_stored *a);
bool pdg_store_whole(struct pdg_bytes kept, int64_t at, struct pdg_bytes payload, size_t max,
		     struct pdg_buf *out) PDG_MUST_CHECK;

/** @max as a LIMIT. */
int64_t pdg_store_limit(size_t max);

#endif
