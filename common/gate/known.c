/* SPDX-License-Identifier: Apache-2.0 */
/* A table by name, open addressing. Names are what parent lines say: slots are under a secret. */
#include "gate/known.h"

#include <string.h>

#include "util/keyed.h"
#include "util/size.h"

#define FIRST_SLOTS 64

struct pdg_knowns {
	struct pdg_keyed secret;
	struct pdg_known *v; /* an empty name: a free slot */
	size_t slots;	     /* a power of two */
	size_t n;
};

int pdg_knowns_new(struct pdg_knowns **out, struct pdg_error *err)
{
	PDG_AUTO(knowns) struct pdg_knowns *k = pdg_calloc(1, sizeof(*k));
	int rc = k ? pdg_keyed_init(&k->secret, err) : pdg_nomem(err);

	if (rc < 0)
		return rc;
	*out = PDG_TAKE(k);
	return 0;
}

void pdg_knowns_free(struct pdg_knowns *k)
{
	if (!k)
		return;
	free(k->v);
	free(k);
}

static struct pdg_known *slot_of(const struct pdg_knowns *k, struct pdg_known *v, size_t slots,
				 const char *hex)
{
	size_t i = (size_t)pdg_keyed_hash(&k->secret, pdg_bytes_str(hex)) & (slots - 1);

	while (v[i].hex[0] && strcmp(v[i].hex, hex) != 0)
		i = (i + 1) & (slots - 1);
	return &v[i];
}

static int grow(struct pdg_knowns *k, struct pdg_error *err)
{
	size_t slots = FIRST_SLOTS;
	struct pdg_known *v;
	size_t i;

	if (k->slots && !pdg_size_mul(k->slots, 2, &slots))
		return pdg_nomem(err);
	v = pdg_calloc(slots, sizeof(*v));
	if (!v)
		return pdg_nomem(err);
	for (i = 0; i < k->slots; i++) {
		if (k->v[i].hex[0])
			*slot_of(k, v, slots, k->v[i].hex) = k->v[i];
	}
	free(k->v);
	k->v = v;
	k->slots = slots;
	return 0;
}

int pdg_knowns_at(struct pdg_knowns *k, const char *hex, struct pdg_known **out,
		  struct pdg_error *err)
{
	struct pdg_known *at;

	if (k->n >= k->slots / 2) {
		int rc = grow(k, err);

		if (rc < 0)
			return rc;
	}
	at = slot_of(k, k->v, k->slots, hex);
	if (!at->hex[0]) {
		memcpy(at->hex, hex, strlen(hex) + 1);
		k->n++;
	}
	*out = at;
	return 0;
}
