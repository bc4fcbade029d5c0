/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of judgements share; see commit_data.h. */
#include "unit/commit/commit_data.h"

#include <sys/stat.h>

#include "crypto/pgp_ring.h"

char *data_path(const char *name)
{
	char *path = pdg_str_printf("%s/commits/%s", PDG_TEST_DATA, name);

	if (!path)
		abort();
	return path;
}

void data_read(const char *name, struct pdg_buf *out)
{
	PDG_AUTO(mem) char *path = data_path(name);

	pdg_test_read(path, out);
}

void world_describe(struct world *w, const char *keys, struct pdg_bytes json)
{
	PDG_AUTO(buf) struct pdg_buf file = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(mem) char *name = NULL;
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	char source[PDG_SHA256_HEX];
	struct pdg_bytes head;
	struct pdg_bytes rest;
	struct pdg_bytes line;
	size_t n = 0;

	data_read(keys, &file);
	if (pdg_sha256_hex(pdg_buf_bytes(&file), source, NULL) != 0)
		abort();
	/* The head has a digest of what follows, which the test may have changed. */
	(void)pdg_bytes_line(&json, &head);
	for (rest = json; pdg_bytes_line(&rest, &line); n++)
		;
	if (pdg_pgp_description_head(source, n, json, &text, NULL) != 0)
		abort();
	pdg_buf_put(&text, json);
	json = pdg_buf_bytes(&text);
	name = pdg_str_printf("%s.json", source);
	path = pdg_test_file(w->cache, name, json);
	if (chmod(path, 0600) != 0)
		abort();
}

static void world_describe_file(struct world *w, const char *keys, const char *description)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);

	data_read(description, &json);
	world_describe(w, keys, pdg_buf_bytes(&json));
}

void world_init(struct world *w)
{
	*w = (struct world){.cache = pdg_test_dir()};
	w->openpgp[0] = data_path("keys.asc");
	w->allowed[0] = data_path("allowed_signers");
	w->forge[0] = data_path("forge.asc");
	w->forge[1] = data_path("forge_ssh.pub");
	w->revoked[0] = data_path("revoked_keys");
	w->repo.uri = pdg_str_dup("https://git.example.com/app");
	w->repo.openpgp_keys = (struct pdg_strings){w->openpgp, 1};
	w->repo.ssh_allowed_signers = (struct pdg_strings){w->allowed, 1};
	w->repo.forge_keys = (struct pdg_strings){w->forge, 2};
	w->repo.revoked = (struct pdg_strings){w->revoked, 1};
	w->repo.require_committer_match = true;
	world_describe_file(w, "keys.asc", "keys.json");
	world_describe_file(w, "forge.asc", "forge.json");
}

void world_load(struct world *w)
{
	struct pdg_error err = {0};

	pdg_signers_free(w->signers);
	w->signers = NULL;
	if (!CHECK_OK(pdg_signers_load(&w->repo, w->cache, &w->signers, &err), &err))
		abort();
}

void world_done(struct world *w)
{
	pdg_signers_free(w->signers);
	pdg_test_dir_remove(w->cache);
	free(w->openpgp[0]);
	free(w->allowed[0]);
	free(w->forge[0]);
	free(w->forge[1]);
	free(w->revoked[0]);
	free(w->repo.uri);
}

static int judge(const struct world *w, struct pdg_bytes raw, int64_t at, struct pdg_verdict *v,
		 struct pdg_error *err)
{
	bool sha256 = pdg_bytes_find_byte(raw, '\n', 0) > 60;

	if (pdg_bytes_starts(raw, "object "))
		return pdg_judge_tag(w->signers, raw, sha256, at, v, err);
	return pdg_judge_commit(w->signers, raw, sha256, at, v, err);
}

bool world_judge(const struct world *w, const char *name, int64_t at, struct pdg_verdict *v)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_error err = {0};

	data_read(name, &raw);
	return CHECK_OK(judge(w, pdg_buf_bytes(&raw), at, v, &err), &err);
}

void check_raw(const struct world *w, struct pdg_bytes raw, int64_t at, enum pdg_result want,
	       const char *rule)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};

	pdg_verdict_init(&v);
	if (!CHECK_OK(judge(w, raw, at, &v, &err), &err))
		return;
	CHECK_STR(pdg_result_name(v.result), pdg_result_name(want));
	CHECK_STR(v.why.rule, rule ? rule : "");
	CHECK_INT(v.why.code < 0, rule != NULL);
}

void check_file(const struct world *w, const char *name, int64_t at, enum pdg_result want,
		const char *rule)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

	pdg_test_case("%s", name);
	data_read(name, &raw);
	check_raw(w, pdg_buf_bytes(&raw), at, want, rule);
	pdg_test_case(NULL);
}

void check_files(bool committer_match, const struct judged *cases, size_t n)
{
	struct world w;
	size_t i;

	world_init(&w);
	w.repo.require_committer_match = committer_match;
	world_load(&w);
	for (i = 0; i < n; i++)
		check_file(&w, cases[i].name, cases[i].at, cases[i].want, cases[i].rule);
	world_done(&w);
}

/* Returns how many flips were judged. */
static size_t flip_every_bit(const struct world *w, const char *name, int64_t at)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(verdict) struct pdg_verdict v;
	bool tag;
	size_t i;

	pdg_verdict_init(&v);
	data_read(name, &raw);
	tag = pdg_bytes_starts(pdg_buf_bytes(&raw), "object ");
	for (i = 0; i < raw.n * 8; i++) {
		struct pdg_error err = {0};
		int rc;

		raw.p[i / 8] ^= (uint8_t)(1U << i % 8);
		if (tag)
			rc = pdg_judge_tag(w->signers, pdg_buf_bytes(&raw), false, at, &v, &err);
		else
			rc = pdg_judge_commit(w->signers, pdg_buf_bytes(&raw), false, at, &v, &err);
		raw.p[i / 8] ^= (uint8_t)(1U << i % 8);
		pdg_test_case("%s, bit %zu", name, i);
		if (!CHECK_OK(rc, &err) || !CHECK(v.result != PDG_RESULT_GOOD))
			break;
	}
	pdg_test_case(NULL);
	check_raw(w, pdg_buf_bytes(&raw), at, PDG_RESULT_GOOD, NULL);
	return i;
}

void check_every_bit_in(const struct world *w, const char *commit, const char *tag, int64_t at)
{
	CHECK(flip_every_bit(w, commit, at) > 3000);
	CHECK(flip_every_bit(w, tag, at) > 2000);
}

void check_every_bit(const char *commit, const char *tag, int64_t at)
{
	struct world w;

	world_init(&w);
	world_load(&w);
	check_every_bit_in(&w, commit, tag, at);
	world_done(&w);
}
