/* SPDX-License-Identifier: Apache-2.0 */
/* Small string helpers, and the one function through which outside text reaches a terminal. */
#ifndef PDG_UTIL_STR_H
#define PDG_UTIL_STR_H

#include <stdbool.h>

#include "util/buf.h"

bool pdg_str_eq(const char *a, const char *b); /* NULL equals NULL only */
bool pdg_str_starts(const char *s, const char *prefix);
bool pdg_str_ends(const char *s, const char *suffix);

/** A formatted copy, owned by the caller (free()); NULL when there is no memory. */
char *pdg_str_printf(const char *fmt, ...) PDG_PRINTF(1, 2);
char *pdg_str_dup(const char *s); /* NULL gives NULL */

/**
 * Append @in so that no terminal and no line-based log can be moved by it: controls (C0, C1,
 * DEL), bidi and zero-width characters, line separators and bytes that are no UTF-8 come
 * out as \xNN or \u{NNNN}; everything else as it is.
 */
void pdg_str_printable(struct pdg_bytes in, struct pdg_buf *out);

/** Is the code point @c one that pdg_str_printable() leaves as it is? */
bool pdg_str_is_printable(uint32_t c);

/** Append @word as one word for sh, whatever is in it: in single quotes. */
void pdg_str_sh_word(struct pdg_buf *out, const char *word);

/** The nearest of @words (NULL-ended) to @word, or NULL when none is near. For "did you mean". */
const char *pdg_str_nearest(const char *word, const char *const *words);

#endif
