/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The growing buffer: all output of Pedigree, and every decoded input, is made in one.
 * There is always room for one byte behind the contents, so that pdg_buf_cstr() cannot
 * fail. Old memory is cleansed before it is freed, for it may have held a key.
 */
#include "util/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/size.h"

#define FIRST_CAPACITY 128

static void release(struct pdg_buf *b)
{
	if (b->p) {
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	b->p = NULL;
	b->n = 0;
	b->cap = 0;
}

static void fail(struct pdg_buf *b, int code)
{
	release(b);
	b->failed = code;
}

/* Capacity for @need bytes: doubled, but not beyond the limit and its one byte for NUL. */
static size_t next_capacity(const struct pdg_buf *b, size_t need)
{
	size_t cap;

	if (!pdg_size_mul(b->cap, 2, &cap))
		return need;
	if (cap < FIRST_CAPACITY)
		cap = FIRST_CAPACITY;
	if (b->max < SIZE_MAX && cap > b->max + 1)
		cap = b->max + 1;
	return cap < need ? need : cap;
}

/* Make @n more bytes fit, and one behind them. */
static bool reserve(struct pdg_buf *b, size_t n)
{
	size_t total;
	size_t need;
	size_t cap;
	uint8_t *p;

	if (b->failed)
		return false;
	if (!pdg_size_add(b->n, n, &total) || total > b->max || !pdg_size_add(total, 1, &need)) {
		fail(b, PDG_E_LIMIT);
		return false;
	}
	if (need <= b->cap)
		return true;
	cap = next_capacity(b, need);
	p = malloc(cap);
	if (!p) {
		fail(b, PDG_E_NOMEM);
		return false;
	}
	n = b->n;
	if (n)
		memcpy(p, b->p, n);
	release(b);
	b->p = p;
	b->n = n;
	b->cap = cap;
	return true;
}

void pdg_buf_init(struct pdg_buf *b, size_t max)
{
	*b = (struct pdg_buf)PDG_BUF_INIT(max);
}

void pdg_buf_done(struct pdg_buf *b)
{
	if (!b)
		return;
	release(b);
	b->failed = 0;
}

void pdg_buf_reset(struct pdg_buf *b)
{
	b->n = 0;
	b->failed = 0;
}

uint8_t *pdg_buf_room(struct pdg_buf *b, size_t n)
{
	uint8_t *p;

	if (!reserve(b, n))
		return NULL;
	p = b->p + b->n;
	b->n += n;
	return p;
}

void pdg_buf_put(struct pdg_buf *b, struct pdg_bytes in)
{
	uint8_t *p;

	if (in.n == 0)
		return;
	p = pdg_buf_room(b, in.n);
	if (p)
		memcpy(p, in.p, in.n);
}

void pdg_buf_puts(struct pdg_buf *b, const char *s)
{
	pdg_buf_put(b, pdg_bytes_str(s));
}

void pdg_buf_putc(struct pdg_buf *b, uint8_t c)
{
	if (b->n + 1 < b->cap && b->n < b->max)
		b->p[b->n++] = c;
	else
		pdg_buf_put(b, pdg_bytes(&c, 1));
}

void pdg_buf_expect(struct pdg_buf *b, size_t n)
{
	size_t total;

	if (pdg_size_add(b->n, n, &total) && total <= b->max)
		(void)reserve(b, n);
}

void pdg_buf_vprintf(struct pdg_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	uint8_t *p;
	int n;

	if (b->failed)
		return;
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0) {
		fail(b, PDG_E_NOMEM);
	} else {
		/* The NUL that vsnprintf() writes falls on the byte kept behind the contents. */
		p = pdg_buf_room(b, (size_t)n);
		if (p)
			(void)vsnprintf((char *)p, (size_t)n + 1, fmt, again);
	}
	va_end(again);
}

void pdg_buf_printf(struct pdg_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pdg_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

static void put_be(struct pdg_buf *b, uint64_t v, size_t n)
{
	uint8_t *p = pdg_buf_room(b, n);
	size_t i;

	for (i = 0; p && i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

void pdg_buf_u16be(struct pdg_buf *b, uint16_t v)
{
	put_be(b, v, sizeof(v));
}

void pdg_buf_u32be(struct pdg_buf *b, uint32_t v)
{
	put_be(b, v, sizeof(v));
}

int pdg_buf_check(const struct pdg_buf *b, struct pdg_error *err)
{
	switch (b->failed) {
	case 0:
		return 0;
	case PDG_E_NOMEM:
		return pdg_nomem(err);
	case PDG_E_LIMIT:
		return pdg_fail(err, PDG_E_LIMIT, "larger than %zu bytes", b->max);
	default:
		return pdg_fail(err, b->failed, "the bytes were put together wrongly");
	}
}

const char *pdg_buf_cstr(struct pdg_buf *b)
{
	if (!b->p)
		return "";
	b->p[b->n] = 0;
	return (const char *)b->p;
}
