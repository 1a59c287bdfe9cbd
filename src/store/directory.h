// The records of the directory (log/directory_store.h) in the column family `meta`:
//
//   "d/" kind id  →  01, CRC-32C (4) of key, 01 and value, value
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/directory_store.h"
#include "store/tables.h"
#include "syncline/bytes.h"

namespace syncline::store {

inline constexpr std::string_view kDirectoryPrefix = "d/";

std::string directory_key(log::DirectoryKind kind, std::string_view id);

std::string encode_directory(std::string_view key, ByteView value);
// nullopt: it is damaged.
std::optional<Bytes> decode_directory(std::string_view key, std::string_view value);

Result<std::optional<Bytes>> read_directory(const Tables& tables, log::DirectoryKind kind,
                                            std::string_view id);
Result<std::vector<log::DirectoryEntry>> read_directory(const Tables& tables,
                                                        log::DirectoryKind kind,
                                                        const std::string& prefix,
                                                        const std::string& after,
                                                        std::size_t limit);

}  // namespace syncline::store
