/* SPDX-License-Identifier: Apache-2.0 */
/* Time as Unix seconds in UTC, RFC 3339 text, durations, and a clock that tests can set. */
#ifndef PDG_UTIL_TIME_H
#define PDG_UTIL_TIME_H

#include <stdint.h>
#include <time.h>

#include "util/bytes.h"
#include "util/error.h"

#define PDG_TIME_TEXT	   40	/* room for "2026-11-23T03:17:00Z" and a NUL, whatever the year */
#define PDG_DEADLINE_MAX   3600 /* seconds that anything waits for something else */
#define PDG_TIME_TOLERANCE 300	/* seconds by which a sender's date may lie ahead (rules.md 1) */

struct pdg_clock {
	int64_t (*now)(void *ctx); /* Unix seconds */
	void *ctx;
};

/** The system's real-time clock. */
extern const struct pdg_clock pdg_clock_system;

int64_t pdg_now(const struct pdg_clock *clock);

/** Monotonic milliseconds, for deadlines. */
int64_t pdg_monotonic_ms(void);
/** The same clock in microseconds, to say how long something took. */
int64_t pdg_monotonic_us(void);

/** So many milliseconds, or microseconds, as the system's calls take them. */
struct timespec pdg_timespec_ms(int64_t ms);
struct timespec pdg_timespec_us(int64_t us);

/** "2026-11-23T03:17:00Z". */
void pdg_time_text(int64_t t, char out[PDG_TIME_TEXT]);

/** "Mon, 23 Nov 2026 03:17:00 GMT" (RFC 9110 5.6.7). */
void pdg_time_http(int64_t t, char out[PDG_TIME_TEXT]);

/**
 * Read an RFC 3339 date-time (5.6): offset or Z required, fraction cut off.
 * Returns 0 or PDG_E_FORMAT.
 */
int pdg_time_parse(struct pdg_bytes in, int64_t *out, struct pdg_error *err) PDG_MUST_CHECK;

/** Read a duration such as 90d, 24h, 15m, 5s (one number, one unit). Seconds. */
int pdg_duration_parse(struct pdg_bytes in, int64_t *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same for how long to wait, from 1s to PDG_DEADLINE_MAX. Returns 0 or PDG_E_FORMAT, with why.
 */
int pdg_deadline_parse(struct pdg_bytes in, int64_t *out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
