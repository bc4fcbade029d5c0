/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of pedigree-judge, one file each. */
#ifndef PDG_CLI_JUDGE_H
#define PDG_CLI_JUDGE_H

#include "util/opt.h"
#include "util/way.h"

extern const struct pdg_opt pdg_cmd_verify_options[];
extern const struct pdg_opt pdg_cmd_verify_bundle_options[];
extern const struct pdg_opt pdg_cmd_key_generate_options[];
extern const struct pdg_opt pdg_cmd_key_show_options[];

int pdg_cmd_verify(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_verify_bundle(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_key_generate(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_key_show(const struct pdg_args *args, struct pdg_error *err);

#endif
