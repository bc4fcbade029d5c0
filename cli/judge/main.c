/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-judge: the commands that judge. It links crypto and JSON alone and opens no socket; what
 * is not in a folder is fetched by pedigree-net first.
 */
#include "judge/judge.h"

static const struct pdg_command commands[] = {
	{"verify", "SUBJECT", "judge the whole chain of one artifact", pdg_cmd_verify_options, 1, 1,
	 pdg_cmd_verify},
	{"verify-bundle", "FILE_OR_DIGEST", "judge one Sigstore bundle",
	 pdg_cmd_verify_bundle_options, 1, 1, pdg_cmd_verify_bundle},
	{"key generate", "FILE", "make a key pair: FILE (private, 0600) and FILE.pub",
	 pdg_cmd_key_generate_options, 1, 1, pdg_cmd_key_generate},
	{"key show", "FILE", "show a key's type, hint and public part", pdg_cmd_key_show_options, 1,
	 1, pdg_cmd_key_show},
	{0},
};

int main(int argc, char **argv)
{
	return pdg_command_main("pedigree", commands, argc, argv);
}
