/* SPDX-License-Identifier: Apache-2.0 */
/* Which HTTP status and Retry-After an error of the core is answered with. */
#ifndef PDG_SERVICE_STATUS_H
#define PDG_SERVICE_STATUS_H

#include "util/error.h"

/** The status of the error's rule; without a rule the nearest one for its code. Never below 400. */
int pdg_status_of(const struct pdg_error *err);

/** Seconds after which the same request may succeed; 0: none are known. */
int pdg_status_retry_after(const struct pdg_error *err);

#endif
