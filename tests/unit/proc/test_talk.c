/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations: what is said comes back from cat; programs that are silent, gone, or will not go.
 */
#include <string.h>
#include <time.h>

#include "proc/talk.h"
#include "support/check.h"
#include "util/time.h"

#define SOON_MS 20000

static struct pdg_talk *start(const char *program, const char *arg)
{
	const char *const argv[] = {program, arg, NULL};
	const struct pdg_spawn s = {.program = program, .argv = argv};
	struct pdg_talk *t = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_talk_start(&s, &t, &err), &err))
		abort();
	return t;
}

static void often(void)
{
	PDG_AUTO(talk) struct pdg_talk *t = start("/bin/cat", NULL);
	struct pdg_error err = {0};

	for (size_t i = 1; i < 2000; i += 101) {
		PDG_AUTO(buf) struct pdg_buf said = PDG_BUF_INIT(4096);
		uint8_t heard[4096];

		for (size_t n = 0; n < i; n++)
			pdg_buf_putc(&said, (uint8_t)(n * i));
		CHECK_OK(pdg_talk_say(t, pdg_buf_bytes(&said), SOON_MS, &err), &err);
		/* In two parts, and nothing of it is lost between them. */
		CHECK_OK(pdg_talk_hear(t, heard, i / 2, SOON_MS, &err), &err);
		CHECK_OK(pdg_talk_hear(t, heard + i / 2, i - i / 2, SOON_MS, &err), &err);
		CHECK_BYTES(pdg_bytes(heard, i), pdg_buf_bytes(&said));
	}
	CHECK_OK(pdg_talk_say(t, pdg_bytes(NULL, 0), SOON_MS, &err), &err);
	CHECK_OK(pdg_talk_hear(t, NULL, 0, SOON_MS, &err), &err);
}

/* A program that does not read what it is told, or does not answer, is waited for so long. */
static void time_is_up(void)
{
	PDG_AUTO(talk) struct pdg_talk *silent = start("/bin/cat", NULL);
	PDG_AUTO(talk) struct pdg_talk *deaf = start("/bin/cat", NULL);
	PDG_AUTO(buf) struct pdg_buf much = PDG_BUF_INIT((size_t)1 << 21);
	struct pdg_error err = {0};
	int64_t before = pdg_monotonic_ms();
	uint8_t heard;

	CHECK_CODE(pdg_talk_hear(silent, &heard, 1, 100, &err), &err, PDG_E_IO);
	CHECK(pdg_monotonic_ms() - before >= 100);
	CHECK(pdg_buf_room(&much, (size_t)1 << 20) != NULL);
	/* Nobody reads what cat says, so cat soon reads no more. */
	CHECK_CODE(pdg_talk_say(deaf, pdg_buf_bytes(&much), 200, &err), &err, PDG_E_IO);
	CHECK(pdg_monotonic_ms() - before < SOON_MS);
}

static void gone(void)
{
	PDG_AUTO(talk) struct pdg_talk *t = start("/bin/true", NULL);
	const struct timespec tick = {.tv_nsec = 10000000};
	struct pdg_error err = {0};
	uint8_t heard;
	int rc = 0;

	CHECK_CODE(pdg_talk_hear(t, &heard, 1, SOON_MS, &err), &err, PDG_E_IO);
	/* It has closed its output and is about to end. No SIGPIPE: this process goes on. */
	for (size_t i = 0; rc == 0 && i < 1000; i++) {
		(void)nanosleep(&tick, NULL);
		rc = pdg_talk_say(t, pdg_bytes_str("are you there"), SOON_MS, &err);
	}
	CHECK_CODE(rc, &err, PDG_E_IO);
}

/* One that does not end when nobody speaks to it any more is made to. */
static void made_to_end(void)
{
	int64_t before = pdg_monotonic_ms();

	pdg_talk_end(start("/bin/sleep", "100"));
	CHECK(pdg_monotonic_ms() - before < SOON_MS);
}

static void no_program(void)
{
	const char *const argv[] = {"x", NULL};
	struct pdg_spawn s = {.program = "/nonexistent/x", .argv = argv};
	struct pdg_talk *t = NULL;
	struct pdg_error err = {0};

	CHECK_CODE(pdg_talk_start(&s, &t, &err), &err, PDG_E_IO);
	s.program = "cat";
	CHECK_CODE(pdg_talk_start(&s, &t, &err), &err, PDG_E_IO);
	CHECK(t == NULL);
}

PDG_TEST_MAIN("proc.talk", {"often", often}, {"time is up", time_is_up}, {"gone", gone},
	      {"made to end", made_to_end}, {"no program", no_program})
