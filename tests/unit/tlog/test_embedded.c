/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded log: beginning, appending, serving, reopening, and every folder that is not one. */
#include "tlog/embedded.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tlog/entries.h"
#include "tlog/log.h"
#include "unit/tlog/items.h"
#include "util/str.h"

#define ORIGIN "localhost"

PDG_AUTO_DEFINE(log, struct pdg_log *, pdg_log_free)
PDG_AUTO_DEFINE(test_dir, char *, pdg_test_dir_remove)

static int open_log(const char *dir, bool may_create, struct pdg_log **out, struct pdg_error *err)
{
	const struct pdg_embedded_options opt = {
		.directory = dir, .origin = ORIGIN, .may_create = may_create};

	return pdg_embedded_open(&opt, out, err);
}

static bool there(const char *dir, const char *name)
{
	PDG_AUTO(mem) char *path = pdg_test_path(dir, name);

	return pdg_fs_exists(path);
}

static void remove_file(const char *dir, const char *name)
{
	PDG_AUTO(mem) char *path = pdg_test_path(dir, name);

	CHECK(remove(path) == 0);
}

/* Append items @first … to @log, in batches of @batch, and check the entries. */
static void append(struct pdg_log *log, struct pdg_key *key, uint64_t first, size_t n, size_t batch)
{
	PDG_AUTO(root) struct pdg_root *root = root_of_log(ORIGIN, pdg_embedded_key(log));
	size_t at;

	for (at = 0; at < n; at += batch) {
		PDG_AUTO(items) struct items it = {0};
		struct pdg_error err = {0};

		items_init(&it, key, first + at, n - at < batch ? n - at : batch);
		if (CHECK_OK(log->ops->add(log, it.v, it.n, &err), &err))
			check_items(&it, root, first + at);
	}
}

static void an_empty_log(void)
{
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *sub = pdg_test_path(dir, "a/b/log");
	PDG_AUTO(mem) char *key = pdg_test_path(sub, "key.pem");
	PDG_AUTO(log) struct pdg_log *log = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);
	struct pdg_log *second = NULL;
	struct pdg_error err = {0};
	struct pdg_hash32 empty;
	uint64_t n = 99;
	struct stat st;
	uint8_t id[32];

	CHECK_CODE(open_log(sub, false, &log, &err), &err, PDG_E_NOTFOUND);
	CHECK(!there(dir, "a"));
	if (!CHECK_OK(open_log(sub, true, &log, &err), &err))
		return;
	CHECK_UINT(pdg_embedded_size(log), 0);
	CHECK(stat(key, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(stat(sub, &st) == 0 && (st.st_mode & 077) == 0);
	CHECK(pdg_key_type(pdg_embedded_key(log)) == PDG_KEY_ED25519);
	CHECK_OK(pdg_note_key_id(ORIGIN, pdg_embedded_key(log), id, &err), &err);
	CHECK(memcmp(id, pdg_embedded_id(log), 32) == 0);
	c = latest(log);
	CHECK_STR(c->origin, ORIGIN);
	CHECK_OK(pdg_merkle_empty(&empty, &err), &err);
	CHECK_UINT(c->size, 0);
	CHECK(hash_same(&c->root, &empty));
	CHECK_CODE(pdg_embedded_file(log, "tile/0/000.p/1", &out, &err), &err, PDG_E_NOTFOUND);
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	CHECK_UINT(n, 0);
	CHECK_OK(log->ops->add(log, NULL, 0, &err), &err);
	CHECK(!there(sub, "creating"));
	CHECK(!there(sub, "checkpoint.new"));
	/* one process, and in it one opener */
	CHECK_RULE(open_log(sub, true, &second, &err), &err, "LOG-16");
	pdg_log_free(PDG_TAKE(log));
	CHECK_OK(open_log(sub, false, &log, &err), &err);
}

static void growing(void)
{
	static const size_t batches[] = {1, 1, 3, 50, 200, 1, 256, 255, 700, 64, 1};
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) struct pdg_hash32 *leaf = item_leaves(key, 1600);
	PDG_AUTO(log) struct pdg_log *log = NULL;
	struct pdg_hash32 old_root;
	struct pdg_error err = {0};
	uint64_t size = 0;
	uint64_t n = 0;
	size_t i;

	CHECK_OK(pdg_merkle_empty(&old_root, &err), &err);
	for (i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
		struct pdg_hash32 want;

		pdg_test_case("batch %zu", i);
		if (!log && !CHECK_OK(open_log(dir, true, &log, &err), &err))
			return;
		append(log, key, size, batches[i], batches[i]);
		check_continues(log, size, &old_root);
		size += batches[i];
		CHECK_UINT(pdg_embedded_size(log), size);
		want = naive_mth(leaf, size);
		{
			PDG_AUTO(checkpoint) struct pdg_checkpoint *c = latest(log);

			CHECK(hash_same(&c->root, &want));
			old_root = c->root;
		}
		CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
		CHECK_UINT(n, size);
		if (i % 3 == 0)
			pdg_log_free(PDG_TAKE(log));
	}
	pdg_test_case(NULL);
}

/* Partial files give way to wider ones: a folder of 600 entries holds few files. */
static void few_files(void)
{
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(log) struct pdg_log *log = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(open_log(dir, true, &log, &err), &err))
		return;
	append(log, key, 0, 600, 40);
	CHECK(there(dir, "tile/0/000"));
	CHECK(there(dir, "tile/0/001"));
	CHECK(!there(dir, "tile/0/000.p"));
	CHECK(!there(dir, "tile/0/001.p"));
	CHECK(there(dir, "tile/0/002.p/88"));
	CHECK(!there(dir, "tile/0/002.p/48"));
	CHECK(there(dir, "tile/1/000.p/2"));
	CHECK(!there(dir, "tile/1/000.p/1"));
	CHECK(there(dir, "tile/entries/001"));
	CHECK(there(dir, "tile/entries/002.p/88"));
	CHECK(!there(dir, "tile/entries/002.p/48"));
	/* One that was replaced is kept for the next, while the log is open. */
	CHECK(there(dir, "tile/0/002.p/spare"));
	CHECK(there(dir, "tile/entries/002.p/spare"));
	append(log, key, 600, 168, 40);
	CHECK(there(dir, "tile/0/002"));
	CHECK(!there(dir, "tile/0/002.p"));
	CHECK(!there(dir, "tile/entries/002.p"));
	append(log, key, 768, 7, 2);
	CHECK(there(dir, "tile/0/003.p/spare"));
	pdg_log_free(PDG_TAKE(log));
	CHECK(there(dir, "tile/0/003.p/7"));
	CHECK(!there(dir, "tile/0/003.p/spare"));
	CHECK(!there(dir, "tile/entries/003.p/spare"));
}

static void what_is_served(void)
{
	static const char *const absent[] = {
		"tile/0/002.p/89",
		"tile/0/002",
		"tile/1/000.p/3",
		"tile/1/000",
		"tile/2/000.p/1",
		"tile/8/000",
		"tile/63/000.p/1",
		"tile/entries/002.p/89",
		"key.pem",
		"lock",
		"tile/../key.pem",
		"tile/0/../../key.pem",
		"/checkpoint",
		"checkpoint/",
		"tile/",
		"",
		"tile/0/x000/000",
		"tile/0/18446744073709551615",
		"tile/0/x018/x446/x744/x073/x709/x551/615",
	};
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) struct pdg_hash32 *leaf = item_leaves(key, 600);
	PDG_AUTO(log) struct pdg_log *log = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_ENTRIES_MAX);
	struct pdg_error err = {0};
	struct pdg_bytes rest;
	struct pdg_bytes entry;
	struct pdg_hash32 h;
	size_t i;

	if (!CHECK_OK(open_log(dir, true, &log, &err), &err))
		return;
	append(log, key, 0, 600, 300);
	for (i = 1; i <= 256; i++) {
		char path[PDG_TILE_PATH_MAX];

		pdg_buf_reset(&out);
		pdg_tile_path(0, 1, (unsigned)i, path);
		CHECK_OK(pdg_embedded_file(log, path, &out, &err), &err);
		CHECK_BYTES(pdg_buf_bytes(&out), pdg_bytes(leaf + 256, i * 32));
	}
	pdg_buf_reset(&out);
	CHECK_OK(pdg_embedded_file(log, "tile/entries/002.p/17", &out, &err), &err);
	rest = pdg_buf_bytes(&out);
	for (i = 0; pdg_entries_next(&rest, &entry); i++) {
		CHECK_OK(pdg_merkle_leaf(entry, &h, &err), &err);
		CHECK(hash_same(&h, &leaf[512 + i]));
	}
	CHECK_UINT(i, 17);
	CHECK_UINT(rest.n, 0);
	for (i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		pdg_test_case("\"%s\"", absent[i]);
		pdg_buf_reset(&out);
		CHECK_CODE(pdg_embedded_file(log, absent[i], &out, &err), &err, PDG_E_NOTFOUND);
		CHECK_UINT(out.n, 0);
	}
	pdg_test_case(NULL);
}

static void items_of_their_own(void)
{
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(key) struct pdg_key *ed = key_new(PDG_KEY_ED25519);
	PDG_AUTO(log) struct pdg_log *log = NULL;
	PDG_AUTO(items) struct items it = {0};
	PDG_AUTO(buf) struct pdg_buf big = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_error err = {0};

	if (!CHECK_OK(open_log(dir, true, &log, &err), &err))
		return;
	items_init(&it, key, 0, 4);
	it.v[1].key = ed;
	it.v[2].sig = pdg_bytes(pdg_buf_room(&big, 60000), 60000);
	CHECK_OK(log->ops->add(log, it.v, 4, &err), &err);
	CHECK_UINT(pdg_embedded_size(log), 2);
	CHECK_OK(it.v[0].rc, &it.v[0].err);
	CHECK_CODE(it.v[1].rc, &it.v[1].err, PDG_E_USAGE);
	CHECK_RULE(it.v[2].rc, &it.v[2].err, "LOG-15");
	CHECK_OK(it.v[3].rc, &it.v[3].err);
	CHECK(it.v[0].entry && it.v[0].entry->log_index == 0);
	CHECK(!it.v[1].entry && !it.v[2].entry);
	CHECK(it.v[3].entry && it.v[3].entry->log_index == 1);
}

static void a_key_of_ones_own(void)
{
	static const enum pdg_key_type types[] = {PDG_KEY_ED25519, PDG_KEY_ECDSA_P256};
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	size_t i;

	for (i = 0; i < 2; i++) {
		PDG_AUTO(test_dir) char *dir = pdg_test_dir();
		PDG_AUTO(key) struct pdg_key *own = key_new(types[i]);
		PDG_AUTO(key) struct pdg_key *other = key_new(types[i]);
		PDG_AUTO(mem) char *path = pdg_test_path(dir, "own.pem");
		PDG_AUTO(mem) char *path2 = pdg_test_path(dir, "other.pem");
		PDG_AUTO(mem) char *sub = pdg_test_path(dir, "log");
		PDG_AUTO(log) struct pdg_log *log = NULL;
		struct pdg_embedded_options opt = {
			.directory = sub, .origin = "log.example", .key = path, .may_create = true};
		struct pdg_error err = {0};

		CHECK_RULE(pdg_embedded_open(&opt, &log, &err), &err, "KEY-3");
		CHECK_OK(pdg_key_private_save(own, path, &err), &err);
		CHECK_OK(pdg_key_private_save(other, path2, &err), &err);
		/* the attempt left a beginning, which goes on now */
		if (!CHECK_OK(pdg_embedded_open(&opt, &log, &err), &err))
			continue;
		CHECK(pdg_key_same(pdg_embedded_key(log), own));
		CHECK(!there(sub, "key.pem"));
		{
			PDG_AUTO(root) struct pdg_root *root = root_of_log("log.example", own);
			PDG_AUTO(items) struct items it = {0};

			items_init(&it, key, 0, 3);
			CHECK_OK(log->ops->add(log, it.v, 3, &err), &err);
			check_items(&it, root, 0);
		}
		pdg_log_free(PDG_TAKE(log));
		opt.key = path2;
		CHECK_RULE(pdg_embedded_open(&opt, &log, &err), &err, "LOG-11");
		opt.key = path;
		opt.origin = "log.exampl";
		CHECK_RULE(pdg_embedded_open(&opt, &log, &err), &err, "LOG-11");
		opt.origin = "log.example";
		CHECK_OK(pdg_embedded_open(&opt, &log, &err), &err);
		CHECK_UINT(pdg_embedded_size(log), 3);
	}
}

static void origins(void)
{
	static const char *const bad[] = {"",	"a b", "a/b",	   "a:1",     "a+b",
					  "-a", ".a",  "http://a", "\xc3\xa9"};
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	struct pdg_embedded_options opt = {.directory = dir, .may_create = true};
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		opt.origin = bad[i];
		CHECK_CODE(pdg_embedded_open(&opt, &log, &err), &err, PDG_E_USAGE);
	}
	opt.origin = NULL;
	CHECK_CODE(pdg_embedded_open(&opt, &log, &err), &err, PDG_E_USAGE);
	CHECK(!there(dir, "checkpoint"));
}

static void folders_that_are_no_log(void)
{
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *sub = pdg_test_path(dir, "d");
	PDG_AUTO(mem) char *file = pdg_test_file(dir, "f", pdg_bytes_str("x"));
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};

	CHECK_CODE(open_log(file, true, &log, &err), &err, PDG_E_IO);
	CHECK(mkdir(sub, 0700) == 0);
	CHECK_CODE(open_log(sub, false, &log, &err), &err, PDG_E_NOTFOUND);
	CHECK(!there(sub, "lock"));
	free(pdg_test_file(sub, "notes.txt", pdg_bytes_str("mine")));
	CHECK_RULE(open_log(sub, true, &log, &err), &err, "LOG-11");
	CHECK(!there(sub, "lock"));
	remove_file(sub, "notes.txt");
	free(pdg_test_file(sub, "key.pem", pdg_bytes_str("a key without a log")));
	CHECK_RULE(open_log(sub, true, &log, &err), &err, "LOG-11");
	remove_file(sub, "key.pem");
	/* a beginning that was cut off before its key was whole */
	free(pdg_test_file(sub, "creating", pdg_bytes_str("")));
	free(pdg_test_file(sub, "key.pem", pdg_bytes_str("-----BEGIN")));
	free(pdg_test_file(sub, ".pedigree-0123456789abcdef", pdg_bytes_str("-----BEGIN")));
	free(pdg_test_file(sub, "checkpoint.new", pdg_bytes_str("local")));
	CHECK_CODE(open_log(sub, false, &log, &err), &err, PDG_E_NOTFOUND);
	CHECK_OK(open_log(sub, true, &log, &err), &err);
	CHECK(!there(sub, "creating"));
	pdg_log_free(log);
}

static void losses(void)
{
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) char *pem = pdg_test_path(dir, "key.pem");
	PDG_AUTO(mem) char *aside = pdg_test_path(dir, "aside");
	PDG_AUTO(mem) char *note = pdg_test_path(dir, "checkpoint");
	PDG_AUTO(mem) char *tile = pdg_test_path(dir, "tile/0/000.p/10");
	PDG_AUTO(mem) char *bundle = pdg_test_path(dir, "tile/entries/000.p/10");
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(open_log(dir, true, &log, &err), &err))
		return;
	append(log, key, 0, 10, 10);
	pdg_log_free(PDG_TAKE(log));
	CHECK(rename(pem, aside) == 0);
	CHECK_RULE(open_log(dir, true, &log, &err), &err, "LOG-11");
	CHECK(rename(aside, pem) == 0);
	CHECK(rename(note, aside) == 0);
	CHECK_RULE(open_log(dir, true, &log, &err), &err, "LOG-11");
	CHECK(!there(dir, "checkpoint"));
	CHECK(rename(aside, note) == 0);
	CHECK(rename(tile, aside) == 0);
	CHECK_RULE(open_log(dir, true, &log, &err), &err, "LOG-12");
	CHECK(rename(aside, tile) == 0);
	CHECK(rename(bundle, aside) == 0);
	CHECK_RULE(open_log(dir, true, &log, &err), &err, "LOG-12");
	CHECK(rename(aside, bundle) == 0);
	CHECK_OK(open_log(dir, true, &log, &err), &err);
	pdg_log_free(log);
}

/* Change byte @at of the file (negative: cut it there from the end), and give back what it was. */
static void damage(const char *path, long at, struct pdg_buf *was)
{
	PDG_AUTO(buf) struct pdg_buf now = PDG_BUF_INIT(PDG_ENTRIES_MAX);
	FILE *f;

	pdg_buf_reset(was);
	pdg_test_read(path, was);
	pdg_buf_put(&now, pdg_buf_bytes(was));
	if (at >= 0)
		now.p[at] ^= 1;
	else
		now.n -= (size_t)-at;
	f = fopen(path, "wbe");
	CHECK(f && fwrite(now.p, 1, now.n, f) == now.n && fclose(f) == 0);
}

static void restore(const char *path, const struct pdg_buf *was)
{
	FILE *f = fopen(path, "wbe");

	CHECK(f && fwrite(was->p, 1, was->n, f) == was->n && fclose(f) == 0);
}

/* Whoever only checks opens what has a checkpoint, and hears of the rest when he asks. */
static void to_check(const char *dir, const char *rule)
{
	const struct pdg_embedded_options opt = {
		.directory = dir, .origin = ORIGIN, .to_check = true};
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};
	uint64_t n = 0;

	if (strcmp(rule, "LOG-12") != 0) {
		CHECK_RULE(pdg_embedded_open(&opt, &log, &err), &err, rule);
	} else if (CHECK_OK(pdg_embedded_open(&opt, &log, &err), &err)) {
		CHECK(pdg_embedded_is_damaged(log));
		CHECK_RULE(pdg_embedded_fsck(log, &n, &err), &err, rule);
		CHECK_UINT(n, 600);
	}
	pdg_log_free(log);
}

static void damages(void)
{
	static const struct {
		const char *file;
		long at;
		const char *open_rule; /* NULL: seen by fsck only */
	} t[] = {
		{"checkpoint", 2, "LOG-11"},
		{"checkpoint", 12, "LOG-11"},
		{"checkpoint", 120, "LOG-11"},
		{"checkpoint", -1, "LOG-11"},
		{"tile/0/002.p/88", 5, "LOG-12"},
		{"tile/0/002.p/88", -1, "LOG-12"},
		{"tile/1/000.p/2", 33, "LOG-12"},
		{"tile/entries/002.p/88", 300, "LOG-12"},
		{"tile/entries/002.p/88", 0, "LOG-12"},
		{"tile/entries/002.p/88", -7, "LOG-12"},
		{"tile/0/000", 8191, NULL},
		{"tile/0/001", -32, NULL},
		{"tile/entries/000", 400, NULL},
		{"tile/entries/001", 1, NULL},
		{"tile/entries/001", -1, NULL},
	};
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};
	uint64_t n;
	size_t i;

	if (!CHECK_OK(open_log(dir, true, &log, &err), &err))
		return;
	append(log, key, 0, 600, 200);
	pdg_log_free(PDG_TAKE(log));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(dir, t[i].file);
		PDG_AUTO(buf) struct pdg_buf was = PDG_BUF_INIT(PDG_ENTRIES_MAX);
		int rc;

		pdg_test_case("%s at %ld", t[i].file, t[i].at);
		damage(path, t[i].at, &was);
		rc = open_log(dir, false, &log, &err);
		if (t[i].open_rule) {
			CHECK_RULE(rc, &err, t[i].open_rule);
			to_check(dir, t[i].open_rule);
		} else if (CHECK_OK(rc, &err)) {
			n = 0;
			CHECK_RULE(pdg_embedded_fsck(log, &n, &err), &err, "LOG-12");
			CHECK_UINT(n, pdg_embedded_size(log));
			/* what is acknowledged later does not rest on it unseen */
			append(log, key, pdg_embedded_size(log), 1, 1);
		}
		pdg_log_free(PDG_TAKE(log));
		restore(path, &was);
	}
	pdg_test_case(NULL);
	CHECK_OK(open_log(dir, false, &log, &err), &err);
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	pdg_log_free(log);
}

struct reader {
	struct pdg_log *log;
	unsigned failures;
	unsigned reads;
	bool stop;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		PDG_AUTO(checkpoint) struct pdg_checkpoint *c = latest(r->log);
		struct pdg_tile_store s = {.read = served_tile, .ctx = r->log};
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_ENTRIES_MAX);
		struct pdg_hash32 root;
		char path[PDG_TILE_PATH_MAX];

		if (pdg_tree_root(&s, c->size, &root, NULL) < 0 || !hash_same(&root, &c->root))
			r->failures++;
		if (c->size % 256 > 0) {
			pdg_tile_entries_path(c->size / 256, (unsigned)(c->size % 256), path);
			r->failures += pdg_embedded_file(r->log, path, &out, NULL) < 0;
		}
		r->reads++;
	}
	return NULL;
}

/* Whoever holds a checkpoint can read its tree while it grows. */
static void readers_beside_an_append(void)
{
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(log) struct pdg_log *log = NULL;
	struct pdg_error err = {0};
	struct reader r = {0};
	pthread_t thread;

	if (!CHECK_OK(open_log(dir, true, &log, &err), &err))
		return;
	r.log = log;
	CHECK(pthread_create(&thread, NULL, read_on, &r) == 0);
	append(log, key, 0, 600, 7);
	__atomic_store_n(&r.stop, true, __ATOMIC_RELEASE);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(r.reads > 0);
	CHECK_UINT(r.failures, 0);
}

static void copy_file(const char *dir, const char *from, const char *to)
{
	PDG_AUTO(mem) char *a = pdg_test_path(dir, from);
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_ENTRIES_MAX);

	pdg_test_read(a, &bytes);
	free(pdg_test_file(dir, to, pdg_buf_bytes(&bytes)));
}

/* Tiles that wider ones replaced, left by a crash between the two: good ones, then others. */
static void narrow_tiles(void)
{
	static const char *const files[] = {"tile/0/000.p/7", "tile/entries/000.p/7"};
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};
	uint64_t n = 0;
	size_t i;

	if (!CHECK_OK(open_log(dir, true, &log, &err), &err))
		return;
	append(log, key, 0, 7, 7);
	copy_file(dir, files[0], "hashes");
	copy_file(dir, files[1], "entries");
	append(log, key, 7, 13, 13);
	CHECK(!there(dir, files[0]) && !there(dir, files[1]));
	copy_file(dir, "hashes", files[0]);
	copy_file(dir, "entries", files[1]);
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	CHECK_UINT(n, 20);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(dir, files[i]);
		PDG_AUTO(buf) struct pdg_buf was = PDG_BUF_INIT(PDG_ENTRIES_MAX);

		pdg_test_case("%s", files[i]);
		damage(path, 100, &was);
		CHECK_RULE(pdg_embedded_fsck(log, &n, &err), &err, "LOG-12");
		CHECK_HAS(err.text, files[i]);
		restore(path, &was);
		damage(path, -1, &was);
		CHECK_RULE(pdg_embedded_fsck(log, &n, &err), &err, "LOG-12");
		restore(path, &was);
	}
	pdg_test_case("full tiles");
	append(log, key, 20, 250, 125);
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	pdg_test_case(NULL);
	pdg_log_free(log);
}

/* What an append that was cut off left would come to lie in the tree, and is not of it. */
static void leftovers(void)
{
	static const char *const files[] = {"tile/0/000.p/21", "tile/entries/000.p/255",
					    "tile/0/001.p/3"};
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) char *second = NULL;
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};
	uint64_t n = 0;
	size_t i;

	if (!CHECK_OK(open_log(dir, true, &log, &err), &err))
		return;
	append(log, key, 0, 20, 20);
	pdg_log_free(PDG_TAKE(log));
	second = pdg_test_path(dir, "tile/0/001.p");
	CHECK(mkdir(second, 0700) == 0);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		free(pdg_test_file(dir, files[i], pdg_bytes_str("cut off")));
	CHECK_OK(open_log(dir, false, &log, &err), &err);
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		CHECK(there(dir, files[i]));
	append(log, key, 20, 200, 100);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		CHECK(!there(dir, files[i]));
	append(log, key, 220, 50, 50);
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	CHECK_UINT(n, 270);
	pdg_log_free(log);
}

PDG_TEST_MAIN("embedded", {"an empty log", an_empty_log}, {"growing", growing},
	      {"few files", few_files}, {"what is served", what_is_served},
	      {"items of their own", items_of_their_own}, {"a key of one's own", a_key_of_ones_own},
	      {"origins", origins}, {"folders that are no log", folders_that_are_no_log},
	      {"losses", losses}, {"damages", damages}, {"narrow tiles", narrow_tiles},
	      {"leftovers", leftovers}, {"readers beside an append", readers_beside_an_append})
