/* SPDX-License-Identifier: Apache-2.0 */
/* What root.c and root_read.c know of one another. Private to this folder. */
#ifndef PDG_TRUST_ROOT_IMPL_H
#define PDG_TRUST_ROOT_IMPL_H

#include "trust/root.h"

#define PDG_ROOT_MEDIA_TYPE "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
#define PDG_ROOT_LOG_ID_LEN 32

void pdg_root_log_done(struct pdg_root_log *log);

#endif
