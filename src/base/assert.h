// SYNCLINE_ASSERT guards against our own mistakes. It stays on in production, because a wrong state
// must not be stored or sent. It never checks what a peer or a file sent; bad input becomes an
// Error.
#pragma once

namespace syncline {

// Prints the failed expression, its file and its line to stderr, then aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace syncline

#define SYNCLINE_ASSERT(expression)                                  \
  do {                                                               \
    if (!(expression)) [[unlikely]]                                  \
      ::syncline::assertion_failed(#expression, __FILE__, __LINE__); \
  } while (false)

// For checks too costly for production (whole-structure walks): on in dev, asan and tsan builds.
#ifdef SYNCLINE_SLOW_CHECKS
#define SYNCLINE_DEBUG_ASSERT(expression) SYNCLINE_ASSERT(expression)
#else
#define SYNCLINE_DEBUG_ASSERT(expression) \
  do {                                    \
  } while (false)
#endif
