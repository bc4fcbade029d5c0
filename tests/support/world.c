/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, policy, log and journal of a world for tests; world_made.c makes records in it. */
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "support/check.h"
#include "support/world_impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

static const char *const key_names[] = {
	[WORLD_SERVICE] = "service",	 [WORLD_JOURNAL] = "journal",
	[WORLD_SERVER] = "server",	 [WORLD_BUILDER_KEY] = "builder",
	[WORLD_NIGHTLY_KEY] = "nightly", [WORLD_STRANGER] = "stranger",
};

void world_must(int rc, const struct pdg_error *err, const char *what)
{
	if (rc >= 0)
		return;
	(void)fprintf(stderr, "test world: %s: %s\n", what, err ? err->text : "");
	exit(EXIT_FAILURE);
}

static int64_t clock_now(void *ctx)
{
	const struct pdg_world *w = ctx;

	return w->now;
}

static void write_file(const struct pdg_world *w, const char *name, struct pdg_bytes content)
{
	free(pdg_test_file(w->dir, name, content));
}

static void make_keys(struct pdg_world *w)
{
	PDG_AUTO(mem) char *dir = pdg_test_path(w->dir, "keys");
	struct pdg_error err = {0};
	size_t i;

	if (mkdir(dir, 0700) != 0)
		world_must(-1, NULL, dir);
	for (i = 0; i < WORLD_KEYS; i++) {
		PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
		PDG_AUTO(mem) char *name = pdg_str_printf("keys/%s.pub", key_names[i]);

		world_must(pdg_key_generate(PDG_KEY_ECDSA_P256, &w->key[i], &err), &err, name);
		world_must(pdg_key_public_text(w->key[i], &pem, &err), &err, name);
		write_file(w, name, pdg_buf_bytes(&pem));
	}
}

static void copy_data(const struct pdg_world *w, const char *name)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(mem) char *from = pdg_str_printf("%s/commits/%s", PDG_TEST_DATA, name);
	PDG_AUTO(mem) char *to = pdg_str_printf("keys/%s", name);

	pdg_test_read(from, &text);
	write_file(w, to, pdg_buf_bytes(&text));
}

static struct pdg_log *open_log(const struct pdg_world *w, const char *name, const char *origin)
{
	PDG_AUTO(mem) char *dir = pdg_test_path(w->dir, name);
	struct pdg_embedded_options opt = {.directory = dir, .origin = origin, .may_create = true};
	struct pdg_error err = {0};
	struct pdg_log *log = NULL;

	world_must(pdg_embedded_open(&opt, &log, &err), &err, "log");
	return log;
}

void pdg_world_root(const struct pdg_world *w, int64_t from, int64_t until)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(16));
	PDG_AUTO(mem) char *window = NULL;
	PDG_AUTO(mem) char *with_end = NULL;
	char start[PDG_TIME_TEXT];
	char end[PDG_TIME_TEXT];
	struct pdg_error err = {0};

	world_must(pdg_root_write(&(struct pdg_root_make){.base_url = "http://log.example.com",
							  .key = pdg_embedded_key(w->log),
							  .log_id = pdg_embedded_id(w->log),
							  .valid_from = from,
							  .embedded = true},
				  &text, &err),
		   &err, "trusted root");
	if (until) {
		pdg_time_text(from, start);
		pdg_time_text(until, end);
		window = pdg_str_printf("\"%s\"", start);
		with_end = pdg_str_printf("\"%s\",\"end\":\"%s\"", start, end);
		pdg_test_replace(&text, NULL, window, with_end);
	}
	write_file(w, "keys/root.json", pdg_buf_bytes(&text));
}

void pdg_world_policy(struct pdg_world *w, const char *policy)
{
	struct pdg_error err = {0};

	pdg_judge_free(w->judge);
	pdg_policy_free(w->policy);
	w->judge = NULL;
	w->policy = NULL;
	free(w->policy_file);
	w->policy_file =
		pdg_test_file(w->dir, "policy", pdg_bytes_str(policy ? policy : WORLD_POLICY));
	world_must(pdg_policy_load(w->policy_file, &w->policy, &err), &err, "policy");
	world_must(pdg_judge_new(w->policy, NULL, &w->clock, &w->judge, &err), &err, "judge");
}

void pdg_world_init(struct pdg_world *w, const char *policy)
{
	*w = (struct pdg_world){.dir = pdg_test_dir(), .now = WORLD_NOW};
	w->clock = (struct pdg_clock){.now = clock_now, .ctx = w};
	make_keys(w);
	copy_data(w, "allowed_signers");
	copy_data(w, "forge_ssh.pub");
	copy_data(w, "revoked_keys");
	w->log = open_log(w, "log", "log.example.com");
	w->other_log = open_log(w, "other-log", "other.example.com");
	pdg_world_root(w, WORLD_COMMITTED - 86400, 0);
	pdg_world_policy(w, policy);
}

void pdg_world_done(struct pdg_world *w)
{
	size_t i;

	pdg_judge_free(w->judge);
	pdg_policy_free(w->policy);
	pdg_log_free(w->log);
	pdg_log_free(w->other_log);
	for (i = 0; i < WORLD_KEYS; i++)
		pdg_key_free(w->key[i]);
	world_tiles_free(w->tiles);
	free(w->policy_file);
	if (w->dir)
		pdg_test_dir_remove(w->dir);
	*w = (struct pdg_world){0};
}

void pdg_world_take(struct pdg_evidence *e, struct pdg_bytes text)
{
	struct pdg_record *r = NULL;
	struct pdg_error err = {0};

	world_must(pdg_record_parse(text, "test", &r, &err), &err, "record");
	world_must(pdg_evidence_add(e, r, &err), &err, "evidence");
}

void pdg_world_add(struct pdg_evidence *e, const struct pdg_made *m)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);

	pdg_made_record(m, &text);
	pdg_world_take(e, pdg_buf_bytes(&text));
}
