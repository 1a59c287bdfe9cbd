// Shared by the fuzz targets: a check that stops the fuzzer, and functions that cut the input into
// parts.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "syncline/bytes.h"

#define FUZZ_CHECK(expression)                                                       \
  do {                                                                               \
    if (!(expression)) {                                                             \
      std::fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #expression); \
      std::abort();                                                                  \
    }                                                                                \
  } while (false)
