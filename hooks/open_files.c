/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The repository of pedigree-commit: by its files, as almost every one is when a commit was just
 * made. Where a file is not there or not plain (packed refs, packed objects, SHA-256, a broken
 * configuration), this process becomes pedigree-hook, which asks libgit2 and has the words for
 * whatever is wrong: only the cost differs.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "git/files.h"
#include "hook.h"
#include "proc/spawn.h"
#include "util/size.h"
#include "util/time.h"

#define PROGRAM "pedigree-hook"

/* What was read of standard input, to be read again. */
static int give_input(struct pdg_bytes input, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = memfd_create("pedigree", MFD_CLOEXEC);
	size_t at = 0;

	while (fd >= 0 && at < input.n) {
		ssize_t n = write(fd, input.p + at, input.n - at);

		if (n < 0 && errno != EINTR)
			break;
		at += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || at < input.n || lseek(fd, 0, SEEK_SET) != 0 || dup2(fd, STDIN_FILENO) < 0)
		return pdg_fail(err, PDG_E_IO, "cannot hand on standard input: %s",
				strerror(errno));
	return 0;
}

/* Returns only when it failed. A hook from before that has run already is not run again. */
static int become_hook(const struct pdg_hook_run *h, struct pdg_error *err)
{
	const char *own[] = {
		PROGRAM,	"--hook",     h->hook->name, h->chain_after ? "--chain" : "--",
		h->chain_after, "--existing", "after",	     "--"};
	const size_t n_own = h->chain_after ? sizeof(own) / sizeof(own[0]) : 4;
	PDG_AUTO(mem) char *program = NULL;
	PDG_AUTO(mem) const char **argv = pdg_calloc(n_own + h->n_args + 1, sizeof(*argv));
	union {
		const char **in;
		char *const *out;
	} args = {argv};
	int rc = argv ? pdg_program_path(PROGRAM, &program, err) : pdg_nomem(err);

	if (rc == 0 && h->hook->input)
		rc = give_input(h->input, err);
	if (rc < 0)
		return rc;
	memcpy(argv, own, n_own * sizeof(*argv));
	if (h->n_args)
		memcpy(argv + n_own, h->args, h->n_args * sizeof(*argv));
	(void)execv(program, args.out);
	return pdg_fail(err, PDG_E_IO, "cannot run \"%s\": %s", program, strerror(errno));
}

int pdg_hook_open(struct pdg_hook_run *h, struct pdg_error *err)
{
	int rc = pdg_repo_open_files(&h->repo, err);

	return rc == PDG_E_NOTFOUND ? become_hook(h, err) : rc;
}

int pdg_hook_head(struct pdg_hook_run *h, char out[PDG_GIT_HEX], struct pdg_error *err)
{
	int rc = pdg_repo_head_file(h->repo, out, err);

	return rc == PDG_E_NOTFOUND ? become_hook(h, err) : rc;
}

int pdg_hook_expect(struct pdg_hook_run *h, const char *const *commits, size_t n,
		    struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!pdg_repo_is_loose(h->repo, commits[i]))
			return become_hook(h, err);
	}
	return 0;
}

int pdg_hook_read(struct pdg_hook_run *h, const char *hex, struct pdg_buf *out,
		  const char **out_type, struct pdg_error *err)
{
	char name[PDG_OID_HEX];
	size_t before = out->n;
	int rc = pdg_repo_loose_commit(h->repo, hex, out, err);

	if (rc == 0)
		rc = pdg_object_name("commit", pdg_bytes_from(pdg_buf_bytes(out), before), false,
				     name, err);
	if (rc == PDG_E_NOTFOUND || (rc == 0 && strcmp(name, hex) != 0))
		return become_hook(h, err);
	if (rc == 0)
		*out_type = "commit";
	return rc;
}

int pdg_hook_judge(struct pdg_hook_run *h, const char *hex, struct pdg_buf *out_raw,
		   struct pdg_verdict *out, struct pdg_error *err)
{
	size_t before = out_raw->n;
	const char *type = NULL;
	int rc = pdg_hook_read(h, hex, out_raw, &type, err);

	if (rc == 0)
		rc = pdg_judge_commit(h->place.signers,
				      pdg_bytes_from(pdg_buf_bytes(out_raw), before), false,
				      pdg_now(&pdg_clock_system), out, err);
	/* Its other half: the merge is made again. */
	if (rc == 0 && out->result == PDG_RESULT_GOOD && out->forge)
		return become_hook(h, err);
	return rc;
}
