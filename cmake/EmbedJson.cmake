# SPDX-License-Identifier: Apache-2.0
# cmake -DIN=FILE.json -DOUT=FILE.c -DNAME=x -DHEADER=folder/x.h -P EmbedJson.cmake
# A JSON file, written by hand one member a line, as the C array NAME and its size NAME_n, without the blanks between
# its tokens. No string in it may hold a line's end (JSON forbids it) or a quotation mark before a colon.
file(READ "${IN}" text)
string(REGEX REPLACE "\n[\t ]*" "" text "${text}")
string(REGEX REPLACE "\": " "\":" text "${text}")
string(REGEX REPLACE "([]\"}]), ([[\"{])" "\\1,\\2" text "${text}")
string(HEX "${text}" hex)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
file(WRITE "${OUT}" "/* Made by cmake/EmbedJson.cmake. */
#include \"${HEADER}\"

const unsigned char ${NAME}[] = {
${hex}
};
const size_t ${NAME}_n = sizeof(${NAME});
")
