/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main() of a fuzz target where there is no fuzzer: gives it every file of a corpus, and for
 * small files also every cut and a few changes of every byte, each in a block of its own
 * size, so that the address sanitizer sees a read beyond the end. An empty corpus is a failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/fs.h"
#include "util/limits.h"

/* Up to this size a file is also cut and changed: n bytes give 6 n runs. */
#define CHANGED_MAX 2048
#define FILES_MAX   4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t runs;

static void run(struct pdg_bytes in)
{
	/* calloc(0) may be NULL, as the fuzzer's own empty input is */
	uint8_t *copy = in.n > 0 ? malloc(in.n) : NULL;

	if (in.n > 0 && !copy) {
		(void)fprintf(stderr, "replay: out of memory\n");
		exit(1);
	}
	if (copy)
		memcpy(copy, in.p, in.n);
	if (LLVMFuzzerTestOneInput(copy, in.n) != 0) {
		(void)fprintf(stderr, "replay: the target did not give 0\n");
		exit(1);
	}
	runs++;
	free(copy);
}

static void run_changed(struct pdg_buf *in)
{
	static const uint8_t masks[] = {0x01, 0x20, 0x80};
	static const uint8_t bytes[] = {0x00, '"'};
	struct pdg_bytes all = pdg_buf_bytes(in);
	size_t i;
	size_t k;

	for (i = 0; i < all.n; i++) {
		uint8_t old = in->p[i];

		run(pdg_bytes_head(all, i));
		for (k = 0; k < sizeof(masks); k++) {
			in->p[i] = old ^ masks[k];
			run(all);
		}
		for (k = 0; k < sizeof(bytes); k++) {
			in->p[i] = bytes[k];
			run(all);
		}
		in->p[i] = old;
	}
}

static int run_file(const char *path)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_LIMIT_MIB(64));
	struct pdg_error err = {0};

	if (pdg_fs_read(path, &in, &err) < 0) {
		(void)fprintf(stderr, "replay: %s\n", err.text);
		return 1;
	}
	run(pdg_buf_bytes(&in));
	if (in.n <= CHANGED_MAX)
		run_changed(&in);
	return 0;
}

static int run_folder(const char *path)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	struct pdg_error err = {0};
	size_t i;

	if (pdg_fs_list(path, FILES_MAX, &names, &err) < 0) {
		(void)fprintf(stderr, "replay: %s\n", err.text);
		return 1;
	}
	if (names.n == 0) {
		(void)fprintf(stderr, "replay: the corpus %s is empty\n", path);
		return 1;
	}
	for (i = 0; i < names.n; i++) {
		PDG_AUTO(mem) char *file = pdg_path_join(path, names.v[i]);

		if (!file || run_file(file) != 0)
			return 1;
	}
	(void)printf("%zu files, %zu runs\n", names.n, runs);
	return 0;
}

int main(int argc, char **argv)
{
	int i;
	int failed = 0;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: %s CORPUS | FILE…\n", argv[0]);
		return 2;
	}
	if (pdg_fs_is_dir(argv[1]))
		return run_folder(argv[1]);
	for (i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	return failed;
}
