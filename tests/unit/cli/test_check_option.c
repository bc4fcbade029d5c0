/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and places that are found wrong before any work is done. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check_option.h"
#include "support/check.h"

static void addresses(void)
{
	static const char *const good[] = {
		"http://h",	     "https://host.example", "http://127.0.0.1:80",
		"http://[::1]:8700", "https://[::1]",	     "https://h:65535/below/it"};
	static const char *const bad[] = {
		"",	      "host",	    "ftp://h",	   "http://",	     "http:///x",
		"http://:80", "http://h:",  "http://h:0",  "http://h:65536", "http://h:8a",
		"http://u@h", "http://[]",  "http://[::1", "http://[::1]x",  "http://h?q",
		"http://h#f", "http://a b", "HTTP://h",	   "http://h\n",     "http://\xc3\xbc",
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		pdg_test_case("%s", good[i]);
		CHECK_OK(pdg_check_service_url("--service", good[i], &err), &err);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pdg_test_case("%s", bad[i]);
		CHECK_RULE(pdg_check_service_url("--service", bad[i], &err), &err, "CLI-2");
	}
}

static const struct pdg_opt options[] = {{"out", "PLACE", "where to", false}, {0}};

/* Check --out @path (NULL: not given) as a file or as a folder. */
static int check(const char *path, bool dir, struct pdg_error *err)
{
	char name[] = "--out";
	char *value = path ? strdup(path) : NULL;
	char *argv[] = {name, value};
	struct pdg_args args = {0};
	int rc = pdg_args_parse(options, path ? 2 : 0, argv, &args, err);

	if (rc == 0)
		rc = dir ? pdg_check_out_dir(&args, "out", err)
			 : pdg_check_out_file(&args, "out", err);
	pdg_args_done(&args);
	free(value);
	return rc;
}

static void places(void)
{
	char *dir = pdg_test_dir();
	char *file = pdg_test_file(dir, "file", pdg_bytes_str("x"));
	char *absent = pdg_test_path(dir, "absent");
	char *below_absent = pdg_test_path(dir, "absent/below");
	char *below_file = pdg_test_path(dir, "file/below");
	struct pdg_error err = {0};

	CHECK_OK(check(NULL, false, &err), &err);
	CHECK_OK(check(file, false, &err), &err);
	CHECK_OK(check(absent, false, &err), &err);
	CHECK_RULE(check(dir, false, &err), &err, "CLI-2");
	CHECK_RULE(check(below_absent, false, &err), &err, "CLI-2");
	CHECK_RULE(check(below_file, false, &err), &err, "CLI-2");
	CHECK_RULE(check("", false, &err), &err, "CLI-2");
	CHECK_OK(check(NULL, true, &err), &err);
	CHECK_OK(check(dir, true, &err), &err);
	CHECK_OK(check(absent, true, &err), &err);
	CHECK_OK(check(below_absent, true, &err), &err);
	CHECK_RULE(check(file, true, &err), &err, "CLI-2");
	CHECK_RULE(check(below_file, true, &err), &err, "CLI-2");
	CHECK_RULE(check("", true, &err), &err, "CLI-2");
	if (geteuid() != 0 && CHECK(chmod(dir, 0500) == 0)) {
		CHECK_RULE(check(absent, false, &err), &err, "CLI-2");
		CHECK_RULE(check(absent, true, &err), &err, "CLI-2");
		CHECK(chmod(dir, 0700) == 0);
	}
	CHECK(access(absent, F_OK) != 0);
	free(file);
	free(absent);
	free(below_absent);
	free(below_file);
	pdg_test_dir_remove(dir);
}

/* A pipe takes what is written; behind a link it is the folder of the file that counts. */
static void special_places(void)
{
	char *dir = pdg_test_dir();
	char *fifo = pdg_test_path(dir, "fifo");
	char *broken = pdg_test_path(dir, "broken");
	char *link = pdg_test_path(dir, "link");
	char *device = pdg_test_path(dir, "device");
	struct pdg_error err = {0};

	CHECK(mkfifo(fifo, 0600) == 0);
	CHECK(symlink("none", broken) == 0 && symlink("fifo", link) == 0);
	CHECK(symlink("/dev/null", device) == 0);
	CHECK_OK(check(fifo, false, &err), &err);
	CHECK_OK(check(link, false, &err), &err);
	CHECK_OK(check(device, false, &err), &err);
	CHECK_OK(check("/dev/null", false, &err), &err);
	CHECK_RULE(check(broken, false, &err), &err, "CLI-2");
	pdg_test_dir_remove(dir);
	free(fifo);
	free(broken);
	free(link);
	free(device);
}

PDG_TEST_MAIN("check_option", {"addresses", addresses}, {"places", places},
	      {"special places", special_places})
