/* SPDX-License-Identifier: Apache-2.0 */
/* A write that nobody needs: whether the store takes one again, before somebody's depends on it. */
#ifndef PDG_SERVICE_TRIAL_H
#define PDG_SERVICE_TRIAL_H

#include "service/writer.h"

/** Have @w try one, without waiting for it: pdg_writer_fails() says what came of it. Whoever calls
 * this sees to it that it is seldom. */
void pdg_trial_write(struct pdg_writer *w);

#endif
