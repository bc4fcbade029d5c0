/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judge a timestamp as whoever verifies a signature does.
 *
 *	test_interop_timestamp TRUSTED-ROOT.json response|token TIMESTAMP SIGNATURE
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trust/root.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/time.h"

static int judge(char **argv, int64_t *out, struct pdg_error *err)
{
	PDG_AUTO(root) struct pdg_root *root = NULL;
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_TIMESTAMP);
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	int rc = pdg_root_load(argv[1], &root, err);

	if (rc == 0)
		rc = pdg_fs_read(argv[3], &der, err);
	if (rc == 0)
		rc = pdg_fs_read(argv[4], &sig, err);
	if (rc < 0)
		return rc;
	return pdg_root_timestamp(
		root, strcmp(argv[2], "token") == 0 ? PDG_TIMESTAMP_TOKEN : PDG_TIMESTAMP_RESPONSE,
		pdg_buf_bytes(&der), pdg_buf_bytes(&sig), pdg_now(&pdg_clock_system), out, err);
}

int main(int argc, char **argv)
{
	struct pdg_error err = {0};
	int64_t at = 0;
	int rc;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: test_interop_timestamp TRUSTED-ROOT.json "
				      "response|token TIMESTAMP SIGNATURE\n");
		return 2;
	}
	rc = judge(argv, &at, &err);
	if (rc < 0)
		pdg_out_error("test_interop_timestamp", &err);
	else
		(void)printf("%" PRId64 "\n", at);
	return pdg_exit_status(rc);
}
