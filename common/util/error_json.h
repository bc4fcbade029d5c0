/* SPDX-License-Identifier: Apache-2.0 */
/* An error on its way from one program of ours to another: {"code","rule","text","fix"}. */
#ifndef PDG_UTIL_ERROR_JSON_H
#define PDG_UTIL_ERROR_JSON_H

#include "util/error.h"
#include "util/json.h"
#include "util/jsonw.h"

/** Write the members of @rc and @err into the object that is open. */
void pdg_error_json_write(int rc, const struct pdg_error *err, struct pdg_jw *w);

/**
 * Read them from @e to *@out; only a rule that there is may be named. Returns 0, PDG_E_FORMAT
 * (RLY-3, JSN-3).
 */
int pdg_error_json_read(const json_t *e, struct pdg_error *out,
			struct pdg_error *err) PDG_MUST_CHECK;

#endif
