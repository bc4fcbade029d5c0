/* SPDX-License-Identifier: Apache-2.0 */
/* service/openapi.json as it is answered: the build makes an array of it (cmake/EmbedJson.cmake).
 */
#ifndef PDG_SERVICE_OPENAPI_H
#define PDG_SERVICE_OPENAPI_H

#include <stddef.h>

extern const unsigned char pdg_openapi[];
extern const size_t pdg_openapi_n;

#endif
