// Uses headers and symbols of the installed library; prints the version that the headers state.
#include <syncline/crdt/doc.h>
#include <syncline/error.h>
#include <syncline/version.h>

#include <cstdio>

int main() {
  const syncline::Result<int> failed = syncline::fail(syncline::ErrorCode::kNotFound, "nothing");
  if (syncline::to_string(failed.error().code) != "not_found") return 1;
  syncline::crdt::Doc doc({.client_id = 1});
  if (!doc.text("content").insert(0, "hello") || doc.text("content").to_string() != "hello")
    return 1;
  std::printf("syncline %s\n", SYNCLINE_VERSION_STRING);
}
