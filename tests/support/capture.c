/* SPDX-License-Identifier: Apache-2.0 */
/* Output is caught in an unnamed file put in the place of the descriptor; failures end the program.
 */
#include "support/capture.h"

#include <stdlib.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(EXIT_FAILURE);
	}
}

struct pdg_capture pdg_capture_begin(FILE *f)
{
	struct pdg_capture c = {.f = f, .saved = -1, .to = tmpfile()};

	must(c.to != NULL, "tmpfile");
	must(fflush(f) == 0, "fflush");
	c.saved = dup(fileno(f));
	must(c.saved >= 0, "dup");
	must(dup2(fileno(c.to), fileno(f)) >= 0, "dup2");
	return c;
}

void pdg_capture_end(struct pdg_capture *c, struct pdg_buf *out)
{
	uint8_t chunk[4096];
	size_t n;

	must(fflush(c->f) == 0, "fflush");
	must(dup2(c->saved, fileno(c->f)) >= 0, "dup2");
	(void)close(c->saved);
	rewind(c->to);
	while ((n = fread(chunk, 1, sizeof(chunk), c->to)) > 0)
		pdg_buf_put(out, pdg_bytes(chunk, n));
	must(!ferror(c->to) && !out->failed, "captured output");
	(void)fclose(c->to);
}
