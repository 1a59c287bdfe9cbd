// MapCursor: a cursor over an ordered map in memory, for tables that keep one map for each family.
//
// The map must not change while the cursor is in use. Stores that share a thread with their readers
// ensure this: no read extends over several turns. Thread-safety: that of the map.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "store/tables.h"

namespace syncline::store {

// `ValueOf` returns the bytes of a map's value. They must be valid until the next move.
template <typename Map, typename ValueOf>
class MapCursor final : public Cursor {
 public:
  MapCursor(const Map& map, std::string_view end, ValueOf value_of)
      : map_(map), end_(end), value_of_(std::move(value_of)) {}

  void seek(std::string_view key) override { at_ = map_.lower_bound(key); }
  void seek_for_prev(std::string_view key) override {
    at_ = map_.upper_bound(key);
    at_ = at_ == map_.begin() ? map_.end() : std::prev(at_);
  }
  void next() override { ++at_; }
  bool valid() const override { return at_ != map_.end() && (end_.empty() || at_->first < end_); }
  std::string_view key() const override { return at_->first; }
  std::string_view value() const override { return value_of_(at_->second); }
  Result<void> status() const override { return {}; }

 private:
  const Map& map_;
  typename Map::const_iterator at_ = map_.end();
  const std::string end_;
  const ValueOf value_of_;
};

}  // namespace syncline::store
