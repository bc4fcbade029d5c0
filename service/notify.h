/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager is told (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET
 * names. Without one nothing is told.
 */
#ifndef PDG_SERVICE_NOTIFY_H
#define PDG_SERVICE_NOTIFY_H

#include <stdint.h>

struct pdg_notify {
	int fd;		     /* -1: nobody listens */
	int64_t interval_ms; /* between two signs of life that are asked for; 0: none are */
};

/**
 * Connect, and take the variables out of the environment: children have nothing to tell. Before
 * the process is confined.
 */
void pdg_notify_open(struct pdg_notify *n);
void pdg_notify_close(struct pdg_notify *n);

/** Lines of NAME=VALUE. What cannot be told is left: the manager then acts by its own clock. */
void pdg_notify_tell(const struct pdg_notify *n, const char *lines);
/** RELOADING=1 with the time that a manager of Type=notify-reload asks for. */
void pdg_notify_reloading(const struct pdg_notify *n);

#endif
