/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long each part of a stop may take, in the order in which they come: service/main.c has them
 * done, service/core_open.c does the core's. All of them fit into the limit, at which the process
 * ends whatever hangs; and that into the ten seconds that whoever sends SIGTERM may wait.
 */
#ifndef PDG_SERVICE_STOP_H
#define PDG_SERVICE_STOP_H

#define PDG_STOP_KEEP_MS     2000 /* what was accepted is committed and answered */
#define PDG_STOP_JUDGE_MS    1400 /* of that, for what is judged just now */
#define PDG_STOP_SIGN_MS     1000 /* and in that, for one answer of the program with the keys */
#define PDG_STOP_ANSWERS_MS  500  /* where the rest is abandoned: those that are there leave */
#define PDG_STOP_REQUESTS_MS 2000 /* answers leave, requests under way end */
#define PDG_STOP_LOG_MS	     1400 /* three times: see pdg_publisher_stop() */
#define PDG_STOP_STORE_MS    1000 /* what the log took is kept */
#define PDG_STOP_LIMIT_MS    9500

/* What has no limit of its own is joined meanwhile, where nothing hangs at once. */
#define PDG_STOP_JOIN_MS 300

_Static_assert(PDG_STOP_KEEP_MS + PDG_STOP_REQUESTS_MS + 3 * PDG_STOP_LOG_MS + PDG_STOP_STORE_MS +
			       PDG_STOP_JOIN_MS <=
		       PDG_STOP_LIMIT_MS,
	       "a stop's parts fit into its limit");
_Static_assert(PDG_STOP_SIGN_MS < PDG_STOP_JUDGE_MS && PDG_STOP_JUDGE_MS < PDG_STOP_KEEP_MS,
	       "who signs is given up while something can be kept");
_Static_assert(PDG_STOP_LIMIT_MS < 10000, "SIGTERM ends the service within 10 s");

#endif
