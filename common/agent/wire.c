/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both directions of one message. A short one is one system call on either side: it is what every
 * submission waits for.
 */
#include "agent/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "util/limits.h"

#define CHUNK PDG_LIMIT_KIB(16)

const char *pdg_purpose_name(enum pdg_purpose purpose)
{
	static const char *const names[PDG_PURPOSES] = {"signing", "journal", "log"};

	return names[purpose];
}

/* Take what was sent off the front of @v. */
static void advance(struct iovec v[2], size_t n)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		size_t part = n < v[i].iov_len ? n : v[i].iov_len;

		v[i].iov_base = (uint8_t *)v[i].iov_base + part;
		v[i].iov_len -= part;
		n -= part;
	}
}

int pdg_agent_send(int fd, struct pdg_agent_head head, struct pdg_bytes body, struct pdg_error *err)
{
	uint8_t raw[PDG_AGENT_HEAD] = {head.op, head.purpose};
	/* sendmsg() wants bytes without const, and does not change them. */
	union {
		const uint8_t *given;
		uint8_t *wanted;
	} u = {.given = body.p};
	struct iovec v[2] = {{raw, sizeof(raw)}, {u.wanted, body.n}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
	bool begun = false;
	size_t i;

	if (body.n > UINT32_MAX)
		return pdg_reject(err, "RLY-4", "a message of %zu bytes", body.n);
	for (i = 0; i < 4; i++)
		raw[4 + i] = (uint8_t)(body.n >> (24 - 8 * i));
	while (v[0].iov_len + v[1].iov_len > 0) {
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pdg_fail(err,
					!begun && (errno == EPIPE || errno == ECONNRESET)
						? PDG_E_NOTFOUND
						: PDG_E_IO,
					"cannot be written to: %s", strerror(errno));
		begun = true;
		advance(v, (size_t)n);
	}
	return 0;
}

/* One read into @in. Returns how many bytes came, 0 at the end, or a failure. */
static ssize_t take(int fd, struct pdg_buf *in, size_t want, struct pdg_error *err)
{
	uint8_t *p = pdg_buf_room(in, want);
	ssize_t n;

	if (!p)
		return pdg_buf_check(in, err);
	do {
		n = recv(fd, p, want, 0);
	} while (n < 0 && errno == EINTR);
	in->n -= want - (n > 0 ? (size_t)n : 0);
	if (n < 0 && (errno == EAGAIN))
		return pdg_reject(err, "RLY-2", "did not answer in time");
	/* Whoever ended with something unread on the way says so by ECONNRESET. */
	if (n < 0 && errno == ECONNRESET)
		return 0;
	return n < 0 ? pdg_fail(err, PDG_E_IO, "cannot be read from: %s", strerror(errno)) : n;
}

static size_t length_of(const uint8_t p[4])
{
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static int read_head(const struct pdg_buf *in, size_t max, struct pdg_agent_head *out,
		     size_t *out_length, struct pdg_error *err)
{
	const uint8_t *p = in->p;

	*out_length = length_of(p + 4);
	if (p[2] || p[3])
		return pdg_reject(err, "RLY-3", "a message's head is not of its form");
	if (*out_length > max)
		return pdg_reject(err, "RLY-4", "a message of %zu bytes, more than %zu",
				  *out_length, max);
	out->op = p[0];
	out->purpose = p[1];
	return 0;
}

int pdg_agent_receive(int fd, struct pdg_buf *in, size_t max, struct pdg_agent_head *out,
		      struct pdg_bytes *out_body, struct pdg_error *err)
{
	struct pdg_agent_head head = {0};
	size_t length = 0, whole = PDG_AGENT_HEAD;
	bool known = false;

	if (in->cap > PDG_LIMIT_SMALL)
		pdg_buf_done(in);
	pdg_buf_reset(in);
	while (!known || in->n < whole) {
		size_t want = known ? whole - in->n : PDG_AGENT_HEAD + (max < CHUNK ? max : CHUNK);
		ssize_t n = take(fd, in, want - (known ? 0 : in->n), err);
		int rc;

		if (n < 0)
			return (int)n;
		if (n == 0)
			return pdg_fail(err, in->n == 0 ? PDG_E_NOTFOUND : PDG_E_IO, "has ended");
		if (known || in->n < PDG_AGENT_HEAD)
			continue;
		rc = read_head(in, max, &head, &length, err);
		if (rc < 0)
			return rc;
		known = true;
		whole = PDG_AGENT_HEAD + length;
	}
	if (in->n > whole)
		return pdg_reject(err, "RLY-3", "bytes follow a message that nobody asked for");
	*out = head;
	*out_body = pdg_bytes_from(pdg_buf_bytes(in), PDG_AGENT_HEAD);
	return 0;
}

void pdg_agent_list_put(struct pdg_buf *out, struct pdg_bytes part)
{
	pdg_buf_u32be(out, (uint32_t)part.n);
	pdg_buf_put(out, part);
}

bool pdg_agent_list_next(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	size_t n;

	if (rest->n < 4)
		return false;
	n = length_of(rest->p);
	if (n > rest->n - 4)
		return false;
	*out = pdg_bytes_head(pdg_bytes_from(*rest, 4), n);
	*rest = pdg_bytes_from(*rest, 4 + n);
	return true;
}

void pdg_agent_error_put(const struct pdg_error *why, struct pdg_buf *out)
{
	pdg_buf_putc(out, (uint8_t)-why->code);
	pdg_buf_put(out, pdg_bytes(why->rule, strlen(why->rule) + 1));
	pdg_buf_put(out, pdg_bytes(why->text, strlen(why->text) + 1));
	pdg_buf_put(out, pdg_bytes(why->fix, strlen(why->fix) + 1));
}

/* One text with its NUL into @out, which has room for it. */
static bool take_text(struct pdg_bytes *rest, char *out, size_t size)
{
	size_t n = pdg_bytes_find_byte(*rest, '\0', 0);

	if (n == SIZE_MAX || n >= size)
		return false;
	memcpy(out, rest->p, n + 1);
	*rest = pdg_bytes_from(*rest, n + 1);
	return true;
}

int pdg_agent_error_get(struct pdg_bytes body, struct pdg_error *err)
{
	struct pdg_error got = {0};
	struct pdg_bytes rest = pdg_bytes_from(body, 1);

	if (body.n == 0 || body.p[0] == 0 || body.p[0] > -PDG_E_INTERNAL ||
	    !take_text(&rest, got.rule, sizeof(got.rule)) ||
	    !take_text(&rest, got.text, sizeof(got.text)) ||
	    !take_text(&rest, got.fix, sizeof(got.fix)) || rest.n > 0)
		return pdg_reject(err, "RLY-3", "an answer is an error, but not of its form");
	got.code = -body.p[0];
	if (err)
		*err = got;
	return got.code;
}
