// Reads files of Yjs updates as applications keep them:
//
//   update = what Y.encodeStateAsUpdate or an `update` event gives, version 1 or 2
//   log    = updates one after the other, each after its length as lib0's writeVarUint8Array writes it
//
// A file says neither what it is nor in which version, so both are found out by decoding: the whole file is an update,
// or every part of a log is one. Version 2 begins with a zero byte, which in version 1 means "no structs". So an update
// with structs decodes in one version only; of the others, version 1 is taken unless only version 2 has content.
//
// Pure functions. Costs: O(size of the file), a few times.
#pragma once

#include <cstdint>
#include <optional>

#include "migrate/stored_update.h"
#include "syncline/error.h"

namespace syncline::migrate {

// The version in which the update decodes; kMalformed, with both reasons, if it decodes in none. `wanted`: only in this
// one.
Result<crdt::UpdateVersion> version_of_update(ByteView update,
                                              std::optional<crdt::UpdateVersion> wanted = {});

// The updates of a file: one, or those of a log, all of one version. kMalformed if it is neither, or is empty.
Result<StoredUpdates> read_update_file(ByteView file,
                                       std::optional<crdt::UpdateVersion> wanted = {});

}  // namespace syncline::migrate
