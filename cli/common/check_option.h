/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of options that would only be found wrong after the work: said at once, by the name that
 * was typed. Whatever is wrong here is CLI-2, or CLI-3 where a file to read is none: exit status 2.
 */
#ifndef PDG_CLI_COMMON_CHECK_OPTION_H
#define PDG_CLI_COMMON_CHECK_OPTION_H

#include <stdint.h>

#include "util/opt.h"

/** Would writing to what @option names, if it is given, destroy the file @other? Then CLI-2. */
int pdg_check_out_apart(const struct pdg_args *args, const char *option, const char *other,
			struct pdg_error *err) PDG_MUST_CHECK;

/** Is @path, which @what ("--artifact", "" for an argument) gave, a file that is there? CLI-3. */
int pdg_check_in_file(const char *path, const char *what, struct pdg_error *err) PDG_MUST_CHECK;

/** Can the file that @option names, if it is given, be written? Nothing is made. */
int pdg_check_out_file(const struct pdg_args *args, const char *option,
		       struct pdg_error *err) PDG_MUST_CHECK;

/** Is what @option names, if it is given, a folder to write into, or can it be made? */
int pdg_check_out_dir(const struct pdg_args *args, const char *option,
		      struct pdg_error *err) PDG_MUST_CHECK;

/** Is @url, which @from ("--service") gave, an address of a service: http or https, and a host? */
int pdg_check_service_url(const char *from, const char *url, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Read @text, which @from ("--deadline") gave: for how many seconds to wait, 1s to 1h. CLI-2.
 */
int pdg_check_deadline(const char *from, const char *text, int64_t *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
