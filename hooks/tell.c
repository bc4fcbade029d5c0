/* SPDX-License-Identifier: Apache-2.0 */
/* What a hook says to the person who waits for git: few lines, each with its mending. */
#include <stdio.h>

#include "attest/outbox.h"
#include "hook.h"
#include "util/out.h"

#define LINES_MOST 20

void pdg_hook_tell(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v)
{
	size_t *told = ctx;
	struct pdg_error line = v->why;

	(void)raw;
	if (v->result == PDG_RESULT_GOOD || ++*told > LINES_MOST)
		return;
	(void)pdg_context(&line, PDG_E_REJECTED, "%s %.12s is %s", type, hex,
			  pdg_result_name(v->result));
	pdg_out_error("pedigree", &line);
}

void pdg_hook_tell_rest(size_t n_bad)
{
	if (n_bad > LINES_MOST)
		pdg_out(stderr, PDG_PLAIN, "pedigree: and %zu more, of %zu in all\n",
			n_bad - LINES_MOST, n_bad);
}

/* The service's own rule and words; where there are several refusals, those of the last. */
static void tell_refused(const struct pdg_hook_run *h, const char *what)
{
	struct pdg_error why = {.code = 0};
	size_t n = 0;
	int rc = pdg_outbox_last_problem(h->place.outbox, &n, &why);

	if (rc != PDG_E_REJECTED)
		rc = pdg_fail(&why, PDG_E_REJECTED, "the service refused it for now");
	(void)pdg_context(&why, rc, "%s: attested, but not accepted (%zu set aside in %s)", what, n,
			  h->place.outbox);
	pdg_out_error("pedigree", &why);
}

void pdg_hook_tell_sent(const struct pdg_hook_run *h, const char *what, enum pdg_sent sent)
{
	size_t waiting = 0;
	size_t refused = 0;

	switch (sent) {
	case PDG_SENT_ALL:
		pdg_out(stderr, PDG_PLAIN, "pedigree: %s: attested, and known to %s\n", what,
			h->settings.service);
		return;
	case PDG_SENT_NOWHERE:
		pdg_out(stderr, PDG_PLAIN,
			"pedigree: %s: attested, kept in the outbox; no service is configured\n",
			what);
		return;
	case PDG_SENT_REFUSED:
		tell_refused(h, what);
		return;
	default:
		if (pdg_outbox_count(h->place.outbox, &waiting, &refused, NULL) < 0)
			waiting = 1;
		pdg_out(stderr, PDG_PLAIN,
			"pedigree: %s: attested, kept in the outbox (%zu wait): %s has not taken it yet; it will be sent later\n",
			what, waiting, h->settings.service);
	}
}
