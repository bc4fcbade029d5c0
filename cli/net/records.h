/* SPDX-License-Identifier: Apache-2.0 */
/* Records from the service into a folder (NULL: to standard output, one a line), for judging. */
#ifndef PDG_CLI_NET_RECORDS_H
#define PDG_CLI_NET_RECORDS_H

#include "net/service.h"

/** Save the record of @reference and of everything it links to, as <stage>-<hex>.json in @dir. */
int pdg_records_by_reference(struct pdg_service_client *s, const char *reference, const char *dir,
			     struct pdg_error *err) PDG_MUST_CHECK;

/** The same for every attestation of a subject ("sha256:<hex>", "gitCommit:<hex>"). */
int pdg_records_by_subject(struct pdg_service_client *s, const char *digest, const char *dir,
			   struct pdg_error *err) PDG_MUST_CHECK;

#endif
