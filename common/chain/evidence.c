/* SPDX-License-Identifier: Apache-2.0 */
/* The set of records that one judgement rests on, within limits. */
#include "chain/evidence.h"

#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

int pdg_evidence_new(struct pdg_evidence **out, struct pdg_error *err)
{
	struct pdg_evidence *e = pdg_calloc(1, sizeof(*e));

	if (!e)
		return pdg_nomem(err);
	*out = e;
	return 0;
}

void pdg_evidence_free(struct pdg_evidence *e)
{
	size_t i;

	if (!e)
		return;
	for (i = 0; i < e->n; i++)
		pdg_record_free(e->v[i]);
	for (i = 0; i < e->n_unreadable; i++)
		free(e->unreadable[i]);
	free(e->v);
	free(e->unreadable);
	free(e);
}

/* Room for one more element; @what they are, for the message. */
static int grow(void *items, size_t n, size_t *cap, size_t size, const char *what,
		struct pdg_error *err)
{
	switch (pdg_array_grow(items, n, cap, size, PDG_LIMIT_EVIDENCE_FILES)) {
	case 0:
		return 0;
	case PDG_E_LIMIT:
		return pdg_fail(err, PDG_E_LIMIT, "more than %d %s", PDG_LIMIT_EVIDENCE_FILES,
				what);
	default:
		return pdg_nomem(err);
	}
}

int pdg_evidence_add(struct pdg_evidence *e, struct pdg_record *r, struct pdg_error *err)
{
	PDG_AUTO(record) struct pdg_record *owned = r;
	int rc;

	if (r->size > PDG_LIMIT_EVIDENCE - e->size)
		return pdg_fail(err, PDG_E_LIMIT, "more than %zu MiB of evidence",
				PDG_LIMIT_EVIDENCE / PDG_LIMIT_MIB(1));
	rc = grow(&e->v, e->n, &e->cap, sizeof(*e->v), "records", err);
	if (rc < 0)
		return rc;
	e->size += r->size;
	e->v[e->n++] = PDG_TAKE(owned);
	return 0;
}

int pdg_evidence_unreadable(struct pdg_evidence *e, const char *where, const struct pdg_error *why,
			    struct pdg_error *err)
{
	char *line;
	int rc;

	rc = grow(&e->unreadable, e->n_unreadable, &e->cap_unreadable, sizeof(*e->unreadable),
		  "records that cannot be read", err);
	if (rc < 0)
		return rc;
	line = pdg_str_printf("%s: %s%s%s%s", where, why->text, why->rule[0] ? " [" : "", why->rule,
			      why->rule[0] ? "]" : "");
	if (!line)
		return pdg_nomem(err);
	e->unreadable[e->n_unreadable++] = line;
	return 0;
}
