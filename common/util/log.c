/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines of the daemon. A line is built in full and written by one write(), so that lines
 * of threads and processes on one stderr do not mix.
 */
#include "util/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

/* What a pipe takes whole or not at all, whoever else writes to it (PIPE_BUF of Linux). */
#define ONE_WRITE ((size_t)4096)

static atomic_int most_level = PDG_LOG_INFO;

/* Of each thread by itself, and borrowed: pdg_log_gather(). */
static _Thread_local struct pdg_buf *gathered;

static const char *const level_names[] = {
	[PDG_LOG_ERROR] = "error",
	[PDG_LOG_WARN] = "warn",
	[PDG_LOG_INFO] = "info",
	[PDG_LOG_DEBUG] = "debug",
};

#define LEVELS_N (sizeof(level_names) / sizeof(level_names[0]))

void pdg_log_level(enum pdg_level most)
{
	atomic_store(&most_level, (int)most);
}

const char *pdg_log_level_name(enum pdg_level level)
{
	return level_names[level];
}

bool pdg_log_level_parse(const char *name, enum pdg_level *out)
{
	size_t i;

	for (i = 0; i < LEVELS_N; i++) {
		if (pdg_str_eq(name, level_names[i])) {
			*out = (enum pdg_level)i;
			return true;
		}
	}
	return false;
}

bool pdg_log_wants(enum pdg_level level)
{
	return (int)level <= atomic_load(&most_level);
}

static void begin(struct pdg_jw *w, struct pdg_buf *line, enum pdg_level level, const char *event)
{
	pdg_jw_init(w, line);
	pdg_jw_obj(w);
	pdg_jw_key(w, "time");
	pdg_jw_time(w, pdg_now(&pdg_clock_system));
	pdg_jw_kstr(w, "level", level_names[level]);
	pdg_jw_kstr(w, "event", event);
}

/* Made printable before JSON escapes it: whoever decodes the line must not get raw controls either.
 */
static void pair(struct pdg_jw *w, const char *key, const char *value)
{
	PDG_AUTO(buf) struct pdg_buf safe = PDG_BUF_INIT(PDG_LIMIT_LOG_LINE);

	if (!value)
		return;
	pdg_str_printable(pdg_bytes_str(value), &safe);
	pdg_jw_kstr(w, key, safe.failed ? "(too long)" : pdg_buf_cstr(&safe));
}

static void write_out(struct pdg_bytes rest)
{
	while (rest.n > 0) {
		ssize_t n = write(STDERR_FILENO, rest.p, rest.n);

		if (n <= 0)
			return;
		rest = pdg_bytes_from(rest, (size_t)n);
	}
}

static void write_gathered(void)
{
	if (!gathered || gathered->n == 0)
		return;
	write_out(pdg_buf_bytes(gathered));
	pdg_buf_reset(gathered);
}

static void end(struct pdg_jw *w, enum pdg_level level, const char *event)
{
	struct pdg_bytes line;

	pdg_jw_end(w);
	pdg_buf_putc(w->out, '\n');
	if (w->out->failed) {
		pdg_buf_done(w->out);
		begin(w, w->out, level, event);
		pdg_jw_kbool(w, "lost", true);
		pdg_jw_end(w);
		pdg_buf_putc(w->out, '\n');
	}
	line = pdg_buf_bytes(w->out);
	if (!gathered || level <= PDG_LOG_WARN || line.n > ONE_WRITE) {
		write_gathered();
		write_out(line);
		return;
	}
	if (line.n > ONE_WRITE - gathered->n)
		write_gathered();
	pdg_buf_put(gathered, line);
}

void pdg_log_gather(struct pdg_buf *into)
{
	write_gathered();
	if (into)
		pdg_buf_expect(into, ONE_WRITE);
	gathered = into && !into->failed ? into : NULL;
}

void pdg_log(enum pdg_level level, const char *event, ...)
{
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_LOG_LINE);
	struct pdg_jw w;
	const char *key;
	va_list ap;

	if (!pdg_log_wants(level))
		return;
	pdg_buf_expect(&line, 512);
	begin(&w, &line, level, event);
	va_start(ap, event);
	while ((key = va_arg(ap, const char *)))
		pair(&w, key, va_arg(ap, const char *));
	va_end(ap);
	end(&w, level, event);
}

void pdg_log_error(enum pdg_level level, const char *event, const struct pdg_error *err)
{
	const char *fix = pdg_error_fix(err);

	pdg_log(level, event, "rule", err->rule[0] ? err->rule : NULL, "error", err->text, "fix",
		fix[0] ? fix : NULL, (const char *)NULL);
}
