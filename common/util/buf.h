/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing buffer with a largest size from birth and sticky failure: write as often as
 * needed, ask pdg_buf_check() once. After a failure the contents are empty.
 */
#ifndef PDG_UTIL_BUF_H
#define PDG_UTIL_BUF_H

#include <stdarg.h>

#include "util/auto.h"
#include "util/bytes.h"
#include "util/error.h"

struct pdg_buf {
	uint8_t *p;
	size_t n;
	size_t cap;
	size_t max;
	int failed; /* 0, PDG_E_NOMEM, PDG_E_LIMIT, PDG_E_INTERNAL (a writer was misused) */
};

#define PDG_BUF_INIT(limit)                                                                        \
	{                                                                                          \
		.max = (limit)                                                                     \
	}

void pdg_buf_init(struct pdg_buf *b, size_t max);

/** Free the memory (cleansed first); @b may be used again with the same limit. */
void pdg_buf_done(struct pdg_buf *b);

/** Forget the contents and a failure, keep the memory. */
void pdg_buf_reset(struct pdg_buf *b);

void pdg_buf_put(struct pdg_buf *b, struct pdg_bytes in);
void pdg_buf_puts(struct pdg_buf *b, const char *s);
void pdg_buf_putc(struct pdg_buf *b, uint8_t c);
void pdg_buf_printf(struct pdg_buf *b, const char *fmt, ...) PDG_PRINTF(2, 3);
void pdg_buf_vprintf(struct pdg_buf *b, const char *fmt, va_list ap) PDG_PRINTF(2, 0);
void pdg_buf_u16be(struct pdg_buf *b, uint16_t v);
void pdg_buf_u32be(struct pdg_buf *b, uint32_t v);

/** About @n more bytes will be written: make room for them at once. More or less may come. */
void pdg_buf_expect(struct pdg_buf *b, size_t n);

/** Room for @n more bytes at the end, counted as written; NULL after a failure. */
uint8_t *pdg_buf_room(struct pdg_buf *b, size_t n);

/** 0, or the code in @b->failed with a text, if any write failed. */
int pdg_buf_check(const struct pdg_buf *b, struct pdg_error *err) PDG_MUST_CHECK;

/** The contents, valid until the next write. */
static inline struct pdg_bytes pdg_buf_bytes(const struct pdg_buf *b)
{
	return pdg_bytes(b->p, b->n);
}

/** The contents with a NUL behind them, valid until the next write; "" when empty or failed. */
const char *pdg_buf_cstr(struct pdg_buf *b);

/** @to, which holds nothing, takes what is in @from, and its limit; @from is empty after that. */
static inline void pdg_buf_move(struct pdg_buf *to, struct pdg_buf *from)
{
	*to = *from;
	pdg_buf_init(from, to->max);
}

static inline void pdg_buf_swap(struct pdg_buf *a, struct pdg_buf *b)
{
	struct pdg_buf was = *a;

	*a = *b;
	*b = was;
}

PDG_AUTO_DEFINE_VALUE(buf, struct pdg_buf, pdg_buf_done)

#endif
