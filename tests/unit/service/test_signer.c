/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that another program holds: the program itself, what it refuses, what becomes of those who
 * need a signature when it dies, and another signing key in the middle of it.
 */
#include "service/signer.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attest/dsse.h"
#include "support/check.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

#define ROOT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

struct agent {
	char *dir, *config, *journal, *log;
	struct pdg_signer *s;
	struct pdg_key *key[PDG_PURPOSES];
};

static char *make_key_file(const char *dir, const char *name, enum pdg_key_type type)
{
	char *path = pdg_test_path(dir, name);
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_key_generate(type, &key, &err), &err) ||
	    !CHECK_OK(pdg_key_private_save(key, path, &err), &err))
		abort();
	pdg_key_free(key);
	return path;
}

static void configure(struct agent *a, const char *signing)
{
	PDG_AUTO(mem)
	char *text = pdg_str_printf("[service]\n\tsigningKey = \"%s\"\n\tstore = sqlite:p.db\n",
				    signing);

	free(a->config);
	a->config = pdg_test_file(a->dir, "pedigreed.conf", pdg_bytes_str(text));
}

static void agent_make(struct agent *a)
{
	*a = (struct agent){.dir = pdg_test_dir()};
	free(make_key_file(a->dir, "signing.pem", PDG_KEY_ECDSA_P256));
	free(make_key_file(a->dir, "second.pem", PDG_KEY_ECDSA_P256));
	a->journal = make_key_file(a->dir, "journal.pem", PDG_KEY_ED25519);
	a->log = make_key_file(a->dir, "log.pem", PDG_KEY_ED25519);
	configure(a, "signing.pem");
}

static int agent_try(struct agent *a, struct pdg_error *err)
{
	const struct pdg_signer_options opt = {
		.program = PDG_TEST_BIN "/pedigree-signer",
		.config = a->config,
		.origin = "log.example",
		.journal_key = a->journal,
		.log_key = a->log,
	};
	int rc = pdg_signer_start(&opt, &a->s, err);
	size_t i;

	for (i = 0; rc == 0 && i < PDG_PURPOSES; i++)
		rc = pdg_signer_key(a->s, (enum pdg_purpose)i, &a->key[i], err);
	return rc == 0 ? pdg_signer_seal(a->s, err) : rc;
}

static void agent_start(struct agent *a)
{
	struct pdg_error err = {0};

	agent_make(a);
	if (!CHECK_OK(agent_try(a, &err), &err))
		abort();
}

static void agent_stop(struct agent *a)
{
	size_t i;

	for (i = 0; i < PDG_PURPOSES; i++) {
		pdg_key_free(a->key[i]);
		a->key[i] = NULL;
	}
	pdg_signer_end(a->s);
	a->s = NULL;
}

static void agent_done(struct agent *a)
{
	agent_stop(a);
	free(a->config);
	free(a->journal);
	free(a->log);
	pdg_test_dir_remove(a->dir);
}

static void pae_of(const char *statement, struct pdg_buf *out)
{
	pdg_pae(pdg_bytes_str(PDG_PAYLOAD_TYPE), pdg_bytes_str(statement), out);
}

static int sign(const struct pdg_key *key, struct pdg_bytes msg, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	int rc = pdg_key_sign(key, msg, &sig, err);

	return rc < 0 ? rc : pdg_key_verify(key, msg, pdg_buf_bytes(&sig), err);
}

static int sign_statement(const struct pdg_key *key, const char *statement, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pae = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);

	pae_of(statement, &pae);
	return sign(key, pdg_buf_bytes(&pae), err);
}

/* --- processes --- */

static pid_t parent_of(pid_t pid)
{
	char path[64], line[512];
	uint64_t parent = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f)) {
		const char *end = strrchr(line, ')');
		struct pdg_bytes rest = pdg_bytes_str(end && strlen(end) > 4 ? end + 4 : "");
		size_t blank = pdg_bytes_find_byte(rest, ' ', 0);

		if (blank == SIZE_MAX ||
		    !pdg_bytes_u64(pdg_bytes_head(rest, blank), INT32_MAX, &parent))
			parent = 0;
	}
	(void)fclose(f);
	return (pid_t)parent;
}

/* The youngest child of @pid; 0: it has none. */
static pid_t child_of(pid_t pid)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	pid_t found = 0;

	if (!d)
		abort();
	for (e = readdir(d); e; e = readdir(d)) {
		uint64_t n;

		if (pdg_bytes_u64(pdg_bytes_str(e->d_name), INT32_MAX, &n) &&
		    parent_of((pid_t)n) == pid && (pid_t)n > found)
			found = (pid_t)n;
	}
	(void)closedir(d);
	return found;
}

static void sleep_ms(long ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&t, NULL);
}

static void end(pid_t pid)
{
	int i;

	if (!CHECK(pid > 0 && kill(pid, SIGKILL) == 0))
		abort();
	for (i = 0; i < 200 && parent_of(pid) != 0 && kill(pid, 0) == 0; i++)
		sleep_ms(5);
}

/* Whoever has lost his parent may stay in the table of processes for long. */
static bool runs(pid_t pid)
{
	char path[64], line[512] = "";
	const char *end;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	end = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	(void)fclose(f);
	return end && strncmp(end, ") Z", 3) != 0;
}

static bool is_gone(pid_t pid)
{
	int i;

	for (i = 0; i < 200 && runs(pid); i++)
		sleep_ms(10);
	return !runs(pid);
}

static pid_t keeper(void)
{
	return child_of(getpid());
}

/* --- tests --- */

static void each_signs_what_is_its_own(void)
{
	PDG_AUTO(buf) struct pdg_buf pae = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	struct pdg_bytes checkpoint = pdg_bytes_str("log.example\n3\n" ROOT "\n");
	struct pdg_bytes journal = pdg_bytes_str("log.example/journal\n3\n" ROOT "\n");
	struct pdg_error err = {0};
	struct agent a;

	agent_start(&a);
	pae_of("{\"a\":1}", &pae);
	CHECK_OK(sign(a.key[PDG_PURPOSE_SIGNING], pdg_buf_bytes(&pae), &err), &err);
	CHECK_OK(sign(a.key[PDG_PURPOSE_JOURNAL], journal, &err), &err);
	CHECK_OK(sign(a.key[PDG_PURPOSE_LOG], checkpoint, &err), &err);
	CHECK_RULE(sign(a.key[PDG_PURPOSE_SIGNING], checkpoint, &err), &err, "KEY-6");
	CHECK_RULE(sign(a.key[PDG_PURPOSE_JOURNAL], pdg_buf_bytes(&pae), &err), &err, "KEY-6");
	CHECK_RULE(sign(a.key[PDG_PURPOSE_LOG], journal, &err), &err, "KEY-6");
	/* and goes on after a refusal */
	CHECK_OK(sign(a.key[PDG_PURPOSE_LOG], checkpoint, &err), &err);
	agent_done(&a);
}

/* A URI may have its PIN in it, and every user of a machine reads command lines. */
static void places_are_on_no_command_line(void)
{
	char path[64], line[4096];
	struct agent a;
	FILE *f;
	size_t n;

	agent_start(&a);
	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)keeper());
	f = fopen(path, "r");
	if (!f)
		abort();
	n = fread(line, 1, sizeof(line), f);
	(void)fclose(f);
	CHECK(pdg_bytes_find(pdg_bytes(line, n), pdg_bytes_str(a.config), 0) != SIZE_MAX);
	CHECK(pdg_bytes_find(pdg_bytes(line, n), pdg_bytes_str(a.journal), 0) == SIZE_MAX);
	CHECK(pdg_bytes_find(pdg_bytes(line, n), pdg_bytes_str(a.log), 0) == SIZE_MAX);
	agent_done(&a);
}

static void what_cannot_be_opened_says_why(void)
{
	struct pdg_error err = {0};
	struct agent a;
	char *path;

	agent_make(&a);
	configure(&a, "absent.pem");
	CHECK_RULE(agent_try(&a, &err), &err, "KEY-3");
	agent_stop(&a);
	configure(&a, "signing.pem");
	path = pdg_test_path(a.dir, "signing.pem");
	CHECK(chmod(path, 0644) == 0);
	CHECK_RULE(agent_try(&a, &err), &err, "KEY-2");
	agent_stop(&a);
	CHECK(chmod(path, 0600) == 0 && unlink(a.config) == 0);
	CHECK_RULE(agent_try(&a, &err), &err, "POL-9");
	agent_stop(&a);
	configure(&a, "pkcs11:token=there-is-no-such-token;object=key");
	CHECK_RULE(agent_try(&a, &err), &err, "KEY-5");
	agent_stop(&a);
	configure(&a, "pkcs11:nonsense=1");
	CHECK_RULE(agent_try(&a, &err), &err, "KEY-5");
	free(path);
	agent_done(&a);
}

struct many {
	const struct pdg_key *key;
	unsigned bad;
};

static void *sign_many(void *ctx)
{
	struct many *m = ctx;
	struct pdg_error err = {0};
	unsigned i;

	for (i = 0; i < 100; i++)
		m->bad += sign_statement(m->key, "{}", &err) < 0;
	return NULL;
}

/* Was the file that @watch is on opened since the last time that was asked? */
static bool was_opened(int watch)
{
	char events[4096];

	return read(watch, events, sizeof(events)) > 0;
}

/* The daemon's file is read anew; whoever may write it, by whatever mistake, has no code loaded. */
static void no_module_is_loaded_later(void)
{
	struct pdg_error err = {0};
	struct pdg_key *key = NULL;
	struct agent a;
	PDG_AUTO(fd) int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	PDG_AUTO(mem) char *module = NULL;
	PDG_AUTO(mem) char *uri = NULL;

	agent_start(&a);
	module = pdg_test_file(a.dir, "planted.so", pdg_bytes_str("code of somebody else"));
	uri = pdg_str_printf("pkcs11:token=any;object=any?module-path=%s", module);
	CHECK(inotify_add_watch(watch, module, IN_OPEN) >= 0);
	configure(&a, uri);
	CHECK_RULE(pdg_signer_turn(a.s, &key, &err), &err, "KEY-5");
	CHECK_HAS(err.text, module);
	CHECK(!was_opened(watch));
	configure(&a, "signing.pem");
	CHECK_OK(pdg_signer_turn(a.s, &key, &err), &err);
	pdg_key_free(key);
	agent_stop(&a);
	/* One that was named at the start is, and it is no module. */
	configure(&a, uri);
	CHECK_RULE(agent_try(&a, &err), &err, "KEY-5");
	CHECK_HAS(err.text, module);
	CHECK(was_opened(watch));
	agent_done(&a);
}

static void many_threads_sign_at_once(void)
{
	struct many m[24] = {{0}};
	pthread_t t[24];
	struct agent a;
	size_t i;

	agent_start(&a);
	for (i = 0; i < 24; i++) {
		m[i].key = a.key[PDG_PURPOSE_SIGNING];
		if (pthread_create(&t[i], NULL, sign_many, &m[i]) != 0)
			abort();
	}
	for (i = 0; i < 24; i++) {
		(void)pthread_join(t[i], NULL);
		CHECK_UINT(m[i].bad, 0);
	}
	agent_done(&a);
}

static void a_dead_one_is_begun_again(void)
{
	struct pdg_error err = {0};
	char *key, *away;
	struct agent a;
	int rc = -1;
	int i;

	agent_start(&a);
	key = pdg_test_path(a.dir, "signing.pem");
	away = pdg_test_path(a.dir, "away.pem");
	CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
	end(child_of(keeper()));
	CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
	CHECK(err.code == 0 && err.rule[0] == 0);
	/* Its key is gone: nothing is signed, and nobody waits for long; then it is back. */
	CHECK(rename(key, away) == 0);
	end(child_of(keeper()));
	CHECK_RULE(sign_statement(a.key[0], "{}", &err), &err, "SVC-3");
	CHECK_RULE(sign_statement(a.key[0], "{}", &err), &err, "SVC-3");
	CHECK(rename(away, key) == 0);
	for (i = 0; rc < 0 && i < 200; i++) {
		rc = sign_statement(a.key[0], "{}", &err);
		sleep_ms(rc < 0 ? 20 : 0);
	}
	CHECK_OK(rc, &err);
	/* Another key in its place is none of the service's until it is told. */
	CHECK(rename(key, away) == 0);
	free(make_key_file(a.dir, "signing.pem", PDG_KEY_ECDSA_P256));
	end(child_of(keeper()));
	CHECK_RULE(sign_statement(a.key[0], "{}", &err), &err, "SVC-3");
	free(key);
	free(away);
	agent_done(&a);
}

static void its_keeper_is_begun_again_too(void)
{
	struct pdg_error err = {0};
	struct agent a;
	pid_t holder;

	agent_start(&a);
	holder = child_of(keeper());
	end(keeper());
	CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
	end(holder);
	CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
	agent_done(&a);
}

static void one_that_is_stopped_is_not_waited_for_for_ever(void)
{
	struct pdg_error err = {0};
	struct agent a;
	pid_t holder;
	int64_t began;

	agent_start(&a);
	holder = child_of(keeper());
	CHECK(kill(holder, SIGSTOP) == 0);
	began = pdg_monotonic_ms();
	CHECK_RULE(sign_statement(a.key[0], "{}", &err), &err, "SVC-3");
	CHECK(pdg_monotonic_ms() - began < 12000);
	/* Whoever waited behind it hears so too: the next holder may hang as long. */
	CHECK_RULE(sign_statement(a.key[0], "{}", &err), &err, "SVC-3");
	CHECK(pdg_monotonic_ms() - began < 12000);
	/* Nor is it left behind, though it hears of nothing. */
	CHECK(is_gone(holder));
	sleep_ms(200);
	CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
	agent_done(&a);
}

static void *sign_one(void *ctx)
{
	struct many *m = ctx;
	struct pdg_error err = {0};

	m->bad = sign_statement(m->key, "{}", &err) < 0 && pdg_str_eq(err.rule, "SVC-2");
	return NULL;
}

/* One that answers goes on until the end, for what was accepted has to be signed. */
static void a_service_that_stops_waits_for_none_that_hangs(void)
{
	struct pdg_error err = {0};
	struct agent a;
	struct many m = {0};
	pthread_t t;
	int64_t began;

	agent_start(&a);
	pdg_signer_stop(a.s, 0);
	CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
	CHECK(kill(child_of(keeper()), SIGSTOP) == 0);
	began = pdg_monotonic_ms();
	m.key = a.key[0];
	if (pthread_create(&t, NULL, sign_one, &m) != 0)
		abort();
	sleep_ms(300);
	pdg_signer_stop(a.s, 5000);
	sleep_ms(200);
	pdg_signer_stop(a.s, 200);
	(void)pthread_join(t, NULL);
	CHECK(pdg_monotonic_ms() - began >= 500);
	CHECK_UINT(m.bad, 1);
	CHECK_RULE(sign_statement(a.key[0], "{}", &err), &err, "SVC-2");
	CHECK(pdg_monotonic_ms() - began < 5000);
	agent_done(&a);
}

static void one_that_is_stopped_ends_with_the_service(void)
{
	struct agent a;
	pid_t holder;

	agent_start(&a);
	holder = child_of(keeper());
	CHECK(kill(holder, SIGSTOP) == 0);
	agent_done(&a);
	CHECK(is_gone(holder));
}

/* Who asks may have given up a keeper that did not answer in time, and signs on. */
static void one_that_is_needed_outlives_its_keepers_conversation(void)
{
	struct pdg_error err = {0};
	struct pdg_key *key = NULL;
	struct agent a;
	pid_t first, holder;

	agent_start(&a);
	first = keeper();
	holder = child_of(first);
	CHECK(kill(first, SIGSTOP) == 0);
	CHECK_RULE(pdg_signer_turn(a.s, &key, &err), &err, "SVC-3");
	CHECK(is_gone(first));
	CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
	CHECK(runs(holder));
	agent_done(&a);
	CHECK(is_gone(holder));
}

static void another_signing_key_takes_over(void)
{
	struct pdg_error err = {0};
	struct pdg_key *second = NULL, *third = NULL;
	struct agent a;

	agent_start(&a);
	configure(&a, "second.pem");
	if (CHECK_OK(pdg_signer_turn(a.s, &second, &err), &err)) {
		CHECK(!pdg_key_same(second, a.key[0]));
		CHECK_OK(sign_statement(second, "{}", &err), &err);
		CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
		CHECK_OK(sign(a.key[PDG_PURPOSE_LOG], pdg_bytes_str("log.example\n3\n" ROOT "\n"),
			      &err),
			 &err);
	}
	/* A broken one changes nothing. */
	configure(&a, "absent.pem");
	CHECK_RULE(pdg_signer_turn(a.s, &third, &err), &err, "KEY-3");
	CHECK(third == NULL);
	CHECK_OK(sign_statement(second, "{}", &err), &err);
	/* Nobody needs the first any more: its process ends. */
	pdg_key_free(PDG_TAKE(a.key[0]));
	CHECK_OK(sign_statement(second, "{}", &err), &err);
	/* The same key once more. */
	configure(&a, "second.pem");
	CHECK_OK(pdg_signer_turn(a.s, &third, &err), &err);
	CHECK(pdg_key_same(second, third));
	CHECK_OK(sign_statement(third, "{}", &err), &err);
	pdg_key_free(second);
	pdg_key_free(third);
	agent_done(&a);
}

static void the_journals_key_does_not_turn(void)
{
	struct pdg_error err = {0};
	struct pdg_key *second = NULL;
	struct agent a;

	agent_start(&a);
	CHECK(unlink(a.journal) == 0);
	free(make_key_file(a.dir, "journal.pem", PDG_KEY_ED25519));
	CHECK_RULE(pdg_signer_turn(a.s, &second, &err), &err, "CFG-4");
	CHECK_OK(sign_statement(a.key[0], "{}", &err), &err);
	agent_done(&a);
}

/* --- many at once --- */

#define MANY 150

struct list {
	struct pdg_buf pae[MANY], sig[MANY];
	struct pdg_bytes msg[MANY];
};

static struct list *list_make(size_t large)
{
	struct list *l = calloc(1, sizeof(*l));
	size_t i;

	if (!l)
		abort();
	for (i = 0; i < MANY; i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);

		pdg_buf_printf(&text, "{\"n\":%zu}", i);
		memset(pdg_buf_room(&text, large), ' ', large);
		pdg_buf_init(&l->pae[i], PDG_LIMIT_PAYLOAD);
		pdg_buf_init(&l->sig[i], PDG_LIMIT_SIGNATURE);
		pae_of(pdg_buf_cstr(&text), &l->pae[i]);
		l->msg[i] = pdg_buf_bytes(&l->pae[i]);
	}
	return l;
}

static void list_free(struct list *l)
{
	size_t i;

	for (i = 0; i < MANY; i++) {
		pdg_buf_done(&l->pae[i]);
		pdg_buf_done(&l->sig[i]);
	}
	free(l);
}

/* How many of the first @n have a signature that verifies. */
static size_t good(const struct list *l, const struct pdg_key *key, size_t n)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += pdg_key_verify(key, l->msg[i], pdg_buf_bytes(&l->sig[i]), NULL) == 0;
	return found;
}

static void many_are_signed_at_once(void)
{
	static const struct {
		size_t n, large;
	} rows[] = {{0, 0}, {1, 0}, {2, 0}, {64, 0}, {MANY, 0}, {MANY, 100000}};
	struct pdg_error err = {0};
	struct agent a;
	size_t i;

	agent_start(&a);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct list *l = list_make(rows[i].large);

		pdg_test_case("%zu of %zu bytes", rows[i].n, rows[i].large);
		CHECK_OK(pdg_key_sign_many(a.key[0], l->msg, rows[i].n, l->sig, &err), &err);
		CHECK_UINT(good(l, a.key[0], rows[i].n), rows[i].n);
		if (rows[i].n < MANY)
			CHECK_UINT(l->sig[rows[i].n].n, 0);
		list_free(l);
	}
	pdg_test_case(NULL);
	agent_done(&a);
}

/* One that is none of this key's fails its own list; the process goes on. */
static void what_is_not_signed_is_told(void)
{
	struct pdg_error err = {0};
	struct list *l = list_make(0);
	struct agent a;
	size_t i;

	agent_start(&a);
	l->msg[70] = pdg_bytes_str("log.example\n3\n" ROOT "\n");
	CHECK_RULE(pdg_key_sign_many(a.key[0], l->msg, MANY, l->sig, &err), &err, "KEY-6");
	CHECK_UINT(l->sig[70].n, 0);
	for (i = 0; i < MANY; i++) {
		if (l->sig[i].n > 0)
			CHECK_OK(pdg_key_verify(a.key[0], l->msg[i], pdg_buf_bytes(&l->sig[i]),
						&err),
				 &err);
	}
	/* What is missing is had by asking again, and what is there stays. */
	l->msg[70] = l->msg[71];
	CHECK_OK(pdg_key_sign_many(a.key[0], l->msg, MANY, l->sig, &err), &err);
	CHECK_UINT(good(l, a.key[0], MANY), MANY);
	list_free(l);
	agent_done(&a);
}

static void many_are_signed_by_another_process(void)
{
	struct pdg_error err = {0};
	struct list *l = list_make(0);
	struct agent a;
	char *key, *away;

	agent_start(&a);
	key = pdg_test_path(a.dir, "signing.pem");
	away = pdg_test_path(a.dir, "away.pem");
	CHECK_OK(pdg_key_sign_many(a.key[0], l->msg, 5, l->sig, &err), &err);
	end(child_of(keeper()));
	CHECK_OK(pdg_key_sign_many(a.key[0], l->msg, 40, l->sig, &err), &err);
	CHECK_UINT(good(l, a.key[0], MANY), 40);
	/* None can be begun: nothing more is signed, and all of it is told. */
	CHECK(rename(key, away) == 0);
	end(child_of(keeper()));
	CHECK_RULE(pdg_key_sign_many(a.key[0], l->msg, MANY, l->sig, &err), &err, "SVC-3");
	CHECK_UINT(good(l, a.key[0], MANY), 40);
	free(key);
	free(away);
	list_free(l);
	agent_done(&a);
}

static void a_list_is_not_waited_for_for_ever(void)
{
	struct pdg_error err = {0};
	struct list *l = list_make(0);
	struct agent a;
	int64_t began;

	agent_start(&a);
	CHECK_OK(pdg_key_sign_many(a.key[0], l->msg, 5, l->sig, &err), &err);
	CHECK(kill(child_of(keeper()), SIGSTOP) == 0);
	began = pdg_monotonic_ms();
	CHECK_RULE(pdg_key_sign_many(a.key[0], l->msg, MANY, l->sig, &err), &err, "SVC-3");
	CHECK_RULE(pdg_key_sign_many(a.key[0], l->msg, MANY, l->sig, &err), &err, "SVC-3");
	CHECK(pdg_monotonic_ms() - began < 12000);
	sleep_ms(200);
	CHECK_OK(pdg_key_sign_many(a.key[0], l->msg, MANY, l->sig, &err), &err);
	CHECK_UINT(good(l, a.key[0], MANY), MANY);
	list_free(l);
	agent_done(&a);
}

static void *sign_lists(void *ctx)
{
	struct many *m = ctx;
	struct pdg_error err = {0};
	unsigned i;

	for (i = 0; i < 5; i++) {
		struct list *l = list_make(0);

		m->bad += pdg_key_sign_many(m->key, l->msg, MANY, l->sig, &err) < 0;
		m->bad += good(l, m->key, MANY) != MANY;
		list_free(l);
	}
	return NULL;
}

static void lists_of_many_threads_share_the_connections(void)
{
	struct many m[4] = {{0}};
	pthread_t t[4];
	struct agent a;
	size_t i;

	agent_start(&a);
	for (i = 0; i < 4; i++) {
		m[i].key = a.key[PDG_PURPOSE_SIGNING];
		if (pthread_create(&t[i], NULL, i % 2 ? sign_many : sign_lists, &m[i]) != 0)
			abort();
	}
	for (i = 0; i < 4; i++) {
		(void)pthread_join(t[i], NULL);
		CHECK_UINT(m[i].bad, 0);
	}
	agent_done(&a);
}

PDG_TEST_MAIN("signer", {"each signs what is its own", each_signs_what_is_its_own},
	      {"places are on no command line", places_are_on_no_command_line},
	      {"what cannot be opened says why", what_cannot_be_opened_says_why},
	      {"no module is loaded later", no_module_is_loaded_later},
	      {"many threads sign at once", many_threads_sign_at_once},
	      {"a dead one is begun again", a_dead_one_is_begun_again},
	      {"its keeper is begun again too", its_keeper_is_begun_again_too},
	      {"one that is stopped is not waited for for ever",
	       one_that_is_stopped_is_not_waited_for_for_ever},
	      {"a list is not waited for for ever", a_list_is_not_waited_for_for_ever},
	      {"a service that stops waits for none that hangs",
	       a_service_that_stops_waits_for_none_that_hangs},
	      {"one that is stopped ends with the service",
	       one_that_is_stopped_ends_with_the_service},
	      {"one that is needed outlives its keeper's conversation",
	       one_that_is_needed_outlives_its_keepers_conversation},
	      {"another signing key takes over", another_signing_key_takes_over},
	      {"the journal's key does not turn", the_journals_key_does_not_turn},
	      {"many are signed at once", many_are_signed_at_once},
	      {"what is not signed is told", what_is_not_signed_is_told},
	      {"many are signed by another process", many_are_signed_by_another_process},
	      {"lists of many threads share the connections",
	       lists_of_many_threads_share_the_connections})
