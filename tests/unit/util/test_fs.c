/* SPDX-License-Identifier: Apache-2.0 */
/* Files: what is read and refused, that a write is whole or nothing, locks and paths. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"
#include "util/fs.h"

static int read_path(const char *path, size_t max, struct pdg_buf *out, struct pdg_error *err)
{
	pdg_buf_done(out);
	pdg_buf_init(out, max);
	return pdg_fs_read(path, out, err);
}

static void reading(void)
{
	PDG_AUTO(buf) struct pdg_buf b = {0};
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *empty = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();

	path = pdg_test_file(dir, "f", pdg_bytes("a\0b\n", 4));
	empty = pdg_test_file(dir, "empty", pdg_bytes(NULL, 0));
	CHECK_OK(read_path(path, 4, &b, &err), &err);
	CHECK_BYTES(pdg_buf_bytes(&b), pdg_bytes("a\0b\n", 4));
	CHECK_OK(read_path(empty, 0, &b, &err), &err);
	CHECK_UINT(b.n, 0);
	CHECK_CODE(read_path(path, 3, &b, &err), &err, PDG_E_LIMIT);
	/* What the buffer holds already counts. */
	pdg_buf_done(&b);
	pdg_buf_init(&b, 5);
	pdg_buf_puts(&b, "xy");
	CHECK_CODE(pdg_fs_read(path, &b, &err), &err, PDG_E_LIMIT);
	CHECK_HAS(err.text, path);
	pdg_test_dir_remove(dir);
}

static void long_files(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(100000);
	PDG_AUTO(buf) struct pdg_buf b = {0};
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	size_t i;

	for (i = 0; i < 100000; i++)
		pdg_buf_putc(&in, (uint8_t)(i * 7));
	path = pdg_test_file(dir, "f", pdg_buf_bytes(&in));
	CHECK_OK(read_path(path, 100000, &b, &err), &err);
	CHECK(pdg_bytes_eq(pdg_buf_bytes(&b), pdg_buf_bytes(&in)));
	CHECK_CODE(read_path(path, 99999, &b, &err), &err, PDG_E_LIMIT);
	pdg_test_dir_remove(dir);
}

static void what_cannot_be_read(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(100);
	PDG_AUTO(mem) char *missing = NULL;
	PDG_AUTO(mem) char *below = NULL;
	PDG_AUTO(mem) char *file = NULL;
	PDG_AUTO(mem) char *fifo = NULL;
	PDG_AUTO(mem) char *dangling = NULL;
	PDG_AUTO(mem) char *loop = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();

	missing = pdg_test_path(dir, "missing");
	file = pdg_test_file(dir, "file", pdg_bytes_str("x"));
	below = pdg_test_path(file, "x");
	fifo = pdg_test_path(dir, "fifo");
	dangling = pdg_test_path(dir, "dangling");
	loop = pdg_test_path(dir, "loop");
	CHECK(mkfifo(fifo, 0600) == 0 && symlink("nowhere", dangling) == 0 &&
	      symlink("loop", loop) == 0);

	CHECK_CODE(pdg_fs_read(missing, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_fs_read(below, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_fs_read(dangling, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_fs_read(loop, &b, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_read(dir, &b, &err), &err, PDG_E_IO);
	CHECK_HAS(err.text, "is a directory");
	/* Nobody writes to it: a reader that waits would wait for ever. */
	CHECK_CODE(pdg_fs_read(fifo, &b, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_read("/dev/zero", &b, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_read("", &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_UINT(b.n, 0);
	pdg_test_dir_remove(dir);
}

static void reading_descriptors(void)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(10);
	struct pdg_error err = {0};
	int p[2];

	if (!CHECK(pipe(p) == 0))
		return;
	CHECK(write(p[1], "hello", 5) == 5);
	(void)close(p[1]);
	CHECK_OK(pdg_fs_read_fd(p[0], "standard input", &b, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "hello");
	(void)close(p[0]);
	CHECK_CODE(pdg_fs_read_fd(p[0], "standard input", &b, &err), &err, PDG_E_IO);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "hello");
	if (!CHECK(pipe(p) == 0))
		return;
	CHECK(write(p[1], "123456", 6) == 6);
	(void)close(p[1]);
	CHECK_CODE(pdg_fs_read_fd(p[0], "standard input", &b, &err), &err, PDG_E_LIMIT);
	(void)close(p[0]);
}

/* How many names a folder holds: nothing temporary may stay behind. */
static size_t names_in(const char *dir)
{
	PDG_AUTO(names) struct pdg_names names = {0};

	CHECK_OK(pdg_fs_list(dir, 100, &names, NULL), NULL);
	return names.n;
}

static mode_t mode_of(const char *path)
{
	struct stat st = {0};

	CHECK(stat(path, &st) == 0);
	return st.st_mode & 07777;
}

static void writing(void)
{
	PDG_AUTO(buf) struct pdg_buf b = {0};
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	mode_t mask = umask(022);

	path = pdg_test_path(dir, "f");
	CHECK_OK(pdg_fs_write(path, pdg_bytes_str("one"), 0600, &err), &err);
	CHECK_UINT(mode_of(path), 0600);
	CHECK_OK(pdg_fs_write(path, pdg_bytes("two\0x", 5), 0644, &err), &err);
	CHECK_UINT(mode_of(path), 0644);
	CHECK_OK(read_path(path, 10, &b, &err), &err);
	CHECK_BYTES(pdg_buf_bytes(&b), pdg_bytes("two\0x", 5));
	CHECK_OK(pdg_fs_write(path, pdg_bytes(NULL, 0), 0644, &err), &err);
	CHECK_OK(read_path(path, 10, &b, &err), &err);
	CHECK_UINT(b.n, 0);
	CHECK_UINT(names_in(dir), 1);
	(void)umask(mask);
	pdg_test_dir_remove(dir);
}

static void writing_beside_the_working_folder(void)
{
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	path = pdg_test_path(dir, "f");
	CHECK(before >= 0 && chdir(dir) == 0);
	CHECK_OK(pdg_fs_write("f", pdg_bytes_str("x"), 0600, &err), &err);
	CHECK(fchdir(before) == 0);
	(void)close(before);
	CHECK(pdg_fs_exists(path));
	pdg_test_dir_remove(dir);
}

/* A link is replaced, never written through. */
static void writing_over_a_link(void)
{
	PDG_AUTO(buf) struct pdg_buf b = {0};
	PDG_AUTO(mem) char *target = NULL;
	PDG_AUTO(mem) char *link = NULL;
	struct pdg_error err = {0};
	struct stat st = {0};
	char *dir = pdg_test_dir();

	target = pdg_test_file(dir, "target", pdg_bytes_str("old"));
	link = pdg_test_path(dir, "link");
	CHECK(symlink("target", link) == 0);
	CHECK_OK(pdg_fs_write(link, pdg_bytes_str("new"), 0600, &err), &err);
	CHECK(lstat(link, &st) == 0 && S_ISREG(st.st_mode));
	CHECK_OK(read_path(target, 10, &b, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "old");
	pdg_test_dir_remove(dir);
}

static void what_cannot_be_written(void)
{
	PDG_AUTO(mem) char *sub = NULL;
	PDG_AUTO(mem) char *slash = NULL;
	PDG_AUTO(mem) char *missing = NULL;
	PDG_AUTO(mem) char *below = NULL;
	PDG_AUTO(mem) char *file = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();

	sub = pdg_test_path(dir, "sub");
	slash = pdg_test_path(dir, "sub/");
	missing = pdg_test_path(dir, "missing/f");
	file = pdg_test_file(dir, "file", pdg_bytes_str("x"));
	below = pdg_test_path(file, "x");
	CHECK(mkdir(sub, 0700) == 0);
	CHECK_CODE(pdg_fs_write(sub, pdg_bytes_str("x"), 0600, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_write(slash, pdg_bytes_str("x"), 0600, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_write(missing, pdg_bytes_str("x"), 0600, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_write(below, pdg_bytes_str("x"), 0600, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_write("", pdg_bytes_str("x"), 0600, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_write("/", pdg_bytes_str("x"), 0600, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_write(".", pdg_bytes_str("x"), 0600, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_write("/dev/null/x", pdg_bytes_str("x"), 0600, &err), &err, PDG_E_IO);
	CHECK_UINT(names_in(dir), 2);
	CHECK_UINT(names_in(sub), 0);
	pdg_test_dir_remove(dir);
}

/* No room: the old file stands, nothing temporary stays. A file size limit plays the full disk. */
static void full_disk_keeps_the_old_file(void)
{
	PDG_AUTO(buf) struct pdg_buf b = {0};
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	int status = 0;
	pid_t pid;

	path = pdg_test_file(dir, "f", pdg_bytes_str("old"));
	pid = fork();
	if (pid == 0) {
		static const uint8_t big[100000];
		const struct rlimit little = {.rlim_cur = 4096, .rlim_max = 4096};

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &little) != 0)
			_exit(99);
		_exit(pdg_fs_write(path, pdg_bytes(big, sizeof(big)), 0600, NULL) == PDG_E_IO ? 42
											      : 43);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	CHECK_OK(read_path(path, 10, &b, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "old");
	CHECK_UINT(names_in(dir), 1);
	pdg_test_dir_remove(dir);
}

static void creating(void)
{
	PDG_AUTO(buf) struct pdg_buf b = {0};
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *link = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();

	path = pdg_test_path(dir, "f");
	link = pdg_test_path(dir, "dangling");
	CHECK(symlink("nowhere", link) == 0);
	CHECK_OK(pdg_fs_create(path, pdg_bytes_str("one"), 0600, &err), &err);
	CHECK_UINT(mode_of(path), 0600);
	CHECK_CODE(pdg_fs_create(path, pdg_bytes_str("two"), 0600, &err), &err, PDG_E_USAGE);
	CHECK_CODE(pdg_fs_create(link, pdg_bytes_str("two"), 0600, &err), &err, PDG_E_USAGE);
	CHECK_CODE(pdg_fs_create(dir, pdg_bytes_str("two"), 0600, &err), &err, PDG_E_USAGE);
	CHECK_OK(read_path(path, 10, &b, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "one");
	CHECK_UINT(names_in(dir), 2);
	pdg_test_dir_remove(dir);
}

static void locks(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *link = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	int fd = -1;
	int second = -1;

	path = pdg_test_path(dir, "lock");
	link = pdg_test_path(dir, "link");
	CHECK(symlink("lock", link) == 0);
	CHECK_OK(pdg_fs_lock(path, &fd, &err), &err);
	CHECK_UINT(mode_of(path), 0600);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_CODE(pdg_fs_lock(path, &second, &err), &err, PDG_E_IO);
	CHECK_INT(second, -1);
	pdg_auto_fd(&fd);
	CHECK_OK(pdg_fs_lock(path, &second, &err), &err);
	pdg_auto_fd(&second);
	CHECK_CODE(pdg_fs_lock(link, &fd, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_lock(dir, &fd, &err), &err, PDG_E_IO);
	fd = -1;
	pdg_auto_fd(&fd);
	pdg_test_dir_remove(dir);
}

static void check_join(const char *a, const char *b, const char *want)
{
	PDG_AUTO(mem) char *got = pdg_path_join(a, b);

	CHECK_STR(got, want);
}

static void check_dir(const char *path, const char *want)
{
	PDG_AUTO(mem) char *got = pdg_path_dir(path);

	CHECK_STR(got, want);
}

static void paths(void)
{
	check_join("a", "b", "a/b");
	check_join("a/", "b", "a/b");
	check_join("/", "b", "/b");
	check_join("", "b", "b");
	check_join("a", "/b", "/b");
	check_join("a", "", "a/");
	check_dir("a", ".");
	check_dir("", ".");
	check_dir("a/b", "a");
	check_dir("a//b", "a");
	check_dir("a/b/", "a/b");
	check_dir("/a", "/");
	check_dir("//a", "/");
	check_dir("/", "/");
	check_dir("/a/b/c", "/a/b");
}

static void real_paths(void)
{
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *link = NULL;
	PDG_AUTO(mem) char *a = NULL;
	PDG_AUTO(mem) char *b = NULL;
	char *none = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();

	path = pdg_test_file(dir, "f", pdg_bytes_str("x"));
	link = pdg_test_path(dir, "link");
	CHECK(symlink("f", link) == 0);
	CHECK_OK(pdg_path_real(path, &a, &err), &err);
	CHECK_OK(pdg_path_real(link, &b, &err), &err);
	CHECK_STR(a, b);
	CHECK(a && a[0] == '/');
	CHECK(pdg_fs_exists(link) && !pdg_fs_is_dir(link) && pdg_fs_is_dir(dir));
	CHECK(unlink(path) == 0);
	CHECK(!pdg_fs_exists(link) && !pdg_fs_is_dir(path));
	CHECK_CODE(pdg_path_real(link, &none, &err), &err, PDG_E_NOTFOUND);
	CHECK(none == NULL);
	pdg_test_dir_remove(dir);
}

/* What somebody names for output may be anything; only a file is replaced. */
static void putting(void)
{
	PDG_AUTO(buf) struct pdg_buf b = {0};
	PDG_AUTO(mem) char *file = NULL;
	PDG_AUTO(mem) char *link = NULL;
	PDG_AUTO(mem) char *fifo = NULL;
	PDG_AUTO(mem) char *broken = NULL;
	PDG_AUTO(fd) int reader = -1;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	char got[4] = "";
	struct stat st;

	file = pdg_test_file(dir, "file", pdg_bytes_str("old"));
	link = pdg_test_path(dir, "link");
	fifo = pdg_test_path(dir, "fifo");
	broken = pdg_test_path(dir, "broken");
	CHECK(symlink("file", link) == 0 && symlink("none", broken) == 0);
	CHECK(mkfifo(fifo, 0600) == 0);
	CHECK_OK(pdg_fs_put(link, pdg_bytes_str("new"), 0644, &err), &err);
	CHECK(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
	CHECK_OK(read_path(file, 10, &b, &err), &err);
	CHECK_BYTES(pdg_buf_bytes(&b), pdg_bytes_str("new"));
	reader = open(fifo, O_RDONLY | O_NONBLOCK);
	CHECK_OK(pdg_fs_put(fifo, pdg_bytes_str("abc"), 0644, &err), &err);
	CHECK(lstat(fifo, &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(read(reader, got, sizeof(got)) == 3 && memcmp(got, "abc", 3) == 0);
	CHECK_OK(pdg_fs_put("/dev/null", pdg_bytes_str("abc"), 0644, &err), &err);
	CHECK(lstat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
	CHECK_CODE(pdg_fs_put(broken, pdg_bytes_str("x"), 0644, &err), &err, PDG_E_IO);
	CHECK(lstat(broken, &st) == 0 && S_ISLNK(st.st_mode));
	CHECK_CODE(pdg_fs_put(dir, pdg_bytes_str("x"), 0644, &err), &err, PDG_E_IO);
	pdg_test_dir_remove(dir);
}

/* Room is found or not, and nothing is left either way. */
static void room(void)
{
	char *dir = pdg_test_dir();
	PDG_AUTO(mem) char *path = pdg_test_path(dir, "probe");
	PDG_AUTO(mem) char *below = pdg_test_path(dir, "none/probe");
	struct pdg_error err = {0};

	CHECK_OK(pdg_fs_room(path, 16384, &err), &err);
	CHECK(!pdg_fs_exists(path));
	CHECK_CODE(pdg_fs_room(path, (size_t)1 << 60, &err), &err, PDG_E_IO);
	CHECK(!pdg_fs_exists(path));
	CHECK_CODE(pdg_fs_room(below, 1, &err), &err, PDG_E_IO);
	CHECK_CODE(pdg_fs_room(dir, 1, &err), &err, PDG_E_IO);
	pdg_test_dir_remove(dir);
}

static void fixed_paths(void)
{
	static const char *const fixed[] = {"/",      "//",	      "/etc/x", "/proc/../etc/x",
					    "/procx", "/home/proc/x", "/.dev",	"/dev/.."};
	static const char *const others[] = {
		"/proc",	  "/proc/self/cwd/x", "//proc/1",	 "/./dev/fd/3",
		"/etc/../proc/x", "/../../dev/stdin", "/a/b/../../proc/"};
	size_t i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		CHECK(pdg_path_fixed(fixed[i]));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK(!pdg_path_fixed(others[i]));
}

PDG_TEST_MAIN("fs", {"room", room}, {"reading", reading}, {"long files", long_files},
	      {"what cannot be read", what_cannot_be_read},
	      {"reading descriptors", reading_descriptors}, {"writing", writing},
	      {"writing beside the working folder", writing_beside_the_working_folder},
	      {"writing over a link", writing_over_a_link},
	      {"what cannot be written", what_cannot_be_written},
	      {"full disk keeps the old file", full_disk_keeps_the_old_file},
	      {"creating", creating}, {"putting", putting}, {"locks", locks}, {"paths", paths},
	      {"real paths", real_paths}, {"fixed paths", fixed_paths})
