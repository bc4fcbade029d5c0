/* SPDX-License-Identifier: Apache-2.0 */
/* What the serving process gives up before it has threads and hears the first byte. */
#ifndef PDG_SERVICE_CONFINE_H
#define PDG_SERVICE_CONFINE_H

#include "service/config.h"

/**
 * Confine this process and its later children (docs/THREATS.md says to what), and say in one line
 * of the log what is on.
 *
 * @policy  in force: what its file names today stays readable
 *
 * Returns 0, PDG_E_IO, PDG_E_NOMEM, what reading the two files again is refused by.
 */
int pdg_service_confine(const struct pdg_service_config *cfg, const struct pdg_policy *policy,
			struct pdg_error *err) PDG_MUST_CHECK;

#endif
