/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was acknowledged is there: after a restart, a kill in the middle, a disk that is full.
 */
#include <sys/wait.h>

#include "unit/service/core_log.h"

static void restart_keeps_all(void)
{
	struct world w;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *log = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *journal = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf before = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(buf) struct pdg_buf after = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(got) struct got g;
	struct build_of b = build_no(1);
	struct pdg_error err = {0};
	bool is_pending;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_body(&w, CI, &b, &body);
	submit(&w, pdg_buf_bytes(&body), WAIT_MS, &g);
	CHECK_INT(g.status, 201);
	CHECK_OK(pdg_core_record(w.core, g.reference, &before, &is_pending, &err), &err);
	read_checkpoint(&w, false, &log);
	read_checkpoint(&w, true, &journal);
	world_close(&w);

	world_open(&w);
	CHECK_OK(pdg_core_record(w.core, g.reference, &after, &is_pending, &err), &err);
	CHECK_BYTES(pdg_buf_bytes(&after), pdg_buf_bytes(&before));
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 200);
	b.artifact = 2;
	CHECK_INT(submit_build(&w, CI, &b), 201);
	only_grew(&w, false, log);
	only_grew(&w, true, journal);
	chain_is(&w, 1, "good");
	chain_is(&w, 2, "good");
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	fsck_is_clean(&w);
	world_done(&w);
}

/* --- killed --- */

/* A child submits builds and tells each acknowledged one; it never ends by itself. */
static void child_submits(struct world *w, unsigned from, int fd)
{
	unsigned i;

	if (submit_source(w, SERVER, &app_main) >= 300)
		_exit(1);
	for (i = from;; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		PDG_AUTO(got) struct got g;
		struct build_of b = build_no(i);

		build_body(w, CI, &b, &body);
		submit(w, pdg_buf_bytes(&body), i % 3 == 0 ? 0 : WAIT_MS, &g);
		if (g.status < 200 || g.status >= 300 || write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

/* Let a child work and kill it after @ms; returns the last artifact that was acknowledged to it. */
static unsigned killed_after(struct world *w, unsigned from, long ms)
{
	int fds[2];
	unsigned last = from - 1;
	unsigned i;
	int status = 0;
	pid_t pid;

	CHECK_INT(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		world_open(w);
		child_submits(w, from, fds[1]);
		_exit(1);
	}
	(void)close(fds[1]);
	pause_ms(ms);
	CHECK_INT(kill(pid, SIGKILL), 0);
	while (read(fds[0], &i, sizeof(i)) == sizeof(i))
		last = i;
	(void)close(fds[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status));
	return last;
}

static void killed_in_the_middle(void)
{
	struct world w;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *log = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *journal = NULL;
	unsigned round, last = 0, artifact;
	struct pdg_error err = {0};

	world_init(&w);
	/* Four, and more where the machine is so busy that nothing was acknowledged yet. */
	for (round = 0; round < 4 || (last == 0 && round < 20); round++) {
		last = killed_after(&w, last + 1, 250 + 37 * (long)round);
		world_open(&w);
		if (log)
			only_grew(&w, false, log);
		if (journal)
			only_grew(&w, true, journal);
		pdg_checkpoint_free(PDG_TAKE(log));
		pdg_checkpoint_free(PDG_TAKE(journal));
		CHECK(all_logged_soon(&w));
		read_checkpoint(&w, false, &log);
		read_checkpoint(&w, true, &journal);
		CHECK_OK(pdg_core_ready(w.core, &err), &err);
		fsck_is_clean(&w);
		for (artifact = 1; artifact <= last; artifact++)
			chain_is(&w, artifact, "good");
		world_close(&w);
	}
	CHECK(last > 0);
	world_done(&w);
}

/* --- a full disk --- */

static void disk_is_full(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct build_of b = build_no(1);
	struct rlimit old;
	uint64_t leaves;
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	leaves = journal_size(&w);
	build_body(&w, CI, &b, &body);
	world_disk_full(&w, &old);
	submit(&w, pdg_buf_bytes(&body), 0, &g);
	world_disk_free(&old);
	CHECK_INT(g.status, 503);
	CHECK_STR(g.rule, "STO-4");
	CHECK(g.retry_after > 0);
	/* Nothing of it is there, and the service goes on. */
	CHECK_UINT(journal_size(&w), leaves);
	CHECK_RULE(pdg_core_ready(w.core, &err), &err, "RDY-6");
	chain_is(&w, 1, "refused");
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	CHECK_UINT(journal_size(&w), leaves + 1);
	chain_is(&w, 1, "good");
	fsck_is_clean(&w);
	world_done(&w);
}

PDG_TEST_MAIN("durable", {"restart keeps all", restart_keeps_all},
	      {"killed in the middle", killed_in_the_middle}, {"disk is full", disk_is_full})
