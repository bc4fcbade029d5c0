/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the relay. It reads from one thread and writes from all. */
#include "relay/channel.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

#include "proc/frame.h"
#include "util/error_json.h"
#include "util/limits.h"

void pdg_question_done(struct pdg_question *q)
{
	pdg_json_free(q->json);
	*q = (struct pdg_question){0};
}

static int parse(struct pdg_bytes message, struct pdg_question *out, struct pdg_error *err)
{
	static const char *const members[] = {"id", "kind", "body", NULL};
	struct pdg_question q = {0};
	int rc = pdg_json_load(message, PDG_LIMIT_RELAY_MESSAGE, &q.json, err);

	if (rc == 0)
		rc = pdg_json_only(q.json, members, err);
	if (rc == 0)
		rc = pdg_json_u64(q.json, "id", &q.id, err);
	if (rc == 0)
		rc = pdg_json_str(q.json, "kind", &q.kind, err);
	if (rc == 0)
		rc = pdg_json_obj(q.json, "body", &q.body, err);
	if (rc < 0)
		pdg_question_done(&q);
	else
		*out = q;
	return rc;
}

int pdg_channel_read(int fd, struct pdg_buf *in, struct pdg_question *out, bool *out_over,
		     struct pdg_error *err)
{
	struct pdg_bytes message = {0};
	bool there = false;
	int rc;

	*out_over = false;
	for (;;) {
		rc = pdg_frame_find(pdg_buf_bytes(in), PDG_LIMIT_RELAY_MESSAGE, &there, &message,
				    err);
		if (rc < 0 || there)
			break;
		*out_over = pdg_frame_fill(fd, in) <= 0 && !in->failed;
		if (*out_over || in->failed)
			return pdg_buf_check(in, err);
	}
	if (rc == 0)
		rc = parse(message, out, err);
	if (rc == 0)
		pdg_frame_drop(in, PDG_FRAME_HEAD + message.n);
	return rc;
}

/* --- answers --- */

static void write_answer(struct pdg_buf *out, uint64_t id, int rc, struct pdg_bytes json,
			 const struct pdg_error *err)
{
	struct pdg_jw w;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_ku64(&w, "id", id);
	if (rc < 0) {
		pdg_jw_kobj(&w, "error");
		pdg_error_json_write(rc, err, &w);
		pdg_jw_end(&w);
	} else {
		pdg_jw_key(&w, "body");
		pdg_jw_raw(&w, json);
	}
	pdg_jw_end(&w);
}

static bool send_all(int fd, struct pdg_bytes in)
{
	while (in.n > 0) {
		ssize_t n = send(fd, in.p, in.n, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			in = pdg_bytes_from(in, (size_t)n);
	}
	return true;
}

bool pdg_channel_answer(int fd, uint64_t id, int rc, struct pdg_bytes json,
			const struct pdg_error *err)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	PDG_AUTO(buf) struct pdg_buf message = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE);
	PDG_AUTO(buf)
	struct pdg_buf frame = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE + PDG_FRAME_HEAD);
	struct pdg_error why = {0};
	bool sent;

	write_answer(&message, id, rc, json, err);
	if (message.failed) {
		rc = pdg_reject(&why, "RLY-4", "the answer is too large, or memory ended");
		pdg_buf_reset(&message);
		write_answer(&message, id, rc, json, &why);
	}
	pdg_frame_put(&frame, pdg_buf_bytes(&message));
	if (message.failed || frame.failed)
		return false;
	(void)pthread_mutex_lock(&one_at_a_time);
	sent = send_all(fd, pdg_buf_bytes(&frame));
	(void)pthread_mutex_unlock(&one_at_a_time);
	return sent;
}
