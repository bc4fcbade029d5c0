/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files for tests: data to read, and to change, a folder of the test's own. Written with stdio and
 * the C library alone, so that the tests of util/fs do not rest on what they test. What goes wrong
 * here ends the program: no test can go on without its files.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"

#define OPEN_FOLDERS 16

static void give_up(const char *what, const char *name) __attribute__((noreturn));

static void give_up(const char *what, const char *name)
{
	(void)fprintf(stderr, "test support: %s: ", what);
	perror(name);
	exit(EXIT_FAILURE);
}

void pdg_test_read(const char *path, struct pdg_buf *out)
{
	FILE *f = fopen(path, "rbe");
	uint8_t chunk[4096];
	size_t n;

	if (!f)
		give_up("cannot open", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		pdg_buf_put(out, pdg_bytes(chunk, n));
	if (ferror(f) || out->failed)
		give_up("cannot read", path);
	(void)fclose(f);
}

char *pdg_test_path(const char *dir, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		give_up("no memory for", name);
	return path;
}

char *pdg_test_dir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = pdg_test_path(tmp && tmp[0] == '/' ? tmp : "/tmp", "pdg-test-XXXXXX");

	if (!mkdtemp(dir))
		give_up("cannot make", dir);
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

void pdg_test_dir_remove(char *dir)
{
	if (dir && nftw(dir, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
		give_up("cannot remove", dir);
	free(dir);
}

void pdg_test_replace(struct pdg_buf *text, const char *after, const char *from, const char *to)
{
	PDG_AUTO(buf) struct pdg_buf old = PDG_BUF_INIT(text->max);
	struct pdg_bytes b;
	size_t at = 0;

	pdg_buf_put(&old, pdg_buf_bytes(text));
	b = pdg_buf_bytes(&old);
	if (after)
		at = pdg_bytes_find(b, pdg_bytes_str(after), 0);
	if (at != SIZE_MAX)
		at = pdg_bytes_find(b, pdg_bytes_str(from), at);
	if (at == SIZE_MAX)
		give_up("not in the text", from);
	pdg_buf_reset(text);
	pdg_buf_put(text, pdg_bytes_head(b, at));
	pdg_buf_puts(text, to);
	pdg_buf_put(text, pdg_bytes_from(b, at + strlen(from)));
}

char *pdg_test_file(const char *dir, const char *name, struct pdg_bytes content)
{
	char *path = pdg_test_path(dir, name);
	FILE *f = fopen(path, "wbe");

	if (!f)
		give_up("cannot make", path);
	if ((content.n && fwrite(content.p, 1, content.n, f) != content.n) || fclose(f) != 0)
		give_up("cannot write", path);
	return path;
}
