// Files over HTTP (docs/files.md).
#pragma once

#include <string>

#include "http/message.h"
#include "log/done.h"
#include "log/file_store.h"
#include "merge/object.h"

namespace syncline::api {

// Whether the body of this request is the content of a file, which its handler takes piece by piece
// (http/body_source.h).
bool brings_file(const http::Request& request);

// Before a past or another object is made the state of one: kGone if it is a file whose bytes are not stored in the tenant
// of the workspace any more. Every other object is good.
void check_file_bytes(log::FileStore& files, const std::string& workspace,
                      const merge::Object& object, log::Done<void> done);

}  // namespace syncline::api
