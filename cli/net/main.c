/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-net: the commands that speak to a service. It holds no key and gives no verdict on a
 * chain. */
#include <stdint.h>

#include "net/net.h"

static const struct pdg_command commands[] = {
	{"submit", "FILE… | --outbox [DIR…]", "send statements that were made elsewhere or earlier",
	 pdg_cmd_submit_options, 0, SIZE_MAX, pdg_cmd_submit},
	{"log checkpoint", "", "show the log's latest checkpoint", pdg_cmd_log_checkpoint_options,
	 0, 0, pdg_cmd_log_checkpoint},
	{"log prove", "REFERENCE | --checkpoint FILE",
	 "prove that an attestation, or an older tree, is in the log as it is now",
	 pdg_cmd_log_prove_options, 0, 1, pdg_cmd_log_prove},
	{"records", "DIGEST DIR|-", "save the records of a subject, or print them, one a line",
	 pdg_cmd_records_options, 2, 2, pdg_cmd_records},
	{"ping", "", "is the service ready?", pdg_cmd_ping_options, 0, 0, pdg_cmd_ping},
	{0},
};

int main(int argc, char **argv)
{
	return pdg_command_main("pedigree", commands, argc, argv);
}
