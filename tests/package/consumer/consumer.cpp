// Uses a header and a symbol of the installed library; prints the version that the headers state.
#include <syncline/version.h>

#include <cstdio>

#include "base/error.h"

int main() {
  const syncline::Result<int> failed = syncline::fail(syncline::ErrorCode::kNotFound, "nothing");
  if (syncline::to_string(failed.error().code) != "not_found") return 1;
  std::printf("syncline %s\n", SYNCLINE_VERSION_STRING);
}
