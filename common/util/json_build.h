/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a text that json_scan.c has accepted to jansson's values, without jansson's own reader: what
 * is known to be right is not read a second time, character by character. Used by json.c alone.
 */
#ifndef PDG_UTIL_JSON_BUILD_H
#define PDG_UTIL_JSON_BUILD_H

#include "util/json.h"

/**
 * The document @in, an object.
 *
 * @out  owned by the caller, free with pdg_json_free()
 *
 * Returns 0, PDG_E_FORMAT (JSN-1: a member stands twice), PDG_E_NOMEM.
 */
int pdg_json_build(struct pdg_bytes in, json_t **out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
