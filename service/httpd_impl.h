/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the HTTP server share, and nobody else sees:
 *
 *	httpd.c          starting, stopping
 *	httpd_accept.c   connections taken in, and those that are too many
 *	httpd_loop.c     a thread with its connections, and what other threads leave for it
 *	httpd_link.c     a connection: events, deadlines, bytes in and out
 *	httpd_take.c     from bytes to requests, one after the other
 *	httpd_request.c  a request: what is refused, who answers
 *	httpd_reply.c    an answer on its way out
 *	httpd_log.c      a line for a request
 *	httpd_terms.c    what SIGHUP changes: TLS, who may read, how many may come
 *	httpd_tls.c      certificates and authorities, and that they become others
 *	httpd_tls_link.c a connection's TLS: handshake, bytes, what its certificate proves
 *
 * A connection belongs to one loop, and all that is done with it is done on that loop's thread. The
 * one thing that other threads do is pdg_mail_put(): "this request is answered".
 */
#ifndef PDG_SERVICE_HTTPD_IMPL_H
#define PDG_SERVICE_HTTPD_IMPL_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "service/budget.h"
#include "service/http.h"
#include "service/http_chunk.h"
#include "service/httpd.h"
#include "service/metrics.h"
#include "service/peers.h"
#include "service/reads.h"

#define PDG_LOOPS_MAX 64
#define PDG_SCRATCH   PDG_LIMIT_KIB(64) /* what one read takes; a head is far smaller */

struct pdg_link;

/* Something for a loop's thread to do. */
struct pdg_mail {
	struct pdg_mail *next;
	void (*deliver)(struct pdg_mail *mail);
};

/* What @mail, its @member, is in. */
#define PDG_MAIL_OF(mail, type, member) ((type *)(void *)((char *)(mail)-offsetof(type, member)))

struct pdg_loop {
	struct pdg_httpd *httpd;
	unsigned index;
	pthread_t thread;
	bool running;
	struct event_base *base;
	struct event *wake;
	struct event *tick;
	int wake_fd;
	_Atomic(struct pdg_mail *) mail; /* newest first */
	struct pdg_mail halt;

	atomic_size_t n; /* connections that are its own, or on their way to it */
	struct pdg_link *links;
	uint8_t *scratch;    /* PDG_SCRATCH bytes that are being looked at */
	struct pdg_buf head; /* of the answer that is being sent */
	uint64_t next_id;
	int64_t dated; /* the second of date */
	char date[PDG_TIME_TEXT];
	int64_t log_second; /* in which logged lines were written */
	unsigned logged, unlogged;
};

struct pdg_listener {
	struct pdg_httpd *httpd;
	struct event *event;
	int fd;
	bool local; /* a unix socket: no TLS */
	size_t capacity;
	atomic_size_t n;
};

struct pdg_httpd {
	const struct pdg_service_config *cfg;
	struct pdg_core *core;
	struct pdg_tls *tls;
	struct pdg_peers *peers;
	pthread_rwlock_t terms_lock; /* tls's mutex is taken while it is held */
	struct pdg_strings readers;  /* guarded by it, and with it tls's turn; none: everybody */
	struct pdg_reads *reads;
	struct pdg_listener listener[PDG_LIMIT_LISTENERS];
	size_t n_listeners;
	struct pdg_loop loop[PDG_LOOPS_MAX];
	size_t n_loops;
	struct pdg_mail close_listeners;
	struct event *accept_again;
	int reserve; /* a descriptor to be given up for saying that there is none */
	int64_t said_full, said_descriptors; /* when that was last logged */
	atomic_size_t over;		     /* connections beyond the limit */
	struct pdg_budget bodies;	     /* being received or judged */
	struct pdg_budget answers;	     /* made and not fetched yet */
	atomic_bool stopping;
	atomic_size_t active;	   /* requests begun and not completed */
	atomic_size_t connections; /* open, those that are too many too */
	uint32_t id_base;
};

/* Why TLS ended a connection. */
struct pdg_tls_refused {
	enum pdg_tls_refusal why;
	const char *text; /* more exactly; static, or NULL */
	bool http;	  /* NOT_TLS: what came begins like a request in plain HTTP */
};

/* What a client's certificate proved. */
struct pdg_tls_proof {
	struct pdg_strings names; /* n 0: there is none */
	int64_t until;		  /* Unix time at which the first certificate of its chain ends */
	uint64_t turn;		  /* of struct pdg_tls, by whose authorities it is good; 0: none */
};

/* One connection, from its acceptance to its end. */
struct pdg_link {
	struct pdg_mail mail; /* on its way to its loop */
	struct pdg_loop *loop;
	struct pdg_listener *listener;
	struct pdg_link *next, *previous;
	struct event event;
	short armed; /* EV_READ, EV_WRITE: what event waits for; 0: nothing */
	int fd;
	enum pdg_phase phase;
	pdg_deadline deadline;
	struct pdg_peer *peer;
	void *tls; /* SSL; NULL: plain */
	bool handshaking;
	unsigned asides; /* messages of TLS itself that came after the handshake */
	bool over;	 /* beyond the limit: told so, and closed */
	bool listed;	 /* in its loop's list */
	bool dead;	 /* to be freed when whoever works with it is done */
	bool at_end;	 /* the client sends nothing more */
	bool lingers;	 /* refused; what still comes is thrown away */
	size_t discarded;
	struct pdg_http_find find;
	struct pdg_buf in;	/* came, and not taken yet: less than a head, or further requests */
	struct pdg_buf out;	/* head of an answer that did not fit into the socket */
	size_t out_sent, sent;	/* of it, and of the body */
	struct pdg_exchange *x; /* the request that is being read or answered */
	struct pdg_tls_proof proof;
	const char *why; /* it is over the limit; static */
	char address[48];
};

/* One request on its connection. */
struct pdg_exchange {
	struct pdg_request rq; /* first: finish() gets this address */
	struct pdg_mail mail;
	struct pdg_link *link;
	const char *method; /* static */
	bool head_only;	    /* HEAD */
	bool last;	    /* no further request on this connection */
	bool has_body, chunked, waits;
	bool unread;   /* the client has sent more than was taken, or may do so */
	uint64_t left; /* of a body of known length */
	struct pdg_http_chunk chunk;
	struct pdg_buf body;
	size_t counted; /* bytes of httpd->bodies that are ours */
	size_t waiting; /* bytes of httpd->answers that are ours */
	size_t discarded;
	char *kept;		      /* the strings, where the bytes that they were in are gone */
	bool inside;		      /* the handler runs */
	bool busy;		      /* the handler has it, or somebody whom it gave it to */
	bool done;		      /* it was answered inside */
	int64_t began, run, answered; /* pdg_monotonic_us() */
	int64_t allowed;	      /* microseconds from run to answered that are no wonder */
};

/* --- loops --- */

/** Everything but the thread. */
int pdg_loop_prepare(struct pdg_httpd *h, struct pdg_loop *loop, struct pdg_error *err);
int pdg_loop_start(struct pdg_loop *loop, struct pdg_error *err);
/** On its thread. */
void pdg_loop_add(struct pdg_loop *loop, struct pdg_link *l);
void pdg_loop_remove(struct pdg_loop *loop, struct pdg_link *l);
/** Ends the thread. Its connections are closed by pdg_loop_done(). */
void pdg_loop_halt(struct pdg_loop *loop);
void pdg_loop_done(struct pdg_loop *loop);
/** Any thread. */
void pdg_mail_put(struct pdg_loop *loop, struct pdg_mail *mail);

/* --- accepting --- */

/** The first loop has not begun yet. */
int pdg_accept_start(struct pdg_httpd *h, struct pdg_error *err);
void pdg_accept_done(struct pdg_httpd *h);

/* --- connections, on their loop's thread --- */

/** Take it over: it is this loop's from now on. */
void pdg_link_begin(struct pdg_link *l);
/** It is on its way to its loop; a pdg_mail's deliver. */
void pdg_link_delivered(struct pdg_mail *mail);
/** Free it when it is dead and nobody works with it: the last thing that a callback does. */
void pdg_link_settle(struct pdg_link *l);
void pdg_link_free(struct pdg_link *l);
void pdg_link_enter(struct pdg_link *l, enum pdg_phase phase, size_t bytes);
/** Wait for EV_READ, EV_WRITE or nothing. */
void pdg_link_arm(struct pdg_link *l, short what);
/** Read what is there; EV_READ came, or may have come while nobody waited for it. */
void pdg_link_readable(struct pdg_link *l);
/** The answer is out and the connection goes on. */
void pdg_link_next(struct pdg_link *l);
/** No further request. @clean: the client has nothing unread on its way to us. */
void pdg_link_end(struct pdg_link *l, bool clean);
/** Bytes written, 0: none now; the connection is dead: it failed. */
size_t pdg_link_write(struct pdg_link *l, struct iovec *v, int n);

/** Take requests out of the @n bytes at the beginning of the loop's scratch. */
void pdg_link_take(struct pdg_link *l, size_t n);

/* --- requests --- */

/** A request with this head; NULL: out of memory. */
struct pdg_exchange *pdg_exchange_new(struct pdg_link *l, const struct pdg_http_head *h);
/** All that can be refused before a byte of the body is: an answer is there then. */
void pdg_exchange_open(struct pdg_exchange *x, const struct pdg_http_head *h);
/** The bytes that it was read from will be used again. False: out of memory. */
bool pdg_exchange_keep(struct pdg_exchange *x);
/** More of the body. What is refused already is thrown away. */
void pdg_exchange_body(struct pdg_exchange *x, struct pdg_bytes data);
/** Let the route answer it; @in_place: the whole body, or nothing: it is in x->body. */
void pdg_exchange_run(struct pdg_exchange *x, struct pdg_bytes in_place);
void pdg_exchange_free(struct pdg_exchange *x);

/** Send the answer, or what is left of it. True: it is out; the exchange is gone. */
bool pdg_reply_send(struct pdg_link *l);
/** A refusal, the connection's last answer, of a request of which nothing is known. */
void pdg_reply_unread(struct pdg_link *l, const char *rule, const char *text);
/** Count the answer that was made; one that does not fit becomes HTP-7. */
void pdg_reply_admit(struct pdg_exchange *x);

/** One line: for a refusal at info, else at debug; one more where it took too long. */
void pdg_log_exchange(const struct pdg_exchange *x);

/** The same for a connection that TLS ended, and its count. */
void pdg_log_tls(const struct pdg_link *l, const struct pdg_tls_refused *why);

/* --- what SIGHUP changes --- */

/** As the configuration of the start has it. */
int pdg_terms_begin(struct pdg_httpd *h, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_terms_end(struct pdg_httpd *h);
/** Between these what is in force stays so, for whoever judges a request by it. */
void pdg_terms_hold(struct pdg_httpd *h);
void pdg_terms_release(struct pdg_httpd *h);
/** Held: may @caller read? */
bool pdg_terms_may_read(const struct pdg_httpd *h, const struct pdg_caller *caller);

/* --- TLS --- */

/** What @cfg names now, as *@out: for pdg_tls_take(), or pdg_tls_drop(). */
int pdg_tls_prepare(const struct pdg_service_config *cfg, void **out,
		    struct pdg_error *err) PDG_MUST_CHECK;
/** Connections to come have it. */
void pdg_tls_take(struct pdg_tls *tls, void *prepared);
void pdg_tls_drop(void *prepared);
/** Begin on @fd; NULL: out of memory. */
void *pdg_tls_begin(struct pdg_tls *tls, int fd);
/**
 * READY, MORE (*@out_what: wait for EV_READ or EV_WRITE), or BAD (by *@out_why). From READY on
 * *@asides counts the messages of a handshake that come all the same.
 */
enum pdg_http_read pdg_tls_handshake(void *ssl, unsigned *asides, short *out_what,
				     struct pdg_tls_refused *out_why);
/** What the client's certificate proves, if it showed one. False: out of memory. */
bool pdg_tls_prove(struct pdg_tls *tls, void *ssl, struct pdg_tls_proof *out);
/** Is it still good: did nothing of it end, and do the authorities in force vouch for it? */
bool pdg_tls_proves(struct pdg_tls *tls, void *ssl, struct pdg_tls_proof *proof);
void pdg_tls_proof_done(struct pdg_tls_proof *proof);
/**
 * Like read() and write(): EAGAIN when nothing is possible now. Reading may wait for EV_WRITE, as
 * *@out_what says: the client asked for something of TLS itself.
 */
ssize_t pdg_tls_read(void *ssl, void *p, size_t n, short *out_what);
ssize_t pdg_tls_write(void *ssl, const void *p, size_t n);
/** Is something left that was received and not read? */
bool pdg_tls_pending(void *ssl);
/** Say that nothing more comes. */
void pdg_tls_close(void *ssl);
void pdg_tls_end(void *ssl);

#endif
