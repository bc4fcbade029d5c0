/* SPDX-License-Identifier: Apache-2.0 */
/* Finding our own programs: beside the running one first, then in its tree, never through PATH. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/spawn.h"
#include "support/check.h"
#include "util/fs.h"

static void beside_this_program(void)
{
	PDG_AUTO(mem) char *self = NULL;
	PDG_AUTO(mem) char *dir = NULL;
	PDG_AUTO(mem) char *got = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_path_real("/proc/self/exe", &self, &err), &err);
	dir = pdg_path_dir(self);
	CHECK_OK(pdg_program_path(self + strlen(dir) + 1, &got, &err), &err);
	CHECK_STR(got, self);
}

static void not_through_path(void)
{
	char *got = NULL;
	struct pdg_error err = {0};

	CHECK(access("/bin/sh", X_OK) == 0);
	CHECK_RULE(pdg_program_path("sh", &got, &err), &err, "CLI-5");
	CHECK(err.code == PDG_E_NOTFOUND);
	CHECK(got == NULL && err.fix[0] != '\0');
}

static void only_names(void)
{
	static const char *const rows[] = {"", "/bin/sh", "../bin/sh", "./x", "a/b", ".", ".."};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *got = NULL;

		pdg_test_case("\"%s\"", rows[i]);
		CHECK_CODE(pdg_program_path(rows[i], &got, &err), &err, PDG_E_NOTFOUND);
		CHECK(got == NULL);
	}
	pdg_test_case(NULL);
}

/* A file that cannot be run is no program. */
static void only_what_runs(void)
{
	PDG_AUTO(mem) char *self = NULL;
	PDG_AUTO(mem) char *dir = NULL;
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *found = NULL;
	char *got = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_path_real("/proc/self/exe", &self, &err), &err);
	dir = pdg_path_dir(self);
	path = pdg_test_file(dir, "pdg-test-program-file", pdg_bytes_str("#!/bin/sh\n"));
	CHECK_CODE(pdg_program_path("pdg-test-program-file", &got, &err), &err, PDG_E_NOTFOUND);
	CHECK(chmod(path, 0755) == 0);
	CHECK_OK(pdg_program_path("pdg-test-program-file", &found, &err), &err);
	CHECK_STR(found, path);
	CHECK(unlink(path) == 0);
}

/* Run @program as `program --find NAME` (see main()): what it prints, which is a path or nothing.
 */
static int found_by(const char *program, const char *name, struct pdg_buf *out)
{
	const char *const argv[] = {program, "--find", name, NULL};
	const struct pdg_spawn s = {
		.program = program, .argv = argv, .out = out, .timeout_ms = 20000};
	struct pdg_error err = {0};
	int status = -1;

	CHECK_OK(pdg_spawn(&s, &status, &err), &err);
	return status;
}

/* An installed tree that was moved: bin/PROGRAM finds what is in its own libexec. */
static void in_a_moved_tree(void)
{
	PDG_AUTO(buf) struct pdg_buf self = PDG_BUF_INIT((size_t)1 << 28);
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1 << 14);
	PDG_AUTO(mem) char *real = NULL;
	PDG_AUTO(mem) char *bin = NULL;
	PDG_AUTO(mem) char *libexec = NULL;
	PDG_AUTO(mem) char *program = NULL;
	PDG_AUTO(mem) char *helper = NULL;
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();

	pdg_test_read("/proc/self/exe", &self);
	bin = pdg_test_path(dir, "deep/tree/bin");
	libexec = pdg_path_join(bin, PEDIGREE_LIBEXEC_FROM_BIN);
	CHECK_OK(pdg_fs_mkdirs(bin, 0700, &err), &err);
	if (!CHECK(libexec != NULL) || !CHECK_OK(pdg_fs_mkdirs(libexec, 0700, &err), &err))
		return;
	program = pdg_test_file(bin, "program", pdg_buf_bytes(&self));
	CHECK(chmod(program, 0755) == 0);
	CHECK_INT(found_by(program, "pdg-test-helper", &out), 1);
	CHECK_UINT(out.n, 0);

	helper = pdg_test_file(libexec, "pdg-test-helper", pdg_bytes_str("#!/bin/sh\n"));
	CHECK(chmod(helper, 0755) == 0);
	CHECK_INT(found_by(program, "pdg-test-helper", &out), 0);
	CHECK_OK(pdg_path_real(helper, &real, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&out), real ? real : "");
	pdg_test_dir_remove(dir);
}

static int find(const char *name)
{
	PDG_AUTO(mem) char *path = NULL;

	if (pdg_program_path(name, &path, NULL) < 0)
		return 1;
	return printf("%s", path) > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct pdg_test tests[] = {
		{"beside this program", beside_this_program}, {"in a moved tree", in_a_moved_tree},
		{"not through PATH", not_through_path},	      {"only names", only_names},
		{"only what runs", only_what_runs},
	};

	if (argc == 3 && strcmp(argv[1], "--find") == 0)
		return find(argv[2]);
	return pdg_test_run("program", tests, sizeof(tests) / sizeof(tests[0]));
}
