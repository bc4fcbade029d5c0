/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree submit: send envelopes, bundles or submissions that were made elsewhere or earlier.
 * Asking again is safe (the same statement gets the same answer), so what may pass is tried again
 * until the deadline.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attest/outbox.h"
#include "chain/record.h"
#include "common/check_option.h"
#include "common/settings.h"
#include "net/net.h"
#include "net/records.h"
#include "net/submit.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"
#include "util/time.h"

#define SUBMIT_DEADLINE_S 10
#define SUBMIT_WAIT_S	  5
#define WAIT_SLACK_S	  5   /* the default deadline leaves so much beyond --wait */
#define ANSWER_MS	  500 /* for the answer to arrive before we stop listening */
#define FIRST_PAUSE_MS	  100
#define LONGEST_PAUSE_MS  5000

const struct pdg_opt pdg_cmd_submit_options[] = {
	{"service", "URL", "the service; default: the configured one", false},
	{"outbox", NULL, "send what waits in the outbox (arguments: outbox folders)", false},
	{"wait", "SECONDS", "let the service wait so long for the log (default 5)", false},
	{"deadline", "TIME", "give up after so long, e.g. 2s (default 10s, or --wait and 5s)",
	 false},
	{"bundle", "FILE", "write the bundle that comes back", false},
	{"records", "DIR", "save the records of what was submitted and of its links", false},
	PDG_WAY_OPTIONS,
	PDG_WAY_GIVEN_OPTION,
	{"as", "NAME", "what to call the one statement in messages (default: its file)", false},
	{"quiet", NULL, "print nothing but errors", false},
	{0},
};

static void pause_ms(int64_t ms)
{
	struct timespec t = {.tv_sec = (time_t)(ms / 1000),
			     .tv_nsec = (long)(ms % 1000) * 1000000L};

	nanosleep(&t, NULL);
}

/* The service must answer before we stop listening: what it took and we did not hear of is sent
 * twice. */
static char *prefer(const struct pdg_sending *s, int64_t left_ms)
{
	int64_t most = (left_ms - ANSWER_MS) / 1000;
	int64_t wait = s->wait < most ? s->wait : most;

	return pdg_str_printf("Prefer: wait=%lld", (long long)(wait > 0 ? wait : 0));
}

static int post_once(struct pdg_sending *s, struct pdg_bytes body, struct pdg_http_answer *a,
		     struct pdg_error *err)
{
	int64_t left = s->end_ms - pdg_monotonic_ms();
	PDG_AUTO(mem) char *url = pdg_url_join(s->service.url, "/api/v1/attestations");
	PDG_AUTO(mem) char *wait = prefer(s, left);
	const char *headers[] = {wait, NULL};
	struct pdg_http_request r = {.method = "POST",
				     .url = url,
				     .content_type = "application/json",
				     .body = body,
				     .headers = headers};
	int rc;

	if (!url || !wait)
		return pdg_nomem(err);
	r.timeout_ms = left > INT_MAX ? INT_MAX : left > 1 ? (int)left : 1;
	rc = pdg_service_call(&s->service, &r, PDG_LIMIT_RECORD, a, err);
	if (rc < 0)
		return rc;
	if (a->status == 200 || a->status == 201 || a->status == 202)
		return 0;
	return pdg_service_problem(&s->service, a, err);
}

/*
 * Try again, as the service says or with growing pauses, until the deadline: what was not judged,
 * and what has no source yet (424 with Retry-After), for the push that brings it may be under way.
 */
static int post(struct pdg_sending *s, struct pdg_bytes body, struct pdg_http_answer *a,
		struct pdg_error *err)
{
	int64_t pause = FIRST_PAUSE_MS, wait;
	int rc;

	for (;;) {
		rc = post_once(s, body, a, err);
		/* No certificate becomes another by waiting. */
		if (rc != PDG_E_IO || (err && pdg_str_eq(err->rule, "NET-5")))
			return rc;
		wait = a->retry_after > 0 ? (int64_t)a->retry_after * 1000 : pause;
		if (pdg_monotonic_ms() + wait >= s->end_ms)
			return rc;
		pdg_http_answer_done(a);
		pause_ms(wait);
		pause = pause * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause * 2;
	}
}

static int save_bundle(const struct pdg_sending *s, const struct pdg_http_answer *a,
		       struct pdg_error *err)
{
	struct pdg_bytes body = pdg_buf_bytes(&a->body), bundle;
	int rc;

	rc = pdg_json_span(body, "bundle", &bundle, err);
	if (rc < 0)
		return rc;
	if (pdg_bytes_eq_str(bundle, "null")) {
		rc = pdg_fail(err, PDG_E_IO, "accepted, but not logged yet, so there is no bundle");
		pdg_fix(err, "submit it again later with --bundle, or give --wait");
		return rc;
	}
	return pdg_fs_put(s->bundle, bundle, 0600, err);
}

/* An answer about another statement acknowledges nothing: what was sent must not be let go. */
static int check_reference(const struct pdg_sending *s, struct pdg_bytes body,
			   const char *reference, struct pdg_error *err)
{
	char sent[PDG_REFERENCE_LEN];
	int rc = pdg_submission_reference(body, sent, err);

	if (rc < 0 || strcmp(reference, sent) == 0)
		return rc;
	return pdg_reject(err, "NET-6", "%s answered for '%.80s', but %s was sent", s->service.url,
			  reference, sent);
}

/* The statement is accepted, whatever becomes of reading it back: no refusal, so no exit status 1.
 */
static int keep_records(struct pdg_sending *s, const char *reference, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc = pdg_records_by_reference(&s->service, reference, s->records, &why);

	if (rc == 0)
		return 0;
	why.code = PDG_E_IO;
	if (err)
		*err = why;
	return pdg_context(err, PDG_E_IO, "accepted, but its records cannot be kept");
}

static int take_answer(struct pdg_sending *s, const char *name, struct pdg_bytes body,
		       const struct pdg_http_answer *a, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *o = NULL;
	const char *reference, *state;
	int rc;

	rc = pdg_json_load(pdg_buf_bytes(&a->body), PDG_LIMIT_RECORD, &o, err);
	if (rc == 0)
		rc = pdg_json_str(o, "reference", &reference, err);
	if (rc == 0)
		rc = pdg_json_str(o, "state", &state, err);
	if (rc < 0)
		return pdg_context(err, rc, "answer of %s", s->service.url);
	rc = check_reference(s, body, reference, err);
	if (rc < 0)
		return rc;
	if (!s->quiet)
		pdg_out(stdout, PDG_PLAIN, "%s %s %s%s\n", reference, state, name,
			a->status == 200 ? " (known before)" : "");
	if (s->bundle)
		rc = save_bundle(s, a, err);
	if (rc == 0 && s->records)
		rc = keep_records(s, reference, err);
	return rc;
}

int pdg_send_one(struct pdg_sending *s, const char *name, struct pdg_bytes body,
		 struct pdg_http_answer *a, struct pdg_error *err)
{
	int rc = post(s, body, a, err);

	if (rc == 0)
		rc = take_answer(s, name, body, a, err);
	return rc < 0 ? pdg_context(err, rc, "%s", name) : 0;
}

/*
 * A record, as the service gives it out and `verify --save` keeps it, is sent as what it was made
 * from: the producer's envelope, with its commit. Everything else is the service's to judge.
 */
static int of_record(struct pdg_buf *body, struct pdg_error *err)
{
	PDG_AUTO(record) struct pdg_record *r = NULL;
	struct pdg_bytes part;
	int rc;

	if (pdg_json_span(pdg_buf_bytes(body), "envelope", &part, NULL) < 0 ||
	    pdg_json_span(pdg_buf_bytes(body), "journal", &part, NULL) < 0)
		return 0;
	rc = pdg_record_parse(pdg_buf_bytes(body), NULL, &r, err);
	if (rc < 0)
		return rc;
	pdg_buf_reset(body);
	return pdg_submission_write(r->envelope, pdg_buf_bytes(&r->commit), body, err);
}

static const char *called(const char *file)
{
	return strcmp(file, "-") == 0 ? "standard input" : file;
}

static int read_submission(const char *file, struct pdg_buf *body, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *o = NULL;
	int rc = strcmp(file, "-") == 0 ? pdg_fs_read_fd(STDIN_FILENO, called(file), body, err)
					: pdg_fs_read(file, body, err);

	if (rc == PDG_E_NOTFOUND || (rc < 0 && pdg_fs_is_dir(file))) {
		rc = pdg_reject(err, "CLI-3", "\"%s\" is no file", file);
		pdg_fix(err,
			pdg_fs_is_dir(file)
				? "name the files in it, or --outbox for the folder of an outbox"
				: "name an envelope, a bundle, a submission or a record");
	}
	if (rc < 0)
		return pdg_under_rule(err, rc, "JSN-2");
	rc = pdg_json_load(pdg_buf_bytes(body), PDG_LIMIT_RECORD, &o, err);
	if (rc == 0)
		rc = of_record(body, err);
	if (rc == 0 && body->n > PDG_LIMIT_BODY)
		rc = pdg_reject(err, "JSN-2", "%zu bytes, at most %zu are taken", body->n,
				PDG_LIMIT_BODY);
	return rc < 0 ? pdg_context(err, rc, "%s", called(file)) : 0;
}

/* *@out_away: the service did not answer, so it need not be asked for the next. */
static int send_one_file(struct pdg_sending *s, const char *file, const char *as, bool *out_away,
			 struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	int rc = read_submission(file, &body, err);

	if (rc < 0)
		return rc;
	rc = pdg_send_one(s, as ? as : called(file), pdg_buf_bytes(&body), &a, err);
	/* What was accepted (2xx) was answered, whatever could not be done with it then. */
	*out_away = rc == PDG_E_IO && a.status != 424 && a.status / 100 != 2;
	return rc;
}

/* Each file is tried, whatever became of the one before; the first failure is the end's. */
static int send_files(struct pdg_sending *s, const struct pdg_args *args, struct pdg_error *err)
{
	bool away = false;
	int first = 0;
	size_t i;

	for (i = 0; i < args->n_args && !away; i++) {
		struct pdg_error why = {0};
		int rc = send_one_file(s, args->arg[i], pdg_args_get(args, "as"), &away, &why);

		if (rc == 0)
			continue;
		if (first)
			pdg_out_error("pedigree", &why);
		else if (err)
			*err = why;
		first = first ? first : rc;
	}
	return first;
}

static int send_outboxes(struct pdg_sending *s, const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(settings) struct pdg_settings own = {0};
	size_t i;
	int rc = 0;

	if (args->n_args == 0) {
		rc = pdg_settings_load(NULL, &own, err);
		if (rc < 0)
			return rc;
		if (!own.outbox)
			return pdg_reject(err, "CLI-2",
					  "not in a git repository, and no outbox is named");
		return pdg_send_waiting(s, own.outbox, false, err);
	}
	for (i = 0; rc == 0 && i < args->n_args; i++)
		rc = pdg_send_waiting(s, args->arg[i], true, err);
	return rc;
}

/*
 * What was asked for by both --wait and --deadline is kept or refused; where one was named, the
 * other gives way: a short deadline shortens the default wait, a long wait lengthens the deadline.
 */
static int read_times(const struct pdg_args *args, struct pdg_sending *s, struct pdg_error *err)
{
	const char *deadline = pdg_args_get(args, "deadline");
	const char *wait_text = pdg_args_get(args, "wait");
	int64_t seconds = SUBMIT_DEADLINE_S;
	uint64_t wait = SUBMIT_WAIT_S;
	int rc = deadline ? pdg_check_deadline("--deadline", deadline, &seconds, err) : 0;

	if (rc < 0)
		return rc;
	if (wait_text && !pdg_bytes_u64(pdg_bytes_str(wait_text), PDG_LIMIT_WAIT_SECONDS, &wait))
		return pdg_reject(err, "CLI-2", "--wait '%s' is not 0 to %d", wait_text,
				  PDG_LIMIT_WAIT_SECONDS);
	s->wait = (int64_t)wait;
	if (wait_text && deadline && s->wait > 0 && s->wait >= seconds) {
		rc = pdg_reject(err, "CLI-2", "--wait %s does not end before --deadline %s",
				wait_text, deadline);
		pdg_fix(err, "give --deadline a second more than --wait, or leave it out");
		return rc;
	}
	if (!wait_text && s->wait > seconds - 2)
		s->wait = seconds > 2 ? seconds - 2 : 0;
	if (!deadline && seconds < s->wait + WAIT_SLACK_S)
		seconds = s->wait + WAIT_SLACK_S;
	s->end_ms = pdg_monotonic_ms() + seconds * 1000;
	return 0;
}

/* The bundle must not take the place of what is sent. */
static int check_bundle(const struct pdg_args *args, struct pdg_error *err)
{
	int rc = pdg_check_out_file(args, "bundle", err);

	if (rc < 0 || !pdg_args_has(args, "bundle") || args->n_args != 1)
		return rc;
	return pdg_check_out_apart(args, "bundle", args->arg[0], err);
}

static int read_options(const struct pdg_args *args, struct pdg_sending *s, struct pdg_error *err)
{
	int rc = read_times(args, s, err);

	if (rc == 0)
		rc = check_bundle(args, err);
	if (rc == 0)
		rc = pdg_check_out_dir(args, "records", err);
	if (rc < 0)
		return rc;
	s->bundle = pdg_args_get(args, "bundle");
	s->records = pdg_args_get(args, "records");
	s->quiet = pdg_args_has(args, "quiet");
	if ((s->bundle || pdg_args_has(args, "as")) &&
	    (args->n_args != 1 || pdg_args_has(args, "outbox")))
		return pdg_reject(err, "CLI-2", "--bundle and --as are for one file");
	return 0;
}

int pdg_cmd_submit(const struct pdg_args *args, struct pdg_error *err)
{
	struct pdg_sending s = {0};
	int rc;

	if (!pdg_args_has(args, "outbox") && args->n_args == 0)
		return pdg_reject(err, "CLI-2", "name the files to submit, or --outbox");
	rc = read_options(args, &s, err);
	if (rc == 0)
		rc = pdg_service_open(args, &s.service, err);
	if (rc < 0)
		return rc;
	rc = pdg_args_has(args, "outbox") ? send_outboxes(&s, args, err)
					  : send_files(&s, args, err);
	pdg_service_done(&s.service);
	return rc;
}
