/* SPDX-License-Identifier: Apache-2.0 */
/* What programs print: escaped, coloured on a terminal only, one line an error. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/capture.h"
#include "support/check.h"
#include "util/out.h"

static void text_is_escaped_but_lines_stay(void)
{
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(10000);
	struct pdg_capture c = pdg_capture_begin(stdout);

	pdg_out(stdout, PDG_PLAIN, "one %s\ntwo\n\n%d", "\033[31mx\r", 3);
	pdg_out(stdout, PDG_PLAIN, "%s", "");
	pdg_out(stdout, PDG_GOOD, " four\n");
	pdg_capture_end(&c, &got);
	CHECK_STR(pdg_buf_cstr(&got), "one \\x1b[31mx\\x0d\ntwo\n\n3 four\n");
}

/* The same text on a pseudo-terminal, read back through its other side. */
static void on_terminal(enum pdg_colour colour, struct pdg_buf *out)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	FILE *f;
	uint8_t chunk[256];
	ssize_t n;

	if (!CHECK(master >= 0) || !CHECK(grantpt(master) == 0 && unlockpt(master) == 0))
		return;
	f = fopen(ptsname(master), "r+e");
	if (CHECK(f != NULL)) {
		pdg_out(f, colour, "x\033y");
		CHECK_INT(fflush(f), 0);
		n = read(master, chunk, sizeof(chunk));
		CHECK(n > 0);
		pdg_buf_put(out, pdg_bytes(chunk, n > 0 ? (size_t)n : 0));
		(void)fclose(f);
	}
	(void)close(master);
}

static void colour_on_a_terminal(void)
{
	static const struct {
		enum pdg_colour colour;
		const char *want;
	} rows[] = {
		{PDG_PLAIN, "x\\x1by"},
		{PDG_GOOD, "\033[32mx\\x1by\033[0m"},
		{PDG_BAD, "\033[31mx\\x1by\033[0m"},
		{PDG_WARN, "\033[33mx\\x1by\033[0m"},
		{PDG_DIM, "\033[2mx\\x1by\033[0m"},
		{PDG_BOLD, "\033[1mx\\x1by\033[0m"},
	};
	size_t i;

	CHECK_INT(unsetenv("NO_COLOR"), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1000);

		on_terminal(rows[i].colour, &got);
		CHECK_STR(pdg_buf_cstr(&got), rows[i].want);
	}
}

static void no_color_is_honoured(void)
{
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1000);

	CHECK_INT(setenv("NO_COLOR", "1", 1), 0);
	on_terminal(PDG_GOOD, &got);
	CHECK_STR(pdg_buf_cstr(&got), "x\\x1by");
	CHECK_INT(setenv("NO_COLOR", "", 1), 0);
	pdg_buf_reset(&got);
	on_terminal(PDG_GOOD, &got);
	CHECK_STR(pdg_buf_cstr(&got), "\033[32mx\\x1by\033[0m");
	CHECK_INT(unsetenv("NO_COLOR"), 0);
}

static void errors_are_one_line(void)
{
	static const struct {
		struct pdg_error err;
		const char *want;
	} rows[] = {
		{{.text = "no policy"}, "pedigree: no policy\n"},
		{{.text = "bad\nname \033]0;x\007", .rule = "BND-3"},
		 "pedigree: bad\\x0aname \\x1b]0;x\\x07 [BND-3]\n"},
		/* Of its rule, where there is none of its own. */
		{{.text = "away", .rule = "SVC-2"},
		 "pedigree: away [SVC-2]; send it again when the service is back\n"},
		{{.text = "no policy", .fix = "run: pedigree\ninit"},
		 "pedigree: no policy; run: pedigree\\x0ainit\n"},
		{{.text = "a", .rule = "JSN-2", .fix = "b"}, "pedigree: a [JSN-2]; b\n"},
		{{.text = "a", .rule = "\033[2J\n"}, "pedigree: a [\\x1b[2J\\x0a]\n"},
		{{.text = ""}, "pedigree: failed without a reason\n"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(10000);
		struct pdg_capture c = pdg_capture_begin(stderr);

		pdg_out_error("pedigree", &rows[i].err);
		pdg_capture_end(&c, &got);
		CHECK_STR(pdg_buf_cstr(&got), rows[i].want);
	}
}

static void longest_error_is_whole(void)
{
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(10000);
	struct pdg_error err = {.code = PDG_E_IO};
	struct pdg_capture c;

	memset(err.text, '\n', sizeof(err.text) - 1);
	c = pdg_capture_begin(stderr);
	pdg_out_error("p", &err);
	pdg_capture_end(&c, &got);
	CHECK_UINT(got.n, 3 + 4 * (PDG_ERROR_TEXT_MAX - 1) + 1);
}

static void lost_output_is_noticed(void)
{
	FILE *full = fopen("/dev/full", "we");
	FILE *fine = fopen("/dev/null", "we");
	struct pdg_error err = {0};

	if (CHECK(full != NULL)) {
		pdg_out(full, PDG_PLAIN, "x\n");
		CHECK_CODE(pdg_out_finish(full, &err), &err, PDG_E_IO);
		CHECK_CODE(pdg_out_finish(full, &err), &err, PDG_E_IO);
		(void)fclose(full);
	}
	if (CHECK(fine != NULL)) {
		pdg_out(fine, PDG_PLAIN, "x\n");
		CHECK_OK(pdg_out_finish(fine, &err), &err);
		(void)fclose(fine);
	}
}

PDG_TEST_MAIN("out", {"text is escaped but lines stay", text_is_escaped_but_lines_stay},
	      {"colour on a terminal", colour_on_a_terminal},
	      {"NO_COLOR is honoured", no_color_is_honoured},
	      {"errors are one line", errors_are_one_line},
	      {"longest error is whole", longest_error_is_whole},
	      {"lost output is noticed", lost_output_is_noticed})
