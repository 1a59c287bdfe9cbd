// PinStore: pins, which are names for moments of a workspace. A pin stays until somebody removes
// it.
//
// Pins are set and removed by events (log/rules.h), and by nothing else: the store derives them in the
// batch that appends the events.
//
// Threads, ownership and answers: as log/event_log.h says for all of a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/done.h"
#include "log/event.h"

namespace syncline::log {

// A name has 1 to 128 bytes: a letter, then letters, digits, '.', '_' and '-'. "now" is not a name.
struct Pin {
  std::string name;
  Position position = 0;
  std::uint64_t unix_ms = 0;  // when it was set
  std::string principal;      // who set it

  bool operator==(const Pin&) const = default;
};

inline constexpr std::size_t kMaxPinNameBytes = 128;
bool is_pin_name(std::string_view name);

class PinStore {
 public:
  virtual ~PinStore() = default;

  virtual void load_pin(std::string workspace, std::string name, Done<std::optional<Pin>> done) = 0;

  // The pins whose names follow `after`, by name, up to `limit`.
  virtual void list_pins(std::string workspace, std::string after, std::size_t limit,
                         Done<std::vector<Pin>> done) = 0;
};

}  // namespace syncline::log
