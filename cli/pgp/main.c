/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-pgp describe KEYFILE: what GnuPG knows about the certificates in a key file, as JSON on
 * standard output (docs/FORMATS.md, "Key descriptions"). The library asks once for each content of
 * a key file (common/crypto/pgp_load.c).
 *
 * pedigree-pgp verify: answers the library about signatures (docs/FORMATS.md, "Asking GnuPG").
 *
 * The only program that runs GnuPG, each time in a private GNUPGHOME (guard.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "describe.h"
#include "guard.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/out.h"
#include "verify.h"

#define WHO "pedigree-pgp"

static const char usage[] =
	"usage: " WHO " describe KEYFILE\n"
	"       " WHO " verify\n"
	"\n"
	"describe prints as JSON what GnuPG knows about the public keys in KEYFILE (binary or\n"
	"armoured; \"-\" is standard input). verify answers Pedigree's other programs about\n"
	"signatures. GnuPG runs in a private folder that is removed again.\n";

/* For people on standard error, for the library on standard output. Returns the exit status. */
static int report(const struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_jw w;

	pdg_out_error(WHO, err);
	pdg_jw_init(&w, &out);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "error");
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "rule", err->rule);
	pdg_jw_kstr(&w, "text", err->text);
	pdg_jw_kstr(&w, "fix", err->fix);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	if (pdg_buf_check(&out, NULL) == 0)
		(void)printf("%s\n", pdg_buf_cstr(&out));
	return pdg_exit_status(err->code);
}

static int describe_file(void *arg, const char *home)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	const struct keyfile *f = arg;
	struct pdg_error err = {0};

	if (describe(f, home, &out, &err) < 0)
		return report(&err);
	if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0) {
		(void)pdg_fail(&err, PDG_E_IO, "the description cannot be written: %s",
			       strerror(errno));
		pdg_out_error(WHO, &err);
		return pdg_exit_status(err.code);
	}
	return 0;
}

static int command_describe(const char *path)
{
	PDG_AUTO(keyfile) struct keyfile f = {0};
	const struct guarded g = {describe_file, report, &f};
	struct pdg_error err = {0};

	if (keyfile_read(path, &f, &err) < 0)
		return report(&err);
	return guard_run(&g);
}

/* Standard output is the conversation's. */
static int complain(const struct pdg_error *err)
{
	pdg_out_error(WHO, err);
	return pdg_exit_status(err->code);
}

static int serve(void *arg, const char *home)
{
	struct pdg_error err = {0};

	(void)arg;
	return verify_serve(home, &err) < 0 ? complain(&err) : 0;
}

static int command_verify(void)
{
	const struct guarded g = {serve, complain, NULL};

	return guard_run(&g);
}

int main(int argc, char **argv)
{
	(void)umask(077);
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		(void)fputs(usage, stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "verify") == 0)
		return command_verify();
	if (argc == 3 && strcmp(argv[1], "describe") == 0)
		return command_describe(argv[2]);
	(void)fputs(usage, stderr);
	return 2;
}
