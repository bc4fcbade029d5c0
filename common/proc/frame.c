/* SPDX-License-Identifier: Apache-2.0 */
/* Frames between pedigreed and the programs that it starts: service/relay.c, relay/channel.c. */
#include "proc/frame.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/limits.h"

#define CHUNK PDG_LIMIT_KIB(64)

void pdg_frame_put(struct pdg_buf *out, struct pdg_bytes message)
{
	if (message.n > UINT32_MAX) {
		out->failed = PDG_E_LIMIT;
		return;
	}
	pdg_buf_u32be(out, (uint32_t)message.n);
	pdg_buf_put(out, message);
}

int pdg_frame_find(struct pdg_bytes in, size_t max, bool *out_there, struct pdg_bytes *out_message,
		   struct pdg_error *err)
{
	size_t n;

	if (in.n < PDG_FRAME_HEAD) {
		*out_there = false;
		return 0;
	}
	n = (size_t)in.p[0] << 24 | (size_t)in.p[1] << 16 | (size_t)in.p[2] << 8 | in.p[3];
	if (n == 0)
		return pdg_reject(err, "RLY-3", "an empty message");
	if (n > max)
		return pdg_reject(err, "RLY-4", "a message of %zu bytes, at most %zu are taken", n,
				  max);
	*out_there = in.n - PDG_FRAME_HEAD >= n;
	if (*out_there)
		*out_message = pdg_bytes(in.p + PDG_FRAME_HEAD, n);
	return 0;
}

ssize_t pdg_frame_fill(int fd, struct pdg_buf *in)
{
	uint8_t *room = pdg_buf_room(in, CHUNK);
	ssize_t n;

	if (!room) {
		errno = ENOMEM;
		return -1;
	}
	do {
		n = read(fd, room, CHUNK);
	} while (n < 0 && errno == EINTR);
	in->n -= CHUNK - (n > 0 ? (size_t)n : 0);
	return n;
}

void pdg_frame_drop(struct pdg_buf *b, size_t n)
{
	if (n < b->n) {
		memmove(b->p, b->p + n, b->n - n);
		b->n -= n;
	} else if (b->cap > PDG_LIMIT_SMALL) {
		pdg_buf_done(b);
	} else {
		pdg_buf_reset(b);
	}
}
