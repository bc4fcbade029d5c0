/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls that are left to a process which holds keys and answers on open sockets. */
#ifndef PDG_SIGNER_FILTER_H
#define PDG_SIGNER_FILTER_H

#include <stdbool.h>

/**
 * From here on all threads of this process are left with reading, writing, waiting, memory without
 * code, time, random numbers and the end; everything else fails with EPERM. After
 * PR_SET_NO_NEW_PRIVS. False: this kernel or processor is not known, and nothing was changed.
 */
bool pdg_signer_filter(void);

#endif
