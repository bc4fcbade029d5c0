/* SPDX-License-Identifier: Apache-2.0 */
/* Calls under way in the relay, and the threads that may wait for others (relay/kinds.h). */
#ifndef PDG_RELAY_TASKS_H
#define PDG_RELAY_TASKS_H

#include "relay/channel.h"
#include "relay/kinds.h"

/** Answers go to @fd. Once, before the first task. */
void pdg_tasks_init(int fd);

/** A task of @q, which it takes over; NULL: no memory, and @q is left. */
struct pdg_task *pdg_task_new(struct pdg_question *q);

/** Have @kind answer it. */
void pdg_task_run(struct pdg_task *t, const struct pdg_relay_call_kind *kind, void *part);

#endif
