/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer knows of the store's health; see health.h. */
#include "service/health.h"

#include "util/str.h"
#include "util/time.h"

bool pdg_health_is_damage(const struct pdg_error *err)
{
	return pdg_str_eq(err->rule, "STO-5") && !err->one_row;
}

void pdg_health_failed(struct pdg_health *h, bool logged, const struct pdg_error *err)
{
	if (err->one_row)
		return;
	if (!pdg_health_is_damage(err)) {
		h->failure = *err;
	} else if (logged) {
		h->publishes = *err;
	} else {
		h->accepts = *err;
		h->accepts_until = pdg_monotonic_ms() + PDG_HEALTH_ACCEPTS_MS;
	}
}

void pdg_health_kept(struct pdg_health *h, bool accepted, bool logged)
{
	static const struct pdg_error none = {0};

	h->failure = none;
	if (accepted)
		h->accepts = none;
	if (logged)
		h->publishes = none;
}

const struct pdg_error *pdg_health_why(const struct pdg_health *h)
{
	if (h->failure.code < 0)
		return &h->failure;
	if (h->accepts.code < 0 && pdg_monotonic_ms() < h->accepts_until)
		return &h->accepts;
	return h->publishes.code < 0 ? &h->publishes : NULL;
}
