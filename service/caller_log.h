/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What whoever runs the service is told of callers and their issuers, and callers are not: where an
 * issuer is, and what the policy asks for. One line of each kind a second at most.
 */
#ifndef PDG_SERVICE_CALLER_LOG_H
#define PDG_SERVICE_CALLER_LOG_H

#include "service/proven.h"

/** @why: why a token could not be judged. Its issuer's part (ISS-1 to ISS-5) is written. */
void pdg_caller_log_issuer(const struct pdg_error *why);

/** No [builder] means @p (IDN-7): what of each that names his issuer is not so, or of @builder
 * (NULL: any) alone. */
void pdg_caller_log_nobody(const struct pdg_policy *policy, const struct pdg_proven *p,
			   const char *builder);

#endif
