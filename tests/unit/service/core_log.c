/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a world as time goes on; see core_log.h. */
#include "unit/service/core_log.h"

void pause_ms(long ms)
{
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&ts, NULL);
}

uint64_t pending_count(struct world *w)
{
	struct pdg_core_stats s;

	pdg_core_stats(w->core, &s);
	return s.pending;
}

bool all_logged_soon(struct world *w)
{
	int i;

	for (i = 0; i < 400 && pending_count(w) > 0; i++)
		pause_ms(50);
	return pending_count(w) == 0;
}

void read_checkpoint(struct world *w, bool journal, struct pdg_checkpoint **out)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_core_log_file(w->core, journal, "checkpoint", &note, &err), &err) ||
	    !CHECK_OK(pdg_checkpoint_parse(pdg_buf_bytes(&note), out, &err), &err))
		abort();
}

/* Tiles as anybody reads them, to see that a log only grew. */
struct served {
	struct world *w;
	bool journal;
};

static int served_tile(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		       struct pdg_error *err)
{
	struct served *s = ctx;
	char path[PDG_TILE_PATH_MAX];

	pdg_tile_path(level, n, width, path);
	return pdg_core_log_file(s->w->core, s->journal, path, out, err);
}

void only_grew(struct world *w, bool journal, const struct pdg_checkpoint *was)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *is = NULL;
	struct served s = {w, journal};
	struct pdg_tile_store tiles = {.read = served_tile, .ctx = &s};
	struct pdg_proof proof;
	struct pdg_error err = {0};

	read_checkpoint(w, journal, &is);
	CHECK(is->size >= was->size);
	if (was->size == 0 ||
	    !CHECK_OK(pdg_tree_consistency(&tiles, was->size, is->size, &proof, &err), &err))
		return;
	CHECK_OK(pdg_merkle_consistency(was->size, &was->root, is->size, &is->root, &proof, &err),
		 &err);
}
