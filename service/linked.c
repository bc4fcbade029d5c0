/* SPDX-License-Identifier: Apache-2.0 */
/* A small table of sources, by the first digits of the commit that a build names. */
#include "service/linked.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/decide.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define PLACES	      256
#define STATEMENT_MAX PDG_LIMIT_KIB(4)

struct place {
	struct pdg_statement *st; /* NULL: empty */
	struct pdg_source source; /* borrowed from it */
	char reference[PDG_REFERENCE_LEN];
	enum pdg_grade grade;
};

struct pdg_linked {
	pthread_mutex_t mutex; /* guards the places, and what is in them while it is looked at */
	struct place places[PLACES];
};

struct pdg_linked *pdg_linked_new(void)
{
	struct pdg_linked *m = pdg_calloc(1, sizeof(*m));

	if (m)
		(void)pthread_mutex_init(&m->mutex, NULL);
	return m;
}

void pdg_linked_free(struct pdg_linked *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < PLACES; i++)
		pdg_statement_free(m->places[i].st);
	(void)pthread_mutex_destroy(&m->mutex);
	free(m);
}

/* Digits of a hash, as the build's reader has checked: two of them are as good as any. */
static struct place *place_of(struct pdg_linked *m, const struct pdg_build *b)
{
	const char *digits = b->source_commit ? b->source_commit : b->source_sha256;
	uint8_t first = 0;

	if (!digits || !pdg_unhex(pdg_bytes_head(pdg_bytes_str(digits), 2), &first, 1))
		return NULL;
	return &m->places[first];
}

static bool is_source_of(const struct place *p, const struct pdg_policy_repository *repo,
			 const struct pdg_build *b)
{
	return p->st && pdg_source_satisfies(repo, p->grade, &p->source) &&
	       pdg_build_links(b, &p->source, NULL) == 0;
}

bool pdg_linked_find(struct pdg_linked *m, const struct pdg_policy_repository *repo,
		     const struct pdg_build *b, char out[PDG_REFERENCE_LEN])
{
	struct place *p = m ? place_of(m, b) : NULL;
	bool found;

	if (!p)
		return false;
	(void)pthread_mutex_lock(&m->mutex);
	found = is_source_of(p, repo, b);
	if (found)
		memcpy(out, p->reference, sizeof(p->reference));
	(void)pthread_mutex_unlock(&m->mutex);
	return found;
}

void pdg_linked_add(struct pdg_linked *m, const struct pdg_build *b, const struct pdg_stored *row,
		    enum pdg_grade grade, struct pdg_statement **st)
{
	struct place *p = m ? place_of(m, b) : NULL;
	struct pdg_source source = {0};

	if (!p || row->payload.n > STATEMENT_MAX || pdg_source_read(*st, &source, NULL) < 0)
		return;
	(void)pthread_mutex_lock(&m->mutex);
	pdg_statement_free(p->st);
	p->st = PDG_TAKE(*st);
	p->source = source;
	p->grade = grade;
	(void)snprintf(p->reference, sizeof(p->reference), "%s", row->reference);
	(void)pthread_mutex_unlock(&m->mutex);
}
