/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From checked sections and keys to the typed policy: room for each section first, then one
 * walk over the lines, each given to policy_values.c. Whether the sections fit each other is asked
 * afterwards, in policy_check.c.
 */
#include "trust/policy_read.h"

#include <stdlib.h>
#include <string.h>

#include "trust/uri.h"
#include "util/size.h"
#include "util/str.h"

static int open_repository(struct pdg_policy_reading *r, const struct pdg_config_section *s,
			   void **out, struct pdg_error *err)
{
	struct pdg_policy_repository *repo = &r->p->repositories[r->p->n_repositories++];
	int rc;

	*out = repo;
	repo->line = s->line;
	repo->require_committer_match = true;
	repo->revocations = &r->p->revocations;
	repo->uri = pdg_str_dup(s->subsection);
	if (!repo->uri)
		return pdg_nomem(err);
	if (strchr(repo->uri, '*'))
		return pdg_config_reject(
			err, r->c, s->line, "POL-3",
			"[repository \"%.100s\"] is one repository's URI, not a pattern",
			repo->uri);
	rc = pdg_uri_normal(repo->uri, &repo->normal, err);
	if (rc < 0 && rc != PDG_E_NOMEM)
		return pdg_config_reject(err, r->c, s->line, "POL-3",
					 "[repository \"%.100s\"] is not a repository's URI",
					 repo->uri);
	return rc;
}

static int open_builder(struct pdg_policy *p, const struct pdg_config_section *s, void **out,
			struct pdg_error *err)
{
	struct pdg_policy_builder *b = &p->builders[p->n_builders++];

	*out = b;
	b->line = s->line;
	b->id = pdg_str_dup(s->subsection);
	return b->id ? 0 : pdg_nomem(err);
}

static int open_producer(struct pdg_policy *p, const struct pdg_config_section *s, void **out,
			 struct pdg_error *err)
{
	struct pdg_policy_producer *producer = &p->producers[p->n_producers++];

	*out = producer;
	producer->line = s->line;
	producer->name = pdg_str_dup(s->subsection);
	return producer->name ? 0 : pdg_nomem(err);
}

static int open_approver(struct pdg_policy *p, const struct pdg_config_section *s, void **out,
			 struct pdg_error *err)
{
	struct pdg_policy_approver *a = &p->approvers[p->n_approvers++];

	*out = a;
	a->line = s->line;
	a->not_author = true;
	a->address = pdg_str_dup(s->subsection);
	return a->address ? 0 : pdg_nomem(err);
}

static int open_section(struct pdg_policy_reading *r, size_t i, struct pdg_error *err)
{
	const struct pdg_config_section *s = &r->c->sections[i];
	void **into = &r->into[i];

	if (strcmp(s->section, "repository") == 0)
		return open_repository(r, s, into, err);
	if (strcmp(s->section, "builder") == 0)
		return open_builder(r->p, s, into, err);
	if (strcmp(s->section, "producer") == 0)
		return open_producer(r->p, s, into, err);
	if (strcmp(s->section, "approver") == 0)
		return open_approver(r->p, s, into, err);
	if (strcmp(s->section, "require") == 0)
		*into = &r->p->require;
	else if (strcmp(s->section, "trust") == 0 && s->subsection)
		*into = &r->windows[i];
	else if (strcmp(s->section, "trust") == 0 || strcmp(s->section, "policy") == 0 ||
		 strcmp(s->section, "admission") == 0)
		*into = r->p;
	return 0;
}

static size_t count_sections(const struct pdg_config *c, const char *section)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < c->n_sections; i++)
		n += strcmp(c->sections[i].section, section) == 0;
	return n;
}

static int make_room(struct pdg_policy_reading *r, struct pdg_error *err)
{
	struct pdg_policy *p = r->p;

	r->into = pdg_calloc(r->c->n_sections, sizeof(*r->into));
	r->windows = pdg_calloc(r->c->n_sections, sizeof(*r->windows));
	p->repositories = pdg_calloc(count_sections(r->c, "repository"), sizeof(*p->repositories));
	p->builders = pdg_calloc(count_sections(r->c, "builder"), sizeof(*p->builders));
	p->producers = pdg_calloc(count_sections(r->c, "producer"), sizeof(*p->producers));
	p->approvers = pdg_calloc(count_sections(r->c, "approver"), sizeof(*p->approvers));
	if (!r->into || !r->windows || !p->repositories || !p->builders || !p->producers ||
	    !p->approvers)
		return pdg_nomem(err);
	return 0;
}

/* What [require] means where nothing is written (rules.md 7). */
static void set_defaults(struct pdg_policy *p)
{
	p->version = 1;
	p->require.maximum_severity = PDG_SEVERITY_NONE;
	p->require.vex_for = PDG_SEVERITY_HIGH;
	p->require.approvals = 1;
	p->require.approval_maximum_age = INT64_C(90) * 24 * 60 * 60;
	p->require.log = true;
}

static int set_value(struct pdg_policy_reading *r, const struct pdg_config_entry *e,
		     struct pdg_error *err)
{
	void *section = r->into[e->at];

	/* The daemon's file has sections of its own beside the policy's; revocations were first. */
	return section ? pdg_policy_set(r, e, section, err) : 0;
}

void pdg_policy_reading_done(struct pdg_policy_reading *r)
{
	free(r->into);
	free(r->windows);
	free(r->uses);
	*r = (struct pdg_policy_reading){0};
}

/* What is revoked is known before anything that it may be about is read (rules.md 5.8). */
static int read_revocations(struct pdg_policy_reading *r, struct pdg_error *err)
{
	struct pdg_policy *p = r->p;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < r->c->n; i++) {
		if (strcmp(r->c->v[i].section, "revocation") == 0)
			rc = pdg_policy_set(r, &r->c->v[i], p, err);
	}
	for (i = 0; rc == 0 && i < p->revocation_files.n; i++)
		rc = pdg_revocations_load(&p->revocations, p->revocation_files.v[i], err);
	return rc;
}

int pdg_policy_read(struct pdg_policy_reading *r, struct pdg_error *err)
{
	size_t i;
	int rc;

	rc = make_room(r, err);
	if (rc == 0)
		rc = read_revocations(r, err);
	set_defaults(r->p);
	for (i = 0; rc == 0 && i < r->c->n_sections; i++)
		rc = open_section(r, i, err);
	for (i = 0; rc == 0 && i < r->c->n; i++)
		rc = set_value(r, &r->c->v[i], err);
	if (rc < 0)
		return rc;

	if (r->p->require.stages == 0)
		r->p->require.stages = PDG_POLICY_STAGES;
	for (i = 0; i < r->n_uses; i++) {
		struct pdg_trusted_key *key = &r->uses[i].list->v[r->uses[i].index];

		key->when = r->windows[r->uses[i].section];
		pdg_trusted_key_revoke(key, &r->p->revocations);
	}
	return 0;
}
