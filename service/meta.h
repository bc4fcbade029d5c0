/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the values that the service keeps in its store, each where it is read and where it
 * is written: a name that is spelt twice is two values. */
#ifndef PDG_SERVICE_META_H
#define PDG_SERVICE_META_H

/* Of the policy in force: its version, and "VERSION DIGEST". */
#define PDG_META_POLICY_VERSION "policy-version"
#define PDG_META_POLICY_DIGEST	"policy-digest"

/* Public halves: the signing keys (service/own_keys.h); base64 of the others'. */
#define PDG_META_SERVICE_KEYS "service-keys"
#define PDG_META_JOURNAL_KEY  "journal-key"
#define PDG_META_LOG_KEY      "log-key"
/* Since when a key countersigns; %s: its hint. */
#define PDG_META_KEY_SINCE "key-since:%s"

/* The log that the store was begun with, and since when. */
#define PDG_META_LOG_TYPE   "log-type"
#define PDG_META_LOG_ORIGIN "log-origin"
#define PDG_META_LOG_ID	    "log-id"
#define PDG_META_LOG_SINCE  "log-since"
/* How far it is known: entries; "SIZE ROOT" of its newest tree. */
#define PDG_META_LOG_SIZE "log-size"
#define PDG_META_LOG_HEAD "log-head"

/* A refusal on record: the index of its leaf; behind it a digest (service/batch.c). */
#define PDG_META_REFUSAL "refused:"

#endif
