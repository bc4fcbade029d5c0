/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose the files are that the service goes on from, before any of them is opened: one look that
 * the start and --fsck share, so that the one never passes what the other refuses. What SQLite can
 * only read it opens all the same, and the first submission would find that out.
 */
#include "service/core_impl.h"
#include "tlog/embedded.h"
#include "util/fs.h"
#include "util/str.h"

#define FILE_NEED (PDG_OWN_READ | PDG_OWN_WRITE)

/* The folder first: a name in one that is closed is as good as none. */
static int look_at_store(const char *path, struct pdg_error *err)
{
	static const char *const beside[] = {"-wal", "-shm", "-journal", "-lock"};
	PDG_AUTO(mem) char *dir = pdg_path_dir(path);
	size_t i;
	int rc;

	if (!dir)
		return pdg_nomem(err);
	rc = pdg_fs_own(dir, PDG_OWN_DIR | FILE_NEED, err);
	if (rc == 0)
		rc = pdg_fs_own(path, FILE_NEED | PDG_OWN_ONE_NAME, err);
	for (i = 0; rc == 0 && i < sizeof(beside) / sizeof(beside[0]); i++) {
		PDG_AUTO(mem) char *name = pdg_str_printf("%s%s", path, beside[i]);

		rc = name ? pdg_fs_own(name, FILE_NEED, err) : pdg_nomem(err);
	}
	return rc;
}

int pdg_core_look_at_files(const struct pdg_core *core, struct pdg_error *err)
{
	const struct pdg_service_config *cfg = core->cfg;
	int rc = cfg->store_path ? look_at_store(cfg->store_path, err) : 0;

	if (rc < 0)
		return pdg_context(err, rc, "store");
	if (cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = pdg_embedded_files(cfg->log_directory, err);
	return rc < 0 ? pdg_context(err, rc, "log") : 0;
}
