/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for every n: each function says so, leaves its outputs and leaks
 * nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/capture.h"
#include "support/check.h"
#include "support/failalloc.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/jsonw.h"
#include "util/log.h"
#include "util/out.h"
#include "util/size.h"
#include "util/str.h"
#include "util/strings.h"

static char *folder;

static int fill_buffer(struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100000);
	int i;

	for (i = 0; i < 1000; i++) {
		pdg_buf_puts(&b, "some text, ");
		pdg_buf_printf(&b, "%d", i);
		pdg_buf_u32be(&b, (uint32_t)i);
	}
	if (b.failed)
		CHECK(b.p == NULL && b.n == 0 && pdg_buf_cstr(&b)[0] == '\0');
	return pdg_buf_check(&b, err);
}

static int write_json(struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100000);
	struct pdg_jw w;
	int i;

	pdg_jw_init(&w, &b);
	pdg_jw_obj(&w);
	for (i = 0; i < 100; i++) {
		pdg_jw_kstr(&w, "a string", "with \"escapes\"\n");
		pdg_jw_key(&w, "bytes");
		pdg_jw_base64(&w, pdg_bytes("\1\2\3\4", 4));
		pdg_jw_key(&w, "a");
		pdg_jw_arr(&w);
		pdg_jw_u64(&w, 1);
		pdg_jw_end(&w);
	}
	pdg_jw_end(&w);
	return pdg_buf_check(&b, err);
}

static int load_json(struct pdg_error *err)
{
	static const char text[] =
		"{\"a\":[1,-2.5,true,null,\"x\\u00e9\",{\"b\":{\"c\":[[],{}]}}],"
		"\"d\":\"a longer string than fits\",\"e\":1,\"f\":2,\"g\":3,\"h\":4,\"i\":5,"
		"\"j\":6,\"k\":7,\"l\":8,\"m\":9,\"n\":10,\"o\":11}";
	PDG_AUTO(json) json_t *j = NULL;
	int rc = pdg_json_load(pdg_bytes_str(text), sizeof(text), &j, err);

	CHECK((rc == 0) == (j != NULL));
	return rc;
}

static int get_base64(struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100);
	int rc = pdg_json_load(pdg_bytes_str("{\"a\":\"Zm9v\"}"), 100, &j, err);

	if (rc < 0)
		return rc;
	return pdg_json_base64(j, "a", &b, err);
}

static int decode_base64(struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100);

	return pdg_unbase64(pdg_bytes_str("Zm9v"), PDG_BASE64_STD, &b, err);
}

static int copy_strings(struct pdg_error *err)
{
	PDG_AUTO(mem) char *a = pdg_str_printf("%s-%d", "a", 1);
	PDG_AUTO(mem) char *b = pdg_str_dup("b");
	PDG_AUTO(mem) char *c = pdg_bytes_dup(pdg_bytes_str("c"));
	PDG_AUTO(mem) char *d = pdg_path_join("a", "b");
	PDG_AUTO(mem) char *e = pdg_path_dir("a/b");
	PDG_AUTO(mem) void *f = pdg_calloc(3, 5);

	return a && b && c && d && e && f ? 0 : pdg_nomem(err);
}

static int copy_list(struct pdg_error *err)
{
	struct pdg_strings a = {0}, b = {0};
	int rc = pdg_strings_add(&a, "one", err);

	if (rc == 0)
		rc = pdg_strings_add(&a, "two", err);
	if (rc == 0)
		rc = pdg_strings_copy(&a, &b, err);
	CHECK_UINT(b.n, rc == 0 ? 2 : 0);
	pdg_strings_done(&a);
	pdg_strings_done(&b);
	return rc;
}

static int grow_array(struct pdg_error *err)
{
	PDG_AUTO(mem) int *v = NULL;
	size_t cap = 0;
	size_t n;

	for (n = 0; n < 100; n++) {
		int rc = pdg_array_grow(&v, n, &cap, sizeof(*v), 100);

		if (rc < 0) {
			CHECK_INT(rc, PDG_E_NOMEM);
			return pdg_nomem(err);
		}
		v[n] = (int)n;
	}
	return 0;
}

static int files(struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100);
	PDG_AUTO(mem) char *path = pdg_path_join(folder, "f");
	PDG_AUTO(mem) char *other = pdg_path_join(folder, "g");
	int rc;

	if (!path || !other)
		return pdg_nomem(err);
	rc = pdg_fs_remove(other, err);
	if (rc == 0)
		rc = pdg_fs_write(path, pdg_bytes_str("text"), 0600, err);
	if (rc == 0)
		rc = pdg_fs_create(other, pdg_bytes_str("text"), 0600, err);
	if (rc == 0)
		rc = pdg_fs_read(path, &b, err);
	return rc;
}

static int folders(struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	PDG_AUTO(mem) char *path = pdg_path_join(folder, "sub/sub");
	PDG_AUTO(mem) char *temp = NULL;
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = pdg_fs_mkdirs(path, 0700, err);
	if (rc == 0)
		rc = pdg_fs_list(folder, 10, &names, err);
	if (rc == 0)
		rc = pdg_fs_tempdir("pdg-test", &temp, err);
	if (rc == 0)
		rc = pdg_fs_remove_tree(temp, err);
	return rc;
}

static void every_allocation(void)
{
	folder = pdg_test_dir();
	pdg_failalloc_run("buffer", fill_buffer);
	pdg_failalloc_run("JSON writer", write_json);
	pdg_failalloc_run("JSON load", load_json);
	pdg_failalloc_run("JSON base64", get_base64);
	pdg_failalloc_run("base64", decode_base64);
	pdg_failalloc_run("strings", copy_strings);
	pdg_failalloc_run("a list of strings", copy_list);
	pdg_failalloc_run("array", grow_array);
	pdg_failalloc_run("files", files);
	pdg_failalloc_run("folders", folders);
	pdg_test_dir_remove(folder);
}

/* Words cannot fail, but they must say that something was lost, and an error line is still a line.
 */
static void words_without_memory(void)
{
	size_t n;

	for (n = 1; n < 10; n++) {
		PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(10000);
		struct pdg_error err = {.code = PDG_E_NOMEM, .text = "out of memory"};
		struct pdg_capture c = pdg_capture_begin(stderr);
		bool was_hit;

		pdg_failalloc_at(n);
		pdg_out(stderr, PDG_PLAIN, "%s\n", "text");
		pdg_out_error("pedigree", &err);
		pdg_log(PDG_LOG_ERROR, "event", "key", "value", (const char *)NULL);
		was_hit = pdg_failalloc_hit();
		pdg_failalloc_at(0);
		pdg_capture_end(&c, &got);
		pdg_test_case("allocation %zu", n);
		CHECK(pdg_bytes_ends(pdg_buf_bytes(&got), "\n"));
		CHECK(got.n > 10);
		if (!was_hit)
			break;
	}
	pdg_test_case(NULL);
	CHECK(n > 3 && n < 10);
}

PDG_TEST_MAIN("nomem", {"every allocation", every_allocation},
	      {"words without memory", words_without_memory})
