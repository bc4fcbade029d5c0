/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys over the process that holds them: a thread that needs a signature takes an idle connection,
 * asks, waits, gives it back. No thread of its own: whoever finds the process gone begins another.
 */
#include "service/signer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/signer_impl.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"
#include "util/wait.h"

#define END_MS	       1000
#define WAIT_MS	       10000 /* for a connection, or for another thread's attempt */
#define HUNG_MS	       (PDG_SIGNER_ANSWER_SECONDS * 1000 - 100) /* a socket's clock is coarse */
#define DELAY_FIRST_MS 100
#define DELAY_MOST_MS  10000
#define LIVED_MS       1000 /* one that ends sooner ends for a reason that will not go away */

/* --- holders, with the mutex held --- */

static void unref(struct pdg_signer *s, struct pdg_signer_holder *h)
{
	struct pdg_signer_holder **at = &s->all;

	if (!h || --h->refs > 0)
		return;
	while (*at && *at != h)
		at = &(*at)->next;
	if (*at)
		*at = h->next;
	pdg_signer_holder_free(h);
}

static void put_current(struct pdg_signer *s, struct pdg_signer_holder *h)
{
	unref(s, s->current);
	s->current = h;
	h->next = s->all;
	s->all = h;
	(void)pthread_cond_broadcast(&s->change);
}

static void grow_delay(struct pdg_signer *s)
{
	s->delay = s->delay ? s->delay * 2 : DELAY_FIRST_MS;
	if (s->delay > DELAY_MOST_MS)
		s->delay = DELAY_MOST_MS;
}

/*
 * Nobody waits any longer for what a process will not say. Where one @hung whoever stands behind
 * hears so too: the next may hang as long, and each is to be answered in the time of one answer.
 */
static void give_up(struct pdg_signer *s, struct pdg_signer_holder *h, bool hung)
{
	int64_t now = pdg_monotonic_ms();
	size_t i;

	if (h->dead)
		return;
	h->dead = true;
	for (i = 0; i < h->n; i++)
		(void)shutdown(h->fds[i], SHUT_RDWR);
	pdg_signer_holder_release(h);
	if (now - h->since >= LIVED_MS)
		s->delay = 0;
	s->next_try = now + (hung && s->delay == 0 ? DELAY_FIRST_MS : s->delay);
	if (now - h->since < LIVED_MS)
		grow_delay(s);
	(void)pthread_cond_broadcast(&s->change);
}

static int no_signer(struct pdg_error *err, const char *why)
{
	return pdg_reject(err, "SVC-3", "%s", why);
}

/* Nobody else begins one until set_starting(false). */
static void set_starting(struct pdg_signer *s, bool starting)
{
	s->starting = starting;
	s->starting_since = pdg_monotonic_ms();
	(void)pthread_cond_broadcast(&s->change);
}

/* Somebody waits for it, and since @by nobody has heard anything. One token may sign for many, each
 * in his turn. */
static bool is_late(const struct pdg_signer_holder *h, int64_t by)
{
	return !h->dead && h->n_idle < h->n && h->heard <= by;
}

/* Begin another one in the place of s->current, unless it is too early. Gives the mutex away. */
static int begin_another(struct pdg_signer *s, struct pdg_error *err)
{
	struct pdg_signer_holder *h = NULL;
	struct pdg_error why = {0};
	int rc;

	if (pdg_monotonic_ms() < s->next_try)
		return no_signer(err, "pedigree-signer has ended, and is begun again soon");
	set_starting(s, true);
	(void)pthread_mutex_unlock(&s->mutex);
	rc = pdg_signer_another(s, NULL, &h, &why);
	if (rc < 0)
		pdg_log_error(PDG_LOG_ERROR, "signer-not-started", &why);
	(void)pthread_mutex_lock(&s->mutex);
	set_starting(s, false);
	if (rc == 0) {
		s->restarts++;
		put_current(s, h);
	} else {
		grow_delay(s);
		s->next_try = pdg_monotonic_ms() + s->delay;
	}
	return rc < 0 ? no_signer(err, why.text) : 0;
}

static bool has_key(const struct pdg_signer_holder *h, const struct pdg_signer_key *k)
{
	return h && h->names.has[k->purpose] &&
	       memcmp(h->names.sha256[k->purpose], k->sha256, PDG_SHA256_LEN) == 0;
}

/* The process by which @k signs: its own while that lives, else the newest. */
static struct pdg_signer_holder *holder_of(const struct pdg_signer_key *k)
{
	if (k->h && !k->h->dead)
		return k->h;
	return k->s->current;
}

/* What the configuration names by now is another key: one that followed this one, or one that was
 * not taken in, whose process nobody may sign by. */
static int gone(struct pdg_error *err)
{
	int rc = no_signer(err, "the program that held the key has ended, and the configuration "
				"names another key");

	pdg_fix(err, "send it again; if that does not help, /readyz says why the other key is not "
		     "in use: mend that, or name the key before again, and reload");
	return rc;
}

/* An idle connection of a live process that has the key. */
static int take_connection(struct pdg_signer_key *k, bool wait, struct pdg_signer_loan *out,
			   struct pdg_error *err)
{
	struct pdg_signer *s = k->s;
	int64_t until = pdg_monotonic_ms() + WAIT_MS;
	bool late = false;
	int rc;

	for (;;) {
		struct pdg_signer_holder *h = holder_of(k);

		if (h && !h->dead && !has_key(h, k))
			return gone(err);
		if (h && !h->dead && h->n_idle > 0) {
			h->refs++;
			*out = (struct pdg_signer_loan){.h = h, .since = pdg_monotonic_ms()};
			if (h->n_idle == h->n)
				h->heard = out->since;
			out->fd = h->idle[--h->n_idle];
			return 0;
		}
		if (!wait)
			return pdg_fail(err, PDG_E_NOTFOUND, "all connections are in use");
		if (s->stopping)
			return pdg_reject(err, "SVC-2", "the service is stopping");
		if ((h && !h->dead) || s->starting) {
			if (late)
				return no_signer(err, "pedigree-signer is busy");
			late = !pdg_cond_wait_until(&s->change, &s->mutex, until);
			continue;
		}
		rc = begin_another(s, err);
		if (rc < 0)
			return rc;
	}
}

int pdg_signer_lend(struct pdg_signer_key *k, bool wait, struct pdg_signer_loan *out,
		    struct pdg_error *err)
{
	int rc;

	(void)pthread_mutex_lock(&k->s->mutex);
	rc = take_connection(k, wait, out, err);
	(void)pthread_mutex_unlock(&k->s->mutex);
	return rc;
}

bool pdg_signer_give_back(struct pdg_signer *s, const struct pdg_signer_loan *loan, bool gone)
{
	struct pdg_signer_holder *h = loan->h;
	int64_t now = pdg_monotonic_ms();
	bool hung = now - loan->since >= HUNG_MS;

	(void)pthread_mutex_lock(&s->mutex);
	h->idle[h->n_idle++] = loan->fd;
	h->heard = now;
	/* Of those who wait some want another holder's connection, or none: all look. */
	if (gone)
		give_up(s, h, hung);
	else
		(void)pthread_cond_broadcast(&s->change);
	unref(s, h);
	(void)pthread_mutex_unlock(&s->mutex);
	return !hung;
}

/* --- signing --- */

/* *@out_again: nothing is wrong with what is to be signed, and there is time. */
static int sign_once(struct pdg_signer_key *k, struct pdg_bytes msg, struct pdg_buf *out,
		     bool *out_again, struct pdg_error *err)
{
	const struct pdg_agent_head sign = {.op = PDG_AGENT_SIGN, .purpose = (uint8_t)k->purpose};
	struct pdg_signer_loan loan = {.fd = -1};
	struct pdg_error why = {0};
	int rc;

	*out_again = false;
	rc = pdg_signer_lend(k, true, &loan, err);
	if (rc < 0)
		return rc;
	rc = pdg_signer_ask(loan.fd, sign, msg, out, &why);
	if (rc == PDG_E_IO)
		pdg_log_error(PDG_LOG_WARN, "signer-gone", &why);
	*out_again = pdg_signer_give_back(k->s, &loan, rc == PDG_E_IO) && rc == PDG_E_IO;
	if (rc == PDG_E_IO)
		return no_signer(err, why.text);
	if (rc < 0 && err)
		*err = why;
	return rc;
}

/* Who has the signature hears nothing of an attempt before. */
static int signer_sign(void *ctx, struct pdg_bytes msg, struct pdg_buf *out_sig,
		       struct pdg_error *err)
{
	struct pdg_error why = {0};
	bool again;
	int rc = sign_once(ctx, msg, out_sig, &again, &why);

	if (rc < 0 && again)
		return sign_once(ctx, msg, out_sig, &again, err);
	if (rc < 0 && err)
		*err = why;
	return rc;
}

static void release_key(void *ctx)
{
	struct pdg_signer_key *k = ctx;

	(void)pthread_mutex_lock(&k->s->mutex);
	unref(k->s, k->h);
	(void)pthread_mutex_unlock(&k->s->mutex);
	free(k);
}

/* A key of @h; of its own for a signing key, which may be followed by another. */
static int make_key(struct pdg_signer *s, struct pdg_signer_holder *h, enum pdg_purpose purpose,
		    struct pdg_bytes spki, struct pdg_key **out, struct pdg_error *err)
{
	struct pdg_signer_key *k = pdg_calloc(1, sizeof(*k));
	struct pdg_key_elsewhere at = {.sign = signer_sign,
				       .release = release_key,
				       .ctx = k,
				       .sign_many = pdg_signer_sign_many};
	int rc;

	if (!k)
		return pdg_nomem(err);
	k->s = s;
	k->purpose = purpose;
	memcpy(k->sha256, h->names.sha256[purpose], sizeof(k->sha256));
	rc = pdg_key_elsewhere(spki, &at, out, err);
	if (rc < 0) {
		free(k);
		return rc;
	}
	if (purpose == PDG_PURPOSE_SIGNING) {
		(void)pthread_mutex_lock(&s->mutex);
		h->refs++;
		k->h = h;
		(void)pthread_mutex_unlock(&s->mutex);
	}
	return 0;
}

/* --- beginning and end --- */

void pdg_signer_stop(struct pdg_signer *s, int64_t ms)
{
	int64_t by = pdg_monotonic_ms() - ms;
	struct pdg_signer_holder *h;

	(void)pthread_mutex_lock(&s->mutex);
	s->stopping |= s->starting && s->starting_since <= by;
	for (h = s->all; h; h = h->next) {
		if (!is_late(h, by))
			continue;
		s->stopping = true;
		give_up(s, h, true);
	}
	if (s->stopping)
		(void)pthread_cond_broadcast(&s->change);
	(void)pthread_mutex_unlock(&s->mutex);
}

void pdg_signer_end(struct pdg_signer *s)
{
	if (!s)
		return;
	pdg_signer_holder_free(s->current);
	(void)pdg_peer_end(&s->keeper, END_MS);
	(void)pthread_cond_destroy(&s->change);
	(void)pthread_mutex_destroy(&s->mutex);
	free(s->program);
	free(s->config);
	free(s->origin);
	free(s->journal_key);
	free(s->log_key);
	free(s->envp);
	free(s);
}

static int copy(const char *text, char **out, struct pdg_error *err)
{
	*out = pdg_str_dup(text);
	return text && !*out ? pdg_nomem(err) : 0;
}

static int variable(const char *name, const char *value, char **out, struct pdg_error *err)
{
	*out = value ? pdg_str_printf("%s=%s", name, value) : NULL;
	return value && !*out ? pdg_nomem(err) : 0;
}

static bool is_place(const char *variable)
{
	return pdg_str_starts(variable, PDG_AGENT_ENV_JOURNAL_KEY "=") ||
	       pdg_str_starts(variable, PDG_AGENT_ENV_LOG_KEY "=");
}

/* What this process has, and where the two keys are. */
static int describe_env(struct pdg_signer *s, const struct pdg_signer_options *opt,
			struct pdg_error *err)
{
	size_t n = 0;
	size_t all = 0;
	int rc = variable(PDG_AGENT_ENV_JOURNAL_KEY, opt->journal_key, &s->journal_key, err);

	if (rc == 0)
		rc = variable(PDG_AGENT_ENV_LOG_KEY, opt->log_key, &s->log_key, err);
	if (rc < 0)
		return rc;
	while (environ && environ[all])
		all++;
	s->envp = pdg_calloc(all + 3, sizeof(*s->envp));
	if (!s->envp)
		return pdg_nomem(err);
	for (all = 0; environ && environ[all]; all++) {
		if (!is_place(environ[all]))
			s->envp[n++] = environ[all];
	}
	if (s->journal_key)
		s->envp[n++] = s->journal_key;
	if (s->log_key)
		s->envp[n++] = s->log_key;
	return 0;
}

static int describe(struct pdg_signer *s, const struct pdg_signer_options *opt,
		    struct pdg_error *err)
{
	size_t n = 0;
	int rc = copy(opt->program, &s->program, err);

	if (rc == 0)
		rc = copy(opt->config, &s->config, err);
	if (rc == 0)
		rc = copy(opt->origin, &s->origin, err);
	if (rc == 0)
		rc = describe_env(s, opt, err);
	s->argv[n++] = "pedigree-signer";
	s->argv[n++] = "--config";
	s->argv[n++] = s->config;
	s->argv[n++] = "--origin";
	s->argv[n++] = s->origin;
	s->spawn = (struct pdg_spawn){.program = s->program, .argv = s->argv, .envp = s->envp};
	return rc;
}

int pdg_signer_start(const struct pdg_signer_options *opt, struct pdg_signer **out,
		     struct pdg_error *err)
{
	PDG_AUTO(signer) struct pdg_signer *s = pdg_calloc(1, sizeof(*s));
	struct pdg_signer_holder *h = NULL;
	int rc;

	if (!s)
		return pdg_nomem(err);
	s->keeper = (struct pdg_peer)PDG_PEER_NONE;
	(void)pthread_mutex_init(&s->mutex, NULL);
	pdg_cond_init_monotonic(&s->change);
	rc = describe(s, opt, err);
	if (rc == 0)
		rc = pdg_signer_begin(s, &h, err);
	if (rc < 0)
		return rc;
	put_current(s, h);
	*out = PDG_TAKE(s);
	return 0;
}

int pdg_signer_key(struct pdg_signer *s, enum pdg_purpose purpose, struct pdg_key **out,
		   struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	int rc = pdg_signer_open(s->current, purpose, &spki, err);

	if (rc < 0)
		return rc;
	s->names = s->current->names;
	return make_key(s, s->current, purpose, pdg_buf_bytes(&spki), out, err);
}

int pdg_signer_seal(struct pdg_signer *s, struct pdg_error *err)
{
	return pdg_signer_close(s->current, err);
}

/* Nobody else begins a holder from here on, until s->starting is put back. */
static int start_alone(struct pdg_signer *s, struct pdg_error *err)
{
	int64_t until = pdg_monotonic_ms() + WAIT_MS;
	bool late = false;
	int rc = 0;

	(void)pthread_mutex_lock(&s->mutex);
	while (s->starting && !late)
		late = !pdg_cond_wait_until(&s->change, &s->mutex, until);
	if (s->starting)
		rc = no_signer(err, "pedigree-signer is begun again just now, and does not answer");
	else
		set_starting(s, true);
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

int pdg_signer_turn(struct pdg_signer *s, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	PDG_AUTO(holder) struct pdg_signer_holder *h = NULL;
	struct pdg_key *key;
	int rc;

	rc = start_alone(s, err);
	if (rc < 0)
		return rc;
	rc = pdg_signer_another(s, &spki, &h, err);
	if (rc == 0)
		rc = make_key(s, h, PDG_PURPOSE_SIGNING, pdg_buf_bytes(&spki), &key, err);
	(void)pthread_mutex_lock(&s->mutex);
	set_starting(s, false);
	if (rc == 0) {
		s->names = h->names;
		s->delay = 0;
		s->next_try = 0;
		put_current(s, PDG_TAKE(h));
		*out = key;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

uint64_t pdg_signer_restarts(struct pdg_signer *s)
{
	uint64_t n;

	(void)pthread_mutex_lock(&s->mutex);
	n = s->restarts;
	(void)pthread_mutex_unlock(&s->mutex);
	return n;
}
