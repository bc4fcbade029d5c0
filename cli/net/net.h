/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of pedigree-net, one file each, and the service as they see it. */
#ifndef PDG_CLI_NET_H
#define PDG_CLI_NET_H

#include "http/client.h"
#include "util/opt.h"

extern const struct pdg_opt pdg_cmd_submit_options[];
extern const struct pdg_opt pdg_cmd_records_options[];
extern const struct pdg_opt pdg_cmd_ping_options[];
extern const struct pdg_opt pdg_cmd_log_checkpoint_options[];
extern const struct pdg_opt pdg_cmd_log_prove_options[];

int pdg_cmd_submit(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_records(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_ping(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_log_checkpoint(const struct pdg_args *args, struct pdg_error *err);
int pdg_cmd_log_prove(const struct pdg_args *args, struct pdg_error *err);

#endif
