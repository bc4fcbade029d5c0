/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a service as git's configuration has it (util/way.h). */
#include <stdlib.h>

#include "git/repo.h"
#include "util/fs.h"
#include "util/str.h"

/* A file is named wholly, or from the home: a command runs in any folder, and so do hooks. */
static int file_of(const char *config, char **value, struct pdg_error *err)
{
	const char *home = getenv("HOME");
	char *path;
	int rc;

	if ((*value)[0] == '/' && pdg_path_fixed(*value))
		return 0;
	if (!pdg_str_starts(*value, "~/") || !home || home[0] != '/') {
		rc = pdg_reject(err, "CLI-2", "%s is \"%s\" in git's configuration", config,
				*value);
		pdg_fix(err,
			"git config %s with the absolute path of the file, and none below /proc or /dev",
			config);
		return rc;
	}
	path = pdg_path_join(home, *value + 2);
	if (!path)
		return pdg_nomem(err);
	free(*value);
	*value = path;
	return 0;
}

int pdg_repo_way(const struct pdg_repo *r, struct pdg_way *out, struct pdg_error *err)
{
	PDG_AUTO(way) struct pdg_way w = {.v = {NULL}};
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < PDG_WAY_PARTS; i++) {
		const char *config = pdg_way_names[i].config;

		rc = pdg_repo_config(r, config, &w.v[i], err);
		if (rc == 0 && w.v[i] && pdg_way_names[i].file)
			rc = file_of(config, &w.v[i], err);
	}
	if (rc == 0) {
		*out = w;
		w = (struct pdg_way){.v = {NULL}};
	}
	return rc;
}
