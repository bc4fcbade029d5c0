/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals of pedigreed. They are taken by waiting for them, in one thread at a time: while the
 * service starts, which may take long (a migration, a token, a database that is away), by one of
 * their own that ends the process; then by the main thread; and while that takes the configuration
 * in again, which may take as long, by one of their own that sees to it that the process ends.
 */
#ifndef PDG_SERVICE_SIGNALS_H
#define PDG_SERVICE_SIGNALS_H

#include <signal.h>

#include "service/notify.h"

/** Nobody takes them from here on: SIGTERM, SIGINT and SIGHUP, in *@out; SIGPIPE and SIGXFSZ are
 * ignored. */
void pdg_signals_block(sigset_t *out);

/**
 * Until pdg_signals_started() SIGTERM and SIGINT of @set end the process at once with status 0:
 * what a start has written is what a crash may leave. Without a thread for it they wait.
 */
void pdg_signals_starting(const sigset_t *set);
void pdg_signals_started(void);

/**
 * Until pdg_signals_reloaded() SIGTERM and SIGINT of @set have the process end in @limit_ms after
 * they came, as pdg_signals_end_within() does. Without a thread for it they wait.
 */
void pdg_signals_reloading(const sigset_t *set, int limit_ms);
/** Which of them came: it is not given by pdg_signals_next() any more. 0: none did. */
int pdg_signals_reloaded(void);

/** The next of @set; 0: none, but a sign of life is due (notify->interval_ms). */
int pdg_signals_next(const sigset_t *set, const struct pdg_notify *notify);

/** The process ends with status 0 in @ms at the latest, whatever hangs by then. */
void pdg_signals_end_within(int ms);

#endif
