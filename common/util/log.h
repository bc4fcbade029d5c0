/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines of the daemon: one JSON object a line on stderr,
 * {"time","level","event",…}. Libraries do not log above debug.
 */
#ifndef PDG_UTIL_LOG_H
#define PDG_UTIL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

enum pdg_level { PDG_LOG_ERROR, PDG_LOG_WARN, PDG_LOG_INFO, PDG_LOG_DEBUG };

void pdg_log_level(enum pdg_level most);
bool pdg_log_level_parse(const char *name, enum pdg_level *out);
const char *pdg_log_level_name(enum pdg_level level);

/** Would a line of @level be written? For those that cost something to make. */
bool pdg_log_wants(enum pdg_level level);
/**
 * One line. @event is a fixed word ("listening", "submission"); the rest are pairs of
 * key and value strings, ended by NULL. Values are escaped; a NULL value is left out.
 */
void pdg_log(enum pdg_level level, const char *event, ...) __attribute__((sentinel));

/** A failure, with its rule, text and fix. */
void pdg_log_error(enum pdg_level level, const char *event, const struct pdg_error *err);

/**
 * Lines of this thread are gathered in @into, which is borrowed, and written several at a time, but
 * for errors and warnings, before which all others go; NULL: what was gathered is written, and each
 * is again as it comes. For whoever has many to write in a moment.
 */
void pdg_log_gather(struct pdg_buf *into);

#endif
