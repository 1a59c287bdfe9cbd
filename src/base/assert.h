// SYNCLINE_ASSERT guards our own mistakes and stays on in production: a wrong state must not be
// persisted or sent. It never guards what a peer or a file sent; that becomes an Error.
#pragma once

namespace syncline {

// Prints the failed expression with its place to stderr, then aborts.
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
