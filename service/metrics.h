/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted for /metrics. A count costs one relaxed addition to a line of memory that other
 * threads seldom touch. Every label is from a fixed set: a route of the table, a method, a class of
 * status, a rule; nothing that a sender chose is ever a label (attacks.md T77).
 */
#ifndef PDG_SERVICE_METRICS_H
#define PDG_SERVICE_METRICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/auto.h"
#include "util/buf.h"

struct pdg_metrics;

/* What takes time. Microseconds are observed, seconds are told. */
enum pdg_lasting {
	PDG_LASTS_SUBMISSION, /* from the parsed request to its answer */
	PDG_LASTS_SIGN,	      /* the countersignatures of one group */
	PDG_LASTS_COMMIT,     /* one transaction of the store, inserts included */
	PDG_LASTS_LOG,	      /* how long an answer waited for the log */
	PDG_LASTINGS,
};

/* What fails by a rule: errors without one are told as rule="none". */
enum pdg_failing {
	PDG_FAILS_UNKNOWN, /* a submission, before its sender was known */
	PDG_FAILS_KNOWN,   /* a submission, after it */
	PDG_FAILS_REQUEST, /* any request that is answered by a problem document */
	PDG_FAILS_LOG,	   /* a call or an entry that the log did not take */
	PDG_FAILS_STORE,   /* a transaction that the store did not take */
	PDG_FAILINGS,
};

/* Numbers that somebody else keeps and that are looked at when asked for. */
enum pdg_level_of {
	PDG_LEVEL_CONNECTIONS, /* open now */
	PDG_LEVEL_REQUESTS,    /* begun and not completed */
	PDG_LEVEL_BODIES,      /* bytes of bodies in memory */
	PDG_LEVEL_ANSWERS,     /* bytes of answers that wait to be fetched */
	PDG_LEVELS,
};

/* Why a connection was given up that TLS was to be spoken on. */
enum pdg_tls_refusal {
	PDG_TLS_NOT_TLS,     /* what came is none: plain HTTP, mostly */
	PDG_TLS_PARAMETERS,  /* no version, cipher or group in common */
	PDG_TLS_CERTIFICATE, /* the client's is not good */
	PDG_TLS_REJECTED,    /* the client said that it goes no further: ours is not, mostly */
	PDG_TLS_CLOSED,	     /* it went away within the handshake */
	PDG_TLS_LATE,	     /* it did not end the handshake in time */
	PDG_TLS_ASIDES,	     /* it changed its keys too often */
	PDG_TLS_OTHER,
	PDG_TLS_REFUSALS,
};
/** As the metric and the log name it. Static. */
const char *pdg_tls_refusal_name(enum pdg_tls_refusal why);

enum pdg_metrics_method {
	PDG_METHOD_GET,
	PDG_METHOD_HEAD,
	PDG_METHOD_POST,
	PDG_METHOD_OTHER,
	PDG_METHODS,
};

int pdg_metrics_new(struct pdg_metrics **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_metrics_free(struct pdg_metrics *m);
PDG_AUTO_DEFINE(metrics, struct pdg_metrics *, pdg_metrics_free)

/* All of these: any thread; @m NULL counts nothing. */

/**
 * A request was answered.
 *
 * @route  its place in pdg_routes; PDG_METRICS_NO_ROUTE: there is none for it
 * @method as in the request line; any other than GET, HEAD and POST is "other"
 * @status of the answer
 */
void pdg_metrics_request(struct pdg_metrics *m, size_t route, const char *method, int status);
#define PDG_METRICS_NO_ROUTE ((size_t)-1)
#define PDG_METRICS_ROUTES   48 /* at most; a test holds the table to it */

void pdg_metrics_lasted(struct pdg_metrics *m, enum pdg_lasting what, int64_t microseconds);
/** One more of @what by @rule, "" for none. */
void pdg_metrics_failed(struct pdg_metrics *m, enum pdg_failing what, const char *rule);
void pdg_metrics_tls(struct pdg_metrics *m, enum pdg_tls_refusal why);
/**
 * Tell *@v as @what. Before the first scrape; @v is borrowed, and stands as long as somebody may
 * scrape.
 */
void pdg_metrics_watch(struct pdg_metrics *m, enum pdg_level_of what, const atomic_size_t *v);

/** How many of @what there were, by whatever rule. */
uint64_t pdg_metrics_failures(const struct pdg_metrics *m, enum pdg_failing what);

/** Append what was counted, as Prometheus reads it; for service/api_metrics.c, which has the rest.
 * @route names place i of the table, or NULL beyond its end. */
void pdg_metrics_write(const struct pdg_metrics *m, const char *(*route)(size_t i),
		       struct pdg_buf *out);

/* One family: its HELP and TYPE lines. @name without the prefix "pedigree_". */
void pdg_metrics_family(struct pdg_buf *out, const char *name, const char *type, const char *help);

#endif
