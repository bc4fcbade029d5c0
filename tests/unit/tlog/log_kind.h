/* SPDX-License-Identifier: Apache-2.0 */
/* PDG_AUTO(log), for the fakes of both generations. */
#ifndef PDG_TESTS_UNIT_TLOG_LOG_KIND_H
#define PDG_TESTS_UNIT_TLOG_LOG_KIND_H

#include "tlog/log.h"

PDG_AUTO_DEFINE(log, struct pdg_log *, pdg_log_free)

#endif
