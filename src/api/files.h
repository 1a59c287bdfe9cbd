// Files over HTTP (docs/files.md).
#pragma once

#include "http/message.h"

namespace syncline::api {

// Whether the body of this request is the content of a file, which its handler takes piece by piece
// (http/body_source.h).
bool brings_file(const http::Request& request);

}  // namespace syncline::api
