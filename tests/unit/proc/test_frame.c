/* SPDX-License-Identifier: Apache-2.0 */
/* proc/frame.c: what comes in pieces is whole again; the end, an empty pipe and no room are told
 * apart. */
#include "proc/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "support/check.h"
#include "util/limits.h"

static void in_pieces(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_KIB(1));
	struct pdg_bytes message = {0};
	bool there = false;
	int ends[2];

	if (!CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0))
		return;
	pdg_frame_put(&out, pdg_bytes_str("a message"));
	CHECK_INT(pdg_frame_fill(ends[0], &in), -1);
	CHECK_INT(errno, EAGAIN);
	CHECK_UINT(in.n, 0);
	CHECK_INT(write(ends[1], out.p, 6), 6);
	CHECK_INT(pdg_frame_fill(ends[0], &in), 6);
	CHECK_INT(pdg_frame_find(pdg_buf_bytes(&in), 100, &there, &message, NULL), 0);
	CHECK(!there);
	CHECK_INT(write(ends[1], out.p + 6, out.n - 6), (ssize_t)out.n - 6);
	CHECK_INT(pdg_frame_fill(ends[0], &in), (ssize_t)out.n - 6);
	CHECK_INT(pdg_frame_find(pdg_buf_bytes(&in), 100, &there, &message, NULL), 0);
	CHECK(there);
	CHECK_BYTES(message, pdg_bytes_str("a message"));
	(void)close(ends[1]);
	CHECK_INT(pdg_frame_fill(ends[0], &in), 0);
	CHECK_UINT(in.n, out.n);
	(void)close(ends[0]);
}

static void no_room(void)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_LIMIT_KIB(1));

	CHECK_INT(pdg_frame_fill(-1, &in), -1);
	CHECK_INT(errno, ENOMEM);
	CHECK(in.failed);
}

PDG_TEST_MAIN("frame", {"in pieces", in_pieces}, {"no room", no_room})
