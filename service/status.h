/* SPDX-License-Identifier: Apache-2.0 */
/* Which HTTP status and Retry-After an error of the core is answered with. */
#ifndef PDG_SERVICE_STATUS_H
#define PDG_SERVICE_STATUS_H

#include <stdbool.h>

#include "util/error.h"

/** Is @rc said of what was sent, and not of the machine? */
static inline bool pdg_status_is_refusal(int rc)
{
	return rc == PDG_E_REJECTED || rc == PDG_E_FORMAT || rc == PDG_E_LIMIT;
}

/** The status of the error's rule; without a rule the nearest one for its code. Never below 400. */
int pdg_status_of(const struct pdg_error *err);

/** Seconds after which the same request may succeed; 0: none are known. */
int pdg_status_retry_after(const struct pdg_error *err);

#endif
