/* SPDX-License-Identifier: Apache-2.0 */
/* What a service in a world does not accept; see core_refusal.h. */
#include "unit/service/core_refusal.h"

struct counted {
	uint64_t accepted, before, after, leaves;
};

static struct counted count(struct world *w)
{
	struct pdg_core_stats s;

	pdg_core_stats(w->core, &s);
	return (struct counted){s.accepted, s.refused_before_identity, s.refused_after_identity,
				journal_size(w)};
}

/* Refused by @rule, and counted: @known, somebody is known to have sent it; @leaf, it became one.
 */
static void refused_counted(struct world *w, struct pdg_bytes body, const char *rule, int status,
			    bool known, bool leaf)
{
	struct counted was = count(w);
	struct counted is;

	refused(w, body, rule, status);
	is = count(w);
	CHECK_UINT(is.accepted, was.accepted);
	CHECK_UINT(is.before, was.before + (known ? 0 : 1));
	CHECK_UINT(is.after, was.after + (known ? 1 : 0));
	CHECK_UINT(is.leaves, was.leaves + (leaf ? 1 : 0));
}

void refused_and(struct world *w, struct pdg_bytes body, const char *rule, int status,
		 bool on_record)
{
	refused_counted(w, body, rule, status, on_record, on_record);
}

void refused_again(struct world *w, struct pdg_bytes body, const char *rule, int status)
{
	refused_counted(w, body, rule, status, true, false);
}

void refused_payload(struct world *w, enum who who, struct pdg_bytes payload, struct pdg_bytes raw,
		     const char *rule, int status, bool on_record)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	envelope_of(w->key[who], payload, raw, &body);
	refused_and(w, pdg_buf_bytes(&body), rule, status, on_record);
}

void refused_source(struct world *w, enum who who, const struct source_of *s, const char *rule,
		    int status, bool on_record)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	pdg_test_case("source of %s %s by %s, %s", s->uri, s->commit, who_names[who], rule);
	source_body(w, who, s, &body);
	refused_and(w, pdg_buf_bytes(&body), rule, status, on_record);
	pdg_test_case(NULL);
}

void refused_build(struct world *w, enum who who, const struct build_of *b, const char *rule,
		   int status, bool on_record)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	pdg_test_case("build of %s %s by %s, %s", b->uri, b->commit, who_names[who], rule);
	build_body(w, who, b, &body);
	refused_and(w, pdg_buf_bytes(&body), rule, status, on_record);
	pdg_test_case(NULL);
}

void refused_sources(struct world *w, const struct source_refusal *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		refused_source(w, v[i].who, &v[i].source, v[i].rule, v[i].status, v[i].on_record);
}

void refused_builds(struct world *w, const struct build_refusal *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		refused_build(w, v[i].who, &v[i].build, v[i].rule, v[i].status, v[i].on_record);
}
