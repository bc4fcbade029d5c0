/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pre-receive, the real fence: nothing of a push is accepted before all of it was judged, in
 * quarantine, by a policy that neither the pusher nor the repository can change.
 */
#include "gate/certificate.h"
#include "hook.h"
#include "util/time.h"

/* Where the git server vouches for sources, a push whose statement cannot be made is not accepted.
 */
static int check_server_key(const struct pdg_hook_run *h, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;

	if (h->place.section->source_from != PDG_GRADE_SERVER)
		return 0;
	return pdg_emit_server_key(h->place.section, h->settings.server_key, &key, err);
}

/* The statement is made when the push stands, and then it is too late to find no room for it. */
static int check_outbox(const struct pdg_hook_run *h, struct pdg_gate *g,
			const struct pdg_push *push, struct pdg_error *err)
{
	size_t i;

	if (h->place.section->source_from != PDG_GRADE_SERVER)
		return 0;
	for (i = 0; i < push->n; i++) {
		PDG_AUTO(mem) char *ref = NULL;
		int rc = push->v[i].new[0] ? pdg_gate_protected(g, &push->v[i], &ref, err) : 0;

		if (rc < 0)
			return rc;
		if (ref)
			return pdg_emit_ready(&h->place, err);
	}
	return 0;
}

/* Who pushes, where the policy wants to know: before anything is judged, for it costs the least. */
static int check_certificate(const struct pdg_hook_run *h, struct pdg_gate *g,
			     const struct pdg_push *push, struct pdg_error *err)
{
	PDG_AUTO(certificate) struct pdg_certificate c = {.cert = NULL};
	bool wanted = false;
	int rc = pdg_certificate_wanted(g, push, &wanted, err);

	pdg_certificate_init(&c);
	if (rc < 0 || !wanted)
		return rc;
	rc = pdg_certificate_check(g, push, false, &c, err);
	return rc < 0 ? rc : pdg_certificate_ready(&h->place, &c, err);
}

int pdg_hook_pre_receive(struct pdg_hook_run *h, struct pdg_error *err)
{
	PDG_AUTO(push) struct pdg_push push = {NULL, 0};
	PDG_AUTO(mend) struct pdg_mend *mend = NULL;
	PDG_AUTO(gate)
	struct pdg_gate g = {
		.repo = h->repo,
		.at = pdg_now(&pdg_clock_system),
		.judged = pdg_mend_take,
	};
	int rc = pdg_push_received(h->input, &push, err);

	if (rc == 0)
		rc = pdg_place_fixed(&h->place, h->repo, h->settings.policy, h->settings.repository,
				     err);
	if (rc == 0)
		rc = check_server_key(h, err);
	if (rc == 0)
		rc = pdg_place_load_signers(&h->place, h->place.keys, err);
	if (rc == 0)
		rc = pdg_mend_new(h->repo, &push, &mend, err);
	if (rc < 0)
		return rc;
	pdg_signers_of_push(h->place.signers);
	g.section = h->place.section;
	g.signers = h->place.signers;
	g.ctx = mend;
	rc = check_certificate(h, &g, &push, err);
	if (rc < 0)
		return rc;
	rc = pdg_gate_push(&g, &push, err);
	pdg_hook_tell_push(mend);
	return rc < 0 ? rc : check_outbox(h, &g, &push, err);
}
