/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls out that are begun from any thread and end by a callback: one thread makes them all, many
 * at once, each with its own end. What holds for a call of http/client.h holds for these.
 */
#ifndef PDG_HTTP_PUMP_H
#define PDG_HTTP_PUMP_H

#include "http/client.h"

struct pdg_http_pump;

/** Start the thread. @parallel: calls at once; more wait their turn, in order. */
int pdg_http_pump_new(const struct pdg_http_options *opt, unsigned parallel, size_t max_body,
		      struct pdg_http_pump **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Begin @request, which with all that it names stays where it is until @done.
 *
 * @done  called once, from the pump's thread, and must not block. @rc as pdg_http_call(); 0:
 * @answer is the callee's to take (or to release), and else @err says why
 *
 * Returns 0 or PDG_E_NOMEM, and then @done is not called.
 */
int pdg_http_pump_begin(struct pdg_http_pump *p, const struct pdg_http_request *request,
			void (*done)(void *ctx, int rc, struct pdg_http_answer *answer,
				     const struct pdg_error *err),
			void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

/** Calls under way end with NET-3, then the thread. NULL is fine. */
void pdg_http_pump_free(struct pdg_http_pump *p);
PDG_AUTO_DEFINE(http_pump, struct pdg_http_pump *, pdg_http_pump_free)

#endif
