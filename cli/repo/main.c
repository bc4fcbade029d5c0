/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-repo: the commands that look into a git repository, or change one. It opens no socket.
 */
#include <stdint.h>

#include "repo/repo.h"

static const struct pdg_opt no_options[] = {{0}};

static const struct pdg_command commands[] = {
	{"init", "", "prepare this clone: key, hooks, signing", pdg_cmd_init_options, 0, 0,
	 pdg_cmd_init},
	{"hooks install", "",
	 "install the hooks of a clone, or with --server of a repository that is pushed to",
	 pdg_cmd_hooks_install_options, 0, 0, pdg_cmd_hooks_install},
	{"hooks uninstall", "", "remove the hooks; what was there before comes back",
	 pdg_cmd_hooks_options, 0, 0, pdg_cmd_hooks_uninstall},
	{"hooks status", "", "which hooks are installed", pdg_cmd_hooks_options, 0, 0,
	 pdg_cmd_hooks_status},
	{"digest", "REV", "both digests of a commit", no_options, 1, 1, pdg_cmd_digest},
	{"check", "REVRANGE…", "are these commits signed by allowed keys?", pdg_cmd_check_options,
	 1, SIZE_MAX, pdg_cmd_check},
	{"attest source", "[REV]", "attest a commit again (--late), or in a clone",
	 pdg_cmd_attest_source_options, 0, 1, pdg_cmd_attest_source},
	{"attest build", "", "attest what was built from a commit, and submit it",
	 pdg_cmd_attest_build_options, 0, 0, pdg_cmd_attest_build},
	{"doctor", "", "check the surroundings", pdg_cmd_doctor_options, 0, 0, pdg_cmd_doctor},
	{"settings", "", "what this repository configures, for the other programs",
	 pdg_cmd_settings_options, 0, 0, pdg_cmd_settings},
	{0},
};

int main(int argc, char **argv)
{
	return pdg_command_main("pedigree", commands, argc, argv);
}
