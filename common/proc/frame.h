/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages on a stream between two programs of ours: the length in four bytes, most significant
 * first, then so many bytes. Either side takes the other for hostile: a length beyond the limit
 * ends the conversation before a byte of it is kept.
 */
#ifndef PDG_PROC_FRAME_H
#define PDG_PROC_FRAME_H

#include <stdbool.h>
#include <sys/types.h>

#include "util/buf.h"

#define PDG_FRAME_HEAD 4

/** Append one frame. */
void pdg_frame_put(struct pdg_buf *out, struct pdg_bytes message);

/**
 * Does @in begin with a whole frame? *@out_there, and then *@out_message (borrowed from @in).
 * Returns 0, PDG_E_FORMAT (RLY-3: an empty one), PDG_E_LIMIT (RLY-4: longer than @max).
 */
int pdg_frame_find(struct pdg_bytes in, size_t max, bool *out_there, struct pdg_bytes *out_message,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * One read() of what is there to the end of @in. Returns how many bytes, 0 at the end of the
 * stream, -1 with errno: ENOMEM and @in->failed where there is no room for them.
 */
ssize_t pdg_frame_fill(int fd, struct pdg_buf *in);

/** Forget the first @n bytes of @b, keeping its memory unless that is large and was emptied. */
void pdg_frame_drop(struct pdg_buf *b, size_t n);

#endif
