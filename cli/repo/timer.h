/* SPDX-License-Identifier: Apache-2.0 */
/* The timer that empties the outbox of one repository (install/systemd/pedigree-outbox@.timer). */
#ifndef PDG_CLI_REPO_TIMER_H
#define PDG_CLI_REPO_TIMER_H

#include "util/buf.h"

/**
 * Append the name of the timer's instance for the repository at the absolute @path: what
 * `systemd-escape --template=pedigree-outbox@.timer --path` prints (systemd.unit(5)).
 */
void pdg_timer_name(const char *path, struct pdg_buf *out);

#endif
