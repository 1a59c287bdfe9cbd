// Waiting changes in the store: their keys and values, and reading them. docs/formats/log.md
// specifies the bytes, log/waiting_store.h the contracts.
//
// Keys begin with the workspace's name instead of its id, because a workspace may have waiting
// changes before it has an event, and gets its id only with the first event.
//
// Thread-safety: reads from any thread; WaitingCounts only on the committer's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/waiting_store.h"
#include "store/tables.h"

namespace syncline::store {

inline constexpr std::string_view kWaitingPrefix = "q/";

std::string waiting_prefix(std::string_view workspace);
std::string waiting_prefix(std::string_view workspace, std::string_view object);
std::string waiting_key(std::string_view workspace, std::string_view object, std::uint64_t number);

struct WaitingKey {
  std::string_view workspace;  // refers to the parsed key
  std::string_view object;
  std::uint64_t number = 0;
};
// nullopt if it is not such a key.
std::optional<WaitingKey> parse_waiting_key(std::string_view key);

std::string encode_waiting(std::string_view key, const log::WaitingChange& change);
// nullopt if it is damaged.
std::optional<log::WaitingChange> decode_waiting(std::string_view key, std::string_view value);

Result<log::WaitingPage> read_waiting(const Tables& tables, const std::string& workspace,
                                      const std::string& object, std::uint64_t after,
                                      std::size_t limit);
Result<log::WaitingUsage> read_waiting_usage(const Tables& tables, const std::string& workspace);
Result<std::vector<log::WaitingObject>> read_waiting_objects(const Tables& tables,
                                                             const std::string& workspace,
                                                             const std::string& after,
                                                             std::size_t limit);
Result<std::vector<std::string>> read_waiting_workspaces(const Tables& tables,
                                                         const std::string& after,
                                                         std::size_t limit);

// The sizes of what waits in one workspace, including staged requests.
class WaitingCounts {
 public:
  static Result<WaitingCounts> read(const Tables& tables, const std::string& workspace);

  std::uint64_t next_number() const { return last_number_ + 1; }
  log::WaitingUsage object(const std::string& object) const;
  const log::WaitingUsage& workspace() const { return total_; }

  void add(const std::string& object, std::uint64_t number, std::uint64_t bytes);
  // False if it does not exist.
  bool remove(const std::string& object, std::uint64_t number);

 private:
  struct Object {
    std::map<std::uint64_t, std::uint64_t> bytes;  // by number
    log::WaitingUsage usage;
  };
  std::map<std::string, Object, std::less<>> objects_;
  log::WaitingUsage total_;
  std::uint64_t last_number_ = 0;
};

}  // namespace syncline::store
