/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of [service] in the daemon's file: where it listens, whom it hears there and how many of them,
 * TLS, and who may read.
 */

#include "service/config_impl.h"
#include "service/endpoint.h"
#include "util/limits.h"
#include "util/str.h"

#define DEFAULT_LISTEN "127.0.0.1:8700"

static int read_listen(const struct pdg_config *c, struct pdg_service_config *cfg,
		       struct pdg_error *err)
{
	unsigned line = 1;
	struct addrinfo *found;
	const char *value;
	size_t n = 0;
	int rc;

	while (pdg_config_get(c, "service", NULL, "listen", n, &line))
		n++;
	/* Whoever names a socket and no address wants that alone. */
	if (n == 0 && cfg->socket)
		return 0;
	do {
		value = pdg_config_get(c, "service", NULL, "listen", cfg->listen.n, &line);
		if (!value)
			value = DEFAULT_LISTEN;
		rc = pdg_endpoint_split(value, &found);
		if (rc == PDG_E_NOMEM)
			return pdg_nomem(err);
		if (rc < 0) {
			(void)pdg_config_reject(
				err, c, line, "CFG-1",
				"listen is '%.64s', not ADDRESS:PORT or [V6]:PORT in numbers",
				value);
			pdg_fix(err,
				"name each address by its own listen =, as 127.0.0.1:8700 or [::1]:8700");
			return PDG_E_USAGE;
		}
		freeaddrinfo(found);
		if (pdg_strings_has(&cfg->listen, value))
			return pdg_config_reject(err, c, line, "CFG-1", "listen is '%.64s' twice",
						 value);
		if (pdg_strings_add(&cfg->listen, value, err) < 0)
			return PDG_E_NOMEM;
	} while (cfg->listen.n < n);
	return 0;
}

static int read_connections(const struct pdg_config *c, struct pdg_service_config *cfg,
			    struct pdg_error *err)
{
	unsigned line;
	const char *value = pdg_service_config_get(c, "service", "connectionsPerAddress", &line);
	uint64_t n = PDG_LIMIT_PER_ADDRESS;

	if (value && !pdg_bytes_u64(pdg_bytes_str(value), PDG_LIMIT_CONNECTIONS, &n))
		return pdg_config_reject(err, c, line, "CFG-1",
					 "connectionsPerAddress is '%.32s', not 0 to %d", value,
					 PDG_LIMIT_CONNECTIONS);
	cfg->connections_per_address = (size_t)n;
	return 0;
}

/* Who may read: names of client certificates (service/caller.h). */
static int read_readers(const struct pdg_config *c, struct pdg_service_config *cfg,
			struct pdg_error *err)
{
	unsigned line = 1;
	const char *name = pdg_config_get(c, "service", NULL, "readers", 0, &line);
	int rc = 0;

	while (rc == 0 && name) {
		rc = pdg_strings_add(&cfg->readers, name, err);
		name = pdg_config_get(c, "service", NULL, "readers", cfg->readers.n, &line);
	}
	if (rc == 0 && cfg->readers.n && !cfg->client_ca)
		return pdg_config_reject(err, c, line, "CFG-1",
					 "readers needs clientCa: nobody could show who he is");
	return rc;
}

static int read_tls(const struct pdg_config *c, struct pdg_service_config *cfg,
		    struct pdg_error *err)
{
	unsigned line = 1;
	int rc;

	rc = pdg_service_config_copy(c, "service", "tlsCertificate", NULL, &cfg->tls_certificate,
				     err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "service", "tlsKey", NULL, &cfg->tls_key, err);
	if (rc == 0)
		rc = pdg_service_config_copy(c, "service", "clientCa", NULL, &cfg->client_ca, err);
	if (rc < 0)
		return rc;
	(void)pdg_service_config_get(c, "service", "tlsCertificate", &cfg->tls_line.certificate);
	(void)pdg_service_config_get(c, "service", "tlsKey", &cfg->tls_line.key);
	(void)pdg_service_config_get(c, "service", "clientCa", &cfg->tls_line.client_ca);
	if (!cfg->tls_certificate != !cfg->tls_key) {
		(void)pdg_service_config_get(c, "service",
					     cfg->tls_key ? "tlsKey" : "tlsCertificate", &line);
		return pdg_config_reject(err, c, line, "CFG-1",
					 "tlsCertificate and tlsKey go together");
	}
	if (cfg->client_ca && !cfg->tls_certificate) {
		(void)pdg_service_config_get(c, "service", "clientCa", &line);
		return pdg_config_reject(err, c, line, "CFG-1",
					 "clientCa needs tlsCertificate and tlsKey");
	}
	return read_readers(c, cfg, err);
}

int pdg_service_config_listen(const struct pdg_config *c, struct pdg_service_config *cfg,
			      struct pdg_error *err)
{
	int rc = pdg_service_config_copy(c, "service", "socket", NULL, &cfg->socket, err);

	if (rc == 0)
		rc = read_listen(c, cfg, err);
	if (rc == 0)
		rc = read_tls(c, cfg, err);
	return rc < 0 ? rc : read_connections(c, cfg, err);
}
