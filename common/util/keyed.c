/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3 under a secret of the table's own: the walk's graph asks it (common/git/graph.c). */
#include "util/keyed.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define WORD 8

int pdg_keyed_init(struct pdg_keyed *k, struct pdg_error *err)
{
	struct pdg_keyed drawn;
	ssize_t got;

	/* So few bytes come whole, or not at all (getrandom(2)). */
	do
		got = getrandom(&drawn, sizeof(drawn), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(drawn))
		return pdg_fail(err, PDG_E_IO, "the system gives no random bytes: %s",
				strerror(errno));
	*k = drawn;
	return 0;
}

static uint64_t left(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = left(v[1], 13) ^ v[0];
	v[3] = left(v[3], 16) ^ v[2];
	v[0] = left(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = left(v[1], 17) ^ v[2];
	v[3] = left(v[3], 21) ^ v[0];
	v[2] = left(v[2], 32);
}

static void take_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

/* Up to eight bytes, the first one lowest. */
static uint64_t word_of(struct pdg_bytes b)
{
	uint64_t word = 0;
	size_t i;

	for (i = 0; i < b.n && i < WORD; i++)
		word |= (uint64_t)b.p[i] << (8 * i);
	return word;
}

uint64_t pdg_keyed_hash(const struct pdg_keyed *k, struct pdg_bytes b)
{
	/* What a word starts from is the algorithm's: "somepseudorandomlygeneratedbytes". */
	uint64_t v[4] = {
		k->k[0] ^ UINT64_C(0x736f6d6570736575),
		k->k[1] ^ UINT64_C(0x646f72616e646f6d),
		k->k[0] ^ UINT64_C(0x6c7967656e657261),
		k->k[1] ^ UINT64_C(0x7465646279746573),
	};
	uint64_t length = (uint64_t)b.n << 56;
	unsigned i;

	for (; b.n >= WORD; b = pdg_bytes_from(b, WORD))
		take_word(v, word_of(b));
	take_word(v, word_of(b) | length);
	v[2] ^= 0xFF;
	for (i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
