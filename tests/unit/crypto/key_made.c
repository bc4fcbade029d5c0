/* SPDX-License-Identifier: Apache-2.0 */
/* Keys made for tests; see key_made.h. */
#include "unit/crypto/key_made.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include "support/check.h"

void put_pem(EVP_PKEY *pkey, enum form form, struct pdg_buf *out)
{
	unsigned char secret[] = "secret";
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long n;
	int ok = 0;

	switch (form) {
	case SPKI:
		ok = PEM_write_bio_PUBKEY(bio, pkey);
		break;
	case PKCS8:
		ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
		break;
	case TRADITIONAL:
		ok = PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL);
		break;
	case ENCRYPTED:
		ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_256_cbc(), "secret", 6, NULL,
						   NULL);
		break;
	case ENCRYPTED_TRADITIONAL:
		ok = PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_256_cbc(), secret, 6,
							  NULL, NULL);
		break;
	}
	CHECK(ok == 1);
	n = BIO_get_mem_data(bio, &text);
	pdg_buf_put(out, pdg_bytes(text, (size_t)n));
	BIO_free(bio);
}

EVP_PKEY *ec_key(const char *curve)
{
	EVP_PKEY *pkey = EVP_EC_gen(curve);

	CHECK(pkey != NULL);
	return pkey;
}
