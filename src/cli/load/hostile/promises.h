// What a server has acknowledged, kept in a file, so that it can be looked for after a restart of the
// server, by another process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/book.h"
#include "syncline/error.h"

namespace syncline::cli {

using Promises = std::map<sim::ObjectName, sim::Acked>;

// As JSON: for each object, the acknowledged ids as [client, clock, length].
std::string promises_to_json(const Promises& promises);
// kMalformed if it is something else.
Result<Promises> promises_from_json(std::string_view json);

// What of `promised` the update does not contain, for people; empty if it contains all of it.
// kMalformed: the update does not decode.
Result<std::string> missing_of(const sim::Acked& promised, ByteView update);

// Asks the server for every object. One line for each that lacks something, or that the server does
// not give. `base` is "http://HOST:PORT". Blocks. If the server refuses because it has no room now, the
// request is sent again after the time that the server names, for at most two minutes altogether.
std::vector<std::string> missing_at(const std::string& base, const std::string& token,
                                    const Promises& promises);

}  // namespace syncline::cli
