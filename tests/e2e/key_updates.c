/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_updates PORT MANY: a client of TLS 1.3 on loopback that changes its keys MANY times (RFC 8446
 * 4.6.3), asking for the server's each time, and then asks GET /healthz. Prints "answered" or
 * "cut", and after how many. It never reads in between: what the server says of its own keys waits.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ? fd : -1;
}

static int ask(SSL *ssl)
{
	static const char question[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
	char answer[1024];
	int n;

	if (SSL_write(ssl, question, sizeof(question) - 1) <= 0)
		return 0;
	n = SSL_read(ssl, answer, sizeof(answer) - 1);
	if (n <= 0)
		return 0;
	answer[n] = '\0';
	return strstr(answer, " 200 OK\r\n") != NULL;
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;
	long many = argc == 3 ? strtol(argv[2], NULL, 10) : -1, n = 0;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	if (many < 0 || !ssl)
		return 2;
	fd = dial(argv[1]);
	if (fd < 0 || SSL_set_min_proto_version(ssl, TLS1_3_VERSION) != 1 ||
	    SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
		return 2;
	while (n < many && SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1 &&
	       SSL_do_handshake(ssl) == 1)
		n++;
	printf("%s %ld\n", ask(ssl) ? "answered" : "cut", n);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	(void)close(fd);
	return 0;
}
