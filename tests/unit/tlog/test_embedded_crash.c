/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log, killed behind every single file operation of an append and of a beginning,
 * with and without loss of what was not synced, and with every operation failing once. Each
 * time the folder must be the old tree or the new one, whole, and grow on from there.
 */
#include <sys/wait.h>

#include "tlog/log.h"
#include "unit/tlog/crash_io.h"
#include "unit/tlog/items.h"

#define ORIGIN	       "localhost"
#define OPERATIONS_MAX 200

PDG_AUTO_DEFINE(log, struct pdg_log *, pdg_log_free)
PDG_AUTO_DEFINE(test_dir, char *, pdg_test_dir_remove)

static const enum crash_kind kinds[] = {CRASH_KEEP, CRASH_LOSE, CRASH_TORN};
static const char *const kind_names[] = {"kept", "lost", "torn", "failed"};

static int open_with(const char *dir, const struct pdg_embedded_io *io, struct pdg_log **out,
		     struct pdg_error *err)
{
	const struct pdg_embedded_options opt = {
		.directory = dir, .origin = ORIGIN, .may_create = true, .io = io};

	return pdg_embedded_open(&opt, out, err);
}

/* Items @first … in one batch; they must be taken and their entries verify. */
static void append(struct pdg_log *log, struct pdg_key *key, uint64_t first, size_t n)
{
	PDG_AUTO(root) struct pdg_root *root = root_of_log(ORIGIN, pdg_embedded_key(log));
	PDG_AUTO(items) struct items it = {0};
	struct pdg_error err = {0};

	items_init(&it, key, first, n);
	if (CHECK_OK(log->ops->add(log, it.v, n, &err), &err))
		check_items(&it, root, first);
}

/* The same without a look at each entry, for what only has to be there. */
static void fill(struct pdg_log *log, struct pdg_key *key, size_t n)
{
	PDG_AUTO(items) struct items it = {0};
	struct pdg_error err = {0};

	items_init(&it, key, 0, n);
	CHECK_OK(log->ops->add(log, it.v, n, &err), &err);
}

/* The log in @dir has @size entries of @leaf, or @other, and grows on. Returns its size before
 * that. */
static uint64_t check_log(const char *dir, struct pdg_key *key, const struct pdg_hash32 *leaf,
			  uint64_t size, uint64_t other)
{
	PDG_AUTO(log) struct pdg_log *log = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_hash32 want;
	struct pdg_error err = {0};
	uint64_t n = 0;
	uint64_t had;

	if (!CHECK_OK(open_with(dir, NULL, &log, &err), &err))
		return size;
	had = pdg_embedded_size(log);
	CHECK(had == size || had == other);
	c = latest(log);
	want = naive_mth(leaf, had);
	CHECK(c->size == had && hash_same(&c->root, &want));
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	append(log, key, had, 2);
	check_continues(log, had, &want);
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	CHECK_UINT(n, had + 2);
	want = naive_mth(leaf, had + 2);
	pdg_checkpoint_free(PDG_TAKE(c));
	c = latest(log);
	CHECK(hash_same(&c->root, &want));
	return had;
}

/* In a process of its own: open, append, and be ended at operation @at behind the opening. */
static void child_appends(const char *dir, struct pdg_key *key, uint64_t size, size_t n,
			  enum crash_kind kind, unsigned at)
{
	struct crash c = {.kind = kind};
	struct pdg_embedded_io io = crash_io(&c);
	struct items it = {0};
	struct pdg_log *log = NULL;

	if (open_with(dir, &io, &log, NULL) < 0)
		_exit(1);
	c.at = c.n + at;
	items_init(&it, key, size, n);
	if (log->ops->add(log, it.v, n, NULL) < 0)
		_exit(2);
	_exit(0);
}

static void child_begins(const char *dir, enum crash_kind kind, unsigned at)
{
	struct crash c = {.kind = kind, .at = at};
	struct pdg_embedded_io io = crash_io(&c);
	struct pdg_log *log = NULL;

	_exit(open_with(dir, &io, &log, NULL) < 0 ? 1 : 0);
}

static int wait_for(pid_t pid)
{
	int status = 0;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Entries @size, then a batch of @n, ended at each operation in turn. */
static void each_operation(uint64_t size, size_t n)
{
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) struct pdg_hash32 *leaf = item_leaves(key, size + n + 2);
	unsigned old = 0;
	unsigned new = 0;
	unsigned at;
	size_t k;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		int status = CRASHED;

		for (at = 1; status == CRASHED && at < OPERATIONS_MAX; at++) {
			PDG_AUTO(test_dir) char *dir = pdg_test_dir();
			PDG_AUTO(log) struct pdg_log *log = NULL;
			struct pdg_error err = {0};
			pid_t pid;

			pdg_test_case("%s at operation %u", kind_names[kinds[k]], at);
			if (!CHECK_OK(open_with(dir, NULL, &log, &err), &err))
				return;
			fill(log, key, size);
			pdg_log_free(PDG_TAKE(log));
			pid = fork();
			if (pid == 0)
				child_appends(dir, key, size, n, kinds[k], at);
			status = wait_for(pid);
			CHECK(status == CRASHED || status == 0);
			if (check_log(dir, key, leaf, size, size + n) == size)
				old++;
			else
				new ++;
		}
		CHECK(at > 8 && at < OPERATIONS_MAX);
	}
	/* both sides of the checkpoint were met */
	CHECK(old > 0 && new > 0);
	pdg_test_case(NULL);
}

static void first_append(void)
{
	each_operation(0, 3);
}

static void wider_partial_tile(void)
{
	each_operation(5, 4);
}

static void tile_becomes_full(void)
{
	each_operation(250, 10);
}

static void exactly_full(void)
{
	each_operation(255, 1);
}

static void beginning(void)
{
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) struct pdg_hash32 *leaf = item_leaves(key, 2);
	unsigned at;
	size_t k;

	for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		int status = CRASHED;

		for (at = 1; status == CRASHED && at < OPERATIONS_MAX; at++) {
			PDG_AUTO(test_dir) char *dir = pdg_test_dir();
			PDG_AUTO(mem) char *sub = pdg_test_path(dir, "log");
			pid_t pid;

			pdg_test_case("%s at operation %u", kind_names[kinds[k]], at);
			pid = fork();
			if (pid == 0)
				child_begins(sub, kinds[k], at);
			status = wait_for(pid);
			CHECK(status == CRASHED || status == 0);
			(void)check_log(sub, key, leaf, 0, 0);
		}
		CHECK(at > 8 && at < OPERATIONS_MAX);
	}
	pdg_test_case(NULL);
}

/*
 * One operation fails (a full disk): the batch is refused as a whole, and taken when it comes
 * again; or what failed came behind the record, and is no failure of the append. Others follow, and
 * the folder has the whole tree behind each. Then the power fails, with the log closed before or
 * not: what the failed attempt left unsynced must not matter.
 */
enum { MET = 20, UNMET = 21 };

#define LATER 6 /* appends of one entry each */

static void child_goes_on(struct pdg_log *log, struct pdg_key *key, uint64_t size)
{
	uint64_t k, n;

	for (k = 0; k < LATER; k++) {
		struct items it = {0};

		items_init(&it, key, size + k, 1);
		if (log->ops->add(log, it.v, 1, NULL) < 0)
			_exit(5);
		if (pdg_embedded_fsck(log, &n, NULL) < 0 || n != size + k + 1)
			_exit(6);
	}
}

static void child_fails(const char *dir, struct pdg_key *key, uint64_t size, unsigned at,
			bool closed)
{
	struct crash c = {.kind = CRASH_FAIL};
	struct pdg_embedded_io io = crash_io(&c);
	struct items it = {0};
	struct items again = {0};
	struct pdg_log *log = NULL;
	bool met;

	if (open_with(dir, &io, &log, NULL) < 0)
		_exit(1);
	if (size)
		fill(log, key, size);
	c.at = c.n + at;
	items_init(&it, key, size, 10);
	items_init(&again, key, size, 10);
	if (log->ops->add(log, it.v, 10, NULL) < 0) {
		if (pdg_embedded_size(log) != size || it.v[0].entry || it.v[9].entry)
			_exit(2);
		if (log->ops->add(log, again.v, 10, NULL) < 0 || !again.v[0].entry ||
		    again.v[0].entry->log_index != size)
			_exit(3);
	}
	met = c.n >= c.at;
	c.at = 0;
	if (pdg_embedded_size(log) != size + 10)
		_exit(4);
	child_goes_on(log, key, size + 10);
	if (closed)
		pdg_log_free(log);
	crash_take_back(&c);
	_exit(met ? MET : UNMET);
}

static void each_failure_at(uint64_t size)
{
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) struct pdg_hash32 *leaf = item_leaves(key, size + 60);
	int status = MET;
	unsigned at;

	for (at = 1; status == MET && at < OPERATIONS_MAX; at++) {
		PDG_AUTO(test_dir) char *dir = pdg_test_dir();
		bool closed = at % 2 == 0;
		pid_t pid;

		pdg_test_case("failed at operation %u%s", at / 2 + 1, closed ? ", closed" : "");
		pid = fork();
		if (pid == 0)
			child_fails(dir, key, size, at / 2 + 1, closed);
		status = wait_for(pid);
		if (status != MET)
			CHECK_INT(status, UNMET);
		(void)check_log(dir, key, leaf, size + 10 + LATER, size + 10 + LATER);
	}
	CHECK(at > 10 && at < OPERATIONS_MAX);
	pdg_test_case(NULL);
}

static void each_failure(void)
{
	each_failure_at(250);
}

/* The same with the first append of all, and with one within a tile. */
static void each_failure_within_a_tile(void)
{
	each_failure_at(0);
	each_failure_at(5);
}

/* Many appends behind one base, over several tiles, then the power fails; and once more after the
 * restart. */
static void child_many(const char *dir, struct pdg_key *key, uint64_t size)
{
	struct crash c = {.kind = CRASH_LOSE};
	struct pdg_embedded_io io = crash_io(&c);
	struct pdg_log *log = NULL;
	unsigned i;

	if (open_with(dir, &io, &log, NULL) < 0)
		_exit(1);
	for (i = 0; i < 8; i++) {
		struct items it = {0};

		items_init(&it, key, size + 64 * i, 64);
		if (log->ops->add(log, it.v, 64, NULL) < 0)
			_exit(2);
	}
	crash_take_back(&c);
	_exit(CRASHED);
}

static void many_behind_one_base(void)
{
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) struct pdg_hash32 *leaf = item_leaves(key, 1100);
	uint64_t size = 0;
	unsigned round;

	for (round = 0; round < 2; round++) {
		pid_t pid = fork();

		if (pid == 0)
			child_many(dir, key, size);
		CHECK_INT(wait_for(pid), CRASHED);
		(void)check_log(dir, key, leaf, size + 512, size + 512);
		size += 514;
	}
}

/* What there is of the folder @from into the folder @to. */
static void copy_of(const char *from, const char *to)
{
	PDG_AUTO(mem) char *all = pdg_str_printf("%s/.", from);
	char *cp[] = {(char *)(uintptr_t) "cp", (char *)(uintptr_t) "-a", all,
		      (char *)(uintptr_t)to, NULL};
	pid_t pid = fork();

	if (pid == 0) {
		(void)execv("/bin/cp", cp);
		_exit(127);
	}
	CHECK_INT(wait_for(pid), 0);
}

/* "ahead" cut anywhere says less, never something else. */
static void ahead_cut_anywhere(void)
{
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *ahead = pdg_test_path(dir, "ahead");
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(buf) struct pdg_buf whole = PDG_BUF_INIT(1 << 20);
	struct pdg_error err = {0};
	pid_t pid = fork();
	size_t n;

	if (pid == 0)
		child_many(dir, key, 0);
	CHECK_INT(wait_for(pid), CRASHED);
	CHECK_OK(pdg_fs_read(ahead, &whole, &err), &err);
	for (n = 0; n < whole.n; n += 1 + whole.n / 50) {
		PDG_AUTO(log) struct pdg_log *log = NULL;
		PDG_AUTO(test_dir) char *copy = pdg_test_dir();
		PDG_AUTO(mem) char *to = pdg_test_path(copy, "ahead");
		int rc;

		pdg_test_case("cut at %zu", n);
		copy_of(dir, copy);
		if (!CHECK(truncate(to, (off_t)n) == 0))
			return;
		rc = open_with(copy, NULL, &log, &err);
		/* Without a base the checkpoint counts, whose bytes the power took. */
		if (rc < 0)
			CHECK_STR(err.rule, "LOG-11");
		else
			CHECK_UINT(pdg_embedded_size(log) % 64, 0);
	}
	pdg_test_case(NULL);
}

static char *unwritten; /* the first tile whose fsync() failed, once */

static int finish_fails_once(void *ctx, const char *path, int fd, struct pdg_error *err)
{
	if (unwritten || !strstr(path, "/tile/"))
		return pdg_embedded_io_files.finish(ctx, path, fd, err);
	unwritten = pdg_str_dup(path);
	(void)close(fd);
	return pdg_fail(err, PDG_E_IO, "input/output error (by the test)");
}

/* The second fsync() would succeed: nothing may rest on it, nor take the place of "ahead". */
static void a_write_that_failed_later(void)
{
	struct pdg_embedded_io io = pdg_embedded_io_files;
	PDG_AUTO(test_dir) char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *sub = pdg_test_path(dir, "log");
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(log) struct pdg_log *log = NULL;
	struct pdg_error err = {0};
	uint64_t taken = 0, n = 0;
	unsigned i, failed = 0;

	io.finish = finish_fails_once;
	if (!CHECK_OK(open_with(sub, &io, &log, &err), &err))
		return;
	for (i = 0; i < 40 && failed < 3; i++) {
		PDG_AUTO(items) struct items it = {0};

		items_init(&it, key, taken, 256);
		if (log->ops->add(log, it.v, 256, &err) == 0)
			taken += failed == 0 ? 256 : 0;
		else
			failed++;
	}
	CHECK_UINT(failed, 3);
	CHECK_CODE(pdg_embedded_shows(log, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_embedded_show_again(log, &err), &err, PDG_E_IO);
	pdg_log_free(PDG_TAKE(log));
	/* What the kernel did not write is not there. */
	CHECK_INT(truncate(unwritten, 0), 0);
	if (!CHECK_OK(open_with(sub, NULL, &log, &err), &err))
		return;
	CHECK_OK(pdg_embedded_fsck(log, &n, &err), &err);
	CHECK_UINT(n, taken);
	append(log, key, taken, 3);
	free(unwritten);
}

/* Before the first append nothing but its file has the checkpoint. */
static void child_shows_again(const char *dir)
{
	struct crash c = {.kind = CRASH_LOSE};
	struct pdg_embedded_io io = crash_io(&c);
	struct pdg_log *log = NULL;

	if (open_with(dir, &io, &log, NULL) < 0)
		_exit(1);
	if (pdg_embedded_show_again(log, NULL) < 0)
		_exit(2);
	crash_take_back(&c);
	_exit(CRASHED);
}

static void shown_before_the_first_append(void)
{
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(mem) struct pdg_hash32 *leaf = item_leaves(key, 7);
	uint64_t size;

	for (size = 0; size <= 5; size += 5) {
		PDG_AUTO(test_dir) char *dir = pdg_test_dir();
		PDG_AUTO(log) struct pdg_log *log = NULL;
		struct pdg_error err = {0};
		pid_t pid;

		pdg_test_case("a tree of %u", (unsigned)size);
		if (!CHECK_OK(open_with(dir, NULL, &log, &err), &err))
			return;
		if (size)
			fill(log, key, size);
		pdg_log_free(PDG_TAKE(log));
		pid = fork();
		if (pid == 0)
			child_shows_again(dir);
		CHECK_INT(wait_for(pid), CRASHED);
		(void)check_log(dir, key, leaf, size, size);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("embedded_crash", {"a write that failed later", a_write_that_failed_later},
	      {"shown before the first append", shown_before_the_first_append},
	      {"first append", first_append}, {"wider partial tile", wider_partial_tile},
	      {"a tile becomes full", tile_becomes_full}, {"exactly full", exactly_full},
	      {"beginning", beginning}, {"each failure", each_failure},
	      {"each failure within a tile", each_failure_within_a_tile},
	      {"many behind one base", many_behind_one_base},
	      {"ahead cut anywhere", ahead_cut_anywhere})
