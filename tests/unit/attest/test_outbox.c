/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: put once, listed oldest first, acknowledged, set aside; nothing else is touched. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/outbox.h"
#include "support/check.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

#define HEX   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
#define LEFT  ".pedigree-0123456789abcdef"
#define REF_A "sha256:" HEX "a"
#define REF_B "sha256:" HEX "b"
#define REF_C "sha256:" HEX "c"

static void set_age(const char *dir, const char *name, time_t when)
{
	PDG_AUTO(mem) char *path = pdg_test_path(dir, name);
	const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

	CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
}

static void put_and_list(void)
{
	char *top = pdg_test_dir();
	PDG_AUTO(mem) char *dir = pdg_test_path(top, "a/outbox");
	PDG_AUTO(mem) char *left = NULL;
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(100);
	struct pdg_error err = {0};
	struct stat st;

	CHECK_OK(pdg_outbox_list(dir, &names, &err), &err);
	CHECK_UINT(names.n, 0);
	CHECK_OK(pdg_outbox_put(dir, REF_A, pdg_bytes_str("a"), &err), &err);
	CHECK_OK(pdg_outbox_put(dir, REF_B, pdg_bytes_str("b"), &err), &err);
	CHECK_OK(pdg_outbox_put(dir, REF_C, pdg_bytes_str("c"), &err), &err);
	/* Once more is nothing new; what was signed anew, or was damaged, takes its place. */
	CHECK_OK(pdg_outbox_put(dir, REF_A, pdg_bytes_str("a"), &err), &err);
	CHECK_OK(pdg_outbox_put(dir, REF_B, pdg_bytes_str("longer than before"), &err), &err);
	CHECK_CODE(pdg_outbox_put(dir, "sha256:../../x", pdg_bytes_str("x"), &err), &err,
		   PDG_E_USAGE);
	CHECK(stat(dir, &st) == 0 && (st.st_mode & 0777) == 0700);

	free(pdg_test_file(dir, "notes.txt", pdg_bytes_str("mine")));
	free(pdg_test_file(dir, LEFT, pdg_bytes_str("killed while writing")));
	set_age(dir, LEFT, 100);
	free(pdg_test_file(dir, "0123.json", pdg_bytes_str("mine")));
	set_age(dir, HEX "a.json", 300);
	set_age(dir, HEX "b.json", 100);
	set_age(dir, HEX "c.json", 200);
	CHECK_OK(pdg_outbox_list(dir, &names, &err), &err);
	left = pdg_test_path(dir, LEFT);
	CHECK(!pdg_fs_exists(left));
	if (CHECK_UINT(names.n, 3)) {
		CHECK_STR(names.v[0], HEX "b.json");
		CHECK_STR(names.v[1], HEX "c.json");
		CHECK_STR(names.v[2], HEX "a.json");
	}
	CHECK_OK(pdg_outbox_read(dir, HEX "a.json", &body, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&body), "a");
	pdg_buf_reset(&body);
	CHECK_OK(pdg_outbox_read(dir, HEX "b.json", &body, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&body), "longer than before");
	CHECK_CODE(pdg_outbox_read(dir, "notes.txt", &body, &err), &err, PDG_E_USAGE);
	CHECK_CODE(pdg_outbox_read(dir, "../" HEX "a.json", &body, &err), &err, PDG_E_USAGE);
	pdg_test_dir_remove(top);
}

/* Made, tried, and left as it was; not behind a link, and not where others can write. */
static void ready_for_statements(void)
{
	char *top = pdg_test_dir();
	PDG_AUTO(mem) char *dir = pdg_test_path(top, "outbox");
	PDG_AUTO(mem) char *link = pdg_test_path(top, "link");
	PDG_AUTO(mem) char *file = pdg_test_file(top, "file", pdg_bytes_str("x"));
	PDG_AUTO(mem) char *taken = pdg_test_path(dir, ".writable");
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	struct pdg_error err = {0};

	CHECK_OK(pdg_outbox_ready(dir, &err), &err);
	CHECK_OK(pdg_outbox_ready(dir, &err), &err);
	CHECK_OK(pdg_fs_list(dir, 10, &names, &err), &err);
	CHECK_UINT(names.n, 0);
	CHECK(mkdir(taken, 0700) == 0);
	CHECK_CODE(pdg_outbox_ready(dir, &err), &err, PDG_E_IO);
	CHECK(rmdir(taken) == 0);
	CHECK_RULE(pdg_outbox_ready(file, &err), &err, "FIL-1");
	CHECK(symlink(dir, link) == 0);
	CHECK_RULE(pdg_outbox_ready(link, &err), &err, "FIL-1");
	CHECK_RULE(pdg_outbox_put(link, REF_A, pdg_bytes_str("a"), &err), &err, "FIL-1");
	CHECK(chmod(dir, 0777) == 0);
	CHECK_RULE(pdg_outbox_put(dir, REF_A, pdg_bytes_str("a"), &err), &err, "FIL-1");
	CHECK(chmod(dir, 0755) == 0);
	CHECK_OK(pdg_outbox_put(dir, REF_A, pdg_bytes_str("a"), &err), &err);
	pdg_test_dir_remove(top);
}

static void done_and_refused(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	PDG_AUTO(names) struct pdg_names all = {NULL, 0};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(100);
	PDG_AUTO(mem) char *problem = pdg_test_path(dir, HEX "b.problem");
	struct pdg_error err = {0};

	CHECK_OK(pdg_outbox_put(dir, REF_A, pdg_bytes_str("a"), &err), &err);
	CHECK_OK(pdg_outbox_put(dir, REF_B, pdg_bytes_str("b"), &err), &err);
	CHECK_OK(pdg_outbox_done(dir, HEX "a.json", &err), &err);
	CHECK_OK(pdg_outbox_refused(dir, HEX "b.json", pdg_bytes_str("because"), &err), &err);
	CHECK_OK(pdg_outbox_list(dir, &names, &err), &err);
	CHECK_UINT(names.n, 0);
	pdg_test_read(problem, &text);
	CHECK_BYTES_STR(pdg_buf_bytes(&text), "because");
	CHECK_CODE(pdg_outbox_done(dir, "../b.json", &err), &err, PDG_E_USAGE);

	/* Put again after a refusal: waits again; acknowledged, the refusal is gone too. */
	CHECK_OK(pdg_outbox_put(dir, REF_B, pdg_bytes_str("b"), &err), &err);
	pdg_names_done(&names);
	CHECK_OK(pdg_outbox_list(dir, &names, &err), &err);
	CHECK_UINT(names.n, 1);
	CHECK_OK(pdg_outbox_done(dir, HEX "b.json", &err), &err);
	/* Two runs at once: what the other delivered meanwhile is no failure, and leaves nothing.
	 */
	CHECK_OK(pdg_outbox_refused(dir, HEX "b.json", pdg_bytes_str("late"), &err), &err);
	CHECK_OK(pdg_fs_list(dir, 100, &all, &err), &err);
	CHECK_UINT(all.n, 0);
	pdg_test_dir_remove(dir);
}

/* What was refused is listed, with the service's words; that of the last refusal is found. */
static void reasons(void)
{
	static const char first[] = "{\"detail\":\"one\",\"rule\":\"IDN-1\"}";
	static const char last[] = "{\"detail\":\"two\",\"rule\":\"SRC-5\"}";
	char *dir = pdg_test_dir();
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	const struct timespec then[] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	char *problem = pdg_test_path(dir, HEX "b.problem");
	struct pdg_error err = {0};
	size_t n = 0;

	CHECK_INT(pdg_outbox_last_problem(dir, &n, &err), PDG_E_NOTFOUND);
	CHECK_OK(pdg_outbox_put(dir, REF_B, pdg_bytes_str("b"), &err), &err);
	CHECK_OK(pdg_outbox_put(dir, REF_A, pdg_bytes_str("a"), &err), &err);
	CHECK_OK(pdg_outbox_refused(dir, HEX "b.json", pdg_bytes_str(first), &err), &err);
	CHECK_OK(pdg_outbox_refused(dir, HEX "a.json", pdg_bytes_str(last), &err), &err);
	CHECK(utimensat(AT_FDCWD, problem, then, 0) == 0);
	CHECK_OK(pdg_outbox_list_refused(dir, &names, &err), &err);
	if (CHECK_UINT(names.n, 2)) {
		CHECK_STR(names.v[0], HEX "a.refused");
		CHECK_STR(names.v[1], HEX "b.refused");
		CHECK_RULE(pdg_outbox_problem(dir, names.v[1], &err), &err, "IDN-1");
		CHECK_HAS(err.text, "one");
	}
	CHECK_RULE(pdg_outbox_last_problem(dir, &n, &err), &err, "SRC-5");
	CHECK_UINT(n, 2);
	/* A reason that is lost leaves the refusal standing. */
	CHECK(unlink(problem) == 0);
	CHECK_CODE(pdg_outbox_problem(dir, HEX "b.refused", &err), &err, PDG_E_REJECTED);
	CHECK_HAS(err.text, "lost");
	free(problem);
	pdg_test_dir_remove(dir);
}

static void submission(void)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *back = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(100);
	PDG_AUTO(json) json_t *o = NULL;
	const json_t *attestation = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &key, &err), &err);
	CHECK_OK(pdg_envelope_sign(pdg_bytes_str("{}"), key, &e, &err), &err);
	CHECK_OK(pdg_submission_write(e, pdg_bytes("tree\0x", 6), &body, &err), &err);
	CHECK_OK(pdg_json_load(pdg_buf_bytes(&body), PDG_LIMIT_BODY, &o, &err), &err);
	CHECK_OK(pdg_json_obj(o, "attestation", &attestation, &err), &err);
	CHECK_OK(pdg_envelope_read(attestation, &back, &err), &err);
	if (back)
		CHECK_STR(back->reference, e->reference);
	CHECK_OK(pdg_json_base64(o, "commit", &raw, &err), &err);
	CHECK_BYTES(pdg_buf_bytes(&raw), pdg_bytes("tree\0x", 6));

	pdg_buf_reset(&body);
	CHECK_OK(pdg_submission_write(e, pdg_bytes(NULL, 0), &body, &err), &err);
	CHECK(!strstr(pdg_buf_cstr(&body), "commit"));
}

/* "YQ==" is "a", whatever it comes in. */
static void reference_of_a_submission(void)
{
	static const char *const same[] = {
		"{\"payload\":\"YQ==\"}",
		"{\"mediaType\":\"x\",\"dsseEnvelope\":{\"payload\":\"YQ==\"}}",
		"{\"attestation\":{\"payload\":\"YQ==\"},\"commit\":\"\",\"source\":{\"payload\":\"\"}}",
		"{\"attestation\":{\"mediaType\":\"x\",\"dsseEnvelope\":{\"payload\":\"YQ==\"}}}",
	};
	static const char *const none[] = {
		"{}",
		"[]",
		"{\"payload\":1}",
		"{\"attestation\":\"YQ==\"}",
		"{\"mediaType\":\"x\",\"payload\":\"YQ==\"}",
	};
	char reference[PDG_REFERENCE_LEN];
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		pdg_test_case("%s", same[i]);
		reference[0] = '\0';
		CHECK_OK(pdg_submission_reference(pdg_bytes_str(same[i]), reference, &err), &err);
		CHECK_STR(
			reference,
			"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		pdg_test_case("%s", none[i]);
		CHECK_CODE(pdg_submission_reference(pdg_bytes_str(none[i]), reference, &err), &err,
			   PDG_E_FORMAT);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("outbox", {"put and list", put_and_list},
	      {"ready for statements", ready_for_statements},
	      {"done and refused", done_and_refused}, {"reasons", reasons},
	      {"submission", submission}, {"reference of a submission", reference_of_a_submission})
