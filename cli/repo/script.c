/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hook scripts: sh reads them when git runs a hook, we read them when doctor asks what a hook
 * rests on. Only what we write ourselves is read; anything else is not ours.
 */
#include "repo/script.h"

#include <stdlib.h>
#include <string.h>

#include "util/limits.h"
#include "util/str.h"

#define SHEBANG "#!/bin/sh\n"
#define MARK                                                                                       \
	"# pedigree hook, made by \"pedigree hooks install\"; \"pedigree hooks uninstall\" takes it away\n"
#define HEAD SHEBANG MARK
/* sh's own words for a program that is gone would tell whoever pushes nothing. */
#define TEST "test -x"
#define OR                                                                                         \
	" || { printf 'pedigree: %s: its program is gone or cannot be run, so nothing can be "     \
	"judged [CLI-5]; install Pedigree again, then its hooks\\n' \"$0\" >&2; exit 3; }\n"
#define EXEC "exec"
#define TAIL " -- \"$@\"\n"

static void put_word(struct pdg_buf *b, const char *word)
{
	pdg_buf_putc(b, ' ');
	pdg_str_sh_word(b, word);
}

static void put_option(struct pdg_buf *b, const char *option, const char *value)
{
	if (!value)
		return;
	pdg_buf_printf(b, " --%s", option);
	put_word(b, value);
}

void pdg_script_put(struct pdg_buf *b, const char *program, const char *name, const char *kept,
		    const struct pdg_install *in)
{
	size_t i;

	pdg_buf_puts(b, HEAD TEST);
	put_word(b, program);
	pdg_buf_puts(b, OR EXEC);
	put_word(b, program);
	put_option(b, "hook", name);
	put_option(b, "policy", in->policy);
	put_option(b, "repository", in->repository);
	put_option(b, "server-key", in->server_key);
	put_option(b, "service", in->service);
	put_option(b, "deadline", in->deadline);
	for (i = 0; i < PDG_WAY_PARTS; i++)
		put_option(b, pdg_way_names[i].option, in->way.v[i]);
	put_option(b, "chain", kept);
	if (kept && in->after)
		put_option(b, "existing", "after");
	pdg_buf_puts(b, TAIL);
}

bool pdg_script_is_ours(struct pdg_bytes text)
{
	return pdg_bytes_starts(text, SHEBANG MARK);
}

void pdg_script_done(struct pdg_script *s)
{
	free(s->program);
	free(s->policy);
	free(s->repository);
	free(s->server_key);
	free(s->service);
	free(s->deadline);
	pdg_way_done(&s->way);
	*s = (struct pdg_script){.program = NULL};
}

/* Take " 'word'" from @rest. False when it is not there. */
static bool take_word(struct pdg_bytes *rest, struct pdg_buf *out)
{
	size_t end;

	if (!pdg_bytes_starts(*rest, " '"))
		return false;
	*rest = pdg_bytes_from(*rest, 2);
	for (;;) {
		end = pdg_bytes_find_byte(*rest, '\'', 0);
		if (end == SIZE_MAX)
			return false;
		pdg_buf_put(out, pdg_bytes_head(*rest, end));
		*rest = pdg_bytes_from(*rest, end);
		if (!pdg_bytes_starts(*rest, "'\\''"))
			break;
		pdg_buf_putc(out, '\'');
		*rest = pdg_bytes_from(*rest, 4);
	}
	*rest = pdg_bytes_from(*rest, 1);
	return true;
}

/* Take exactly @text from @rest. */
static bool take_text(struct pdg_bytes *rest, const char *text)
{
	if (!pdg_bytes_starts(*rest, text))
		return false;
	*rest = pdg_bytes_from(*rest, strlen(text));
	return true;
}

/* Take " --name" from @rest. */
static bool take_name(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	size_t end;

	if (!pdg_bytes_starts(*rest, " --"))
		return false;
	end = pdg_bytes_find_byte(*rest, ' ', 3);
	if (end == SIZE_MAX)
		return false;
	*out = pdg_bytes(rest->p + 3, end - 3);
	*rest = pdg_bytes_from(*rest, end);
	return true;
}

/* Where the value of an option is kept; NULL for one that says nothing of what a hook rests on. */
static char **place_of(struct pdg_script *s, struct pdg_bytes name)
{
	const struct {
		const char *name;
		char **place;
	} places[] = {
		{"policy", &s->policy},		{"repository", &s->repository},
		{"server-key", &s->server_key}, {"service", &s->service},
		{"deadline", &s->deadline},
	};
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (pdg_bytes_eq_str(name, places[i].name))
			return places[i].place;
	}
	for (i = 0; i < PDG_WAY_PARTS; i++) {
		if (pdg_bytes_eq_str(name, pdg_way_names[i].option))
			return &s->way.v[i];
	}
	return NULL;
}

static int set(char **place, struct pdg_buf *word, struct pdg_error *err)
{
	char *copy;

	if (!place)
		return 0;
	copy = pdg_bytes_dup(pdg_buf_bytes(word));
	if (!copy)
		return pdg_nomem(err);
	free(*place);
	*place = copy;
	return 0;
}

static int not_as_written(struct pdg_error *err)
{
	int rc = pdg_reject(err, "HOK-4", "the hook is not as it was installed");

	pdg_fix(err, "install it again");
	return rc;
}

/* Take what stands before the program: its test, which older hooks have not. */
static bool take_head(struct pdg_bytes *rest)
{
	PDG_AUTO(buf) struct pdg_buf word = PDG_BUF_INIT(PDG_LIMIT_KIB(64));

	if (!take_text(rest, HEAD))
		return false;
	if (take_text(rest, TEST) && !(take_word(rest, &word) && take_text(rest, OR)))
		return false;
	return take_text(rest, EXEC);
}

int pdg_script_read(struct pdg_bytes text, struct pdg_script *out, struct pdg_error *err)
{
	PDG_AUTO(script) struct pdg_script s = {.program = NULL};
	struct pdg_bytes rest = text;
	char **place = &s.program;
	struct pdg_bytes name;
	int rc;

	if (!take_head(&rest))
		return not_as_written(err);
	do {
		PDG_AUTO(buf) struct pdg_buf word = PDG_BUF_INIT(PDG_LIMIT_KIB(64));

		if (!take_word(&rest, &word))
			return not_as_written(err);
		rc = set(place, &word, err);
		if (rc < 0)
			return rc;
		if (pdg_bytes_eq_str(rest, TAIL)) {
			*out = s;
			s = (struct pdg_script){.program = NULL};
			return 0;
		}
		if (!take_name(&rest, &name))
			return not_as_written(err);
		place = place_of(&s, name);
	} while (true);
}
