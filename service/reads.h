/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few threads for the questions that take memory and time (a record, a chain), so that the
 * connections' threads are there for submissions.
 */
#ifndef PDG_SERVICE_READS_H
#define PDG_SERVICE_READS_H

#include "service/http.h"

struct pdg_reads;

int pdg_reads_new(struct pdg_reads **out, struct pdg_error *err) PDG_MUST_CHECK;
/** What waits is answered with SVC-2, what runs is finished, the threads end. A store or a disk
 * that hangs under one of them is waited for until the limit of the whole stop
 * (pdg_signals_end_within()). */
void pdg_reads_stop(struct pdg_reads *r);
/** pdg_reads_stop() unless that was done. NULL is allowed. */
void pdg_reads_free(struct pdg_reads *r);

/**
 * @rq->route answers @rq on one of the threads, then @rq->finish is called. False: too many wait
 * already, or it was stopped; HTP-7 or SVC-2 is in the reply, and the caller finishes.
 */
bool pdg_reads_put(struct pdg_reads *r, struct pdg_request *rq);

#endif
