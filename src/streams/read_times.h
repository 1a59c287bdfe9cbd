// ReadTimes: when streams with a time to live were read, because reading renews it.
//
// That is known in memory alone: a read writes nothing. After a restart, and for a stream that is not among the kMost that
// were read last, the time is the latest that it can have been. So no stream ends too early, and one may end later by the
// time since the start.
//
// Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace syncline::streams {

class ReadTimes {
 public:
  static constexpr std::size_t kMost = 65'536;

  explicit ReadTimes(std::uint64_t start_ms, std::size_t most = kMost)
      : most_(most), forgotten_ms_(start_ms) {}
  ReadTimes(const ReadTimes&) = delete;
  ReadTimes& operator=(const ReadTimes&) = delete;

  void note(const std::string& workspace, const std::string& object, std::uint64_t unix_ms) {
    const auto found = places_.find(Names(workspace, object));
    if (found != places_.end()) {
      found->second->unix_ms = std::max(found->second->unix_ms, unix_ms);
      return order_.splice(order_.end(), order_, found->second);
    }
    if (places_.size() == most_) {
      forgotten_ms_ = std::max(forgotten_ms_, order_.front().unix_ms);
      places_.erase(order_.front().names());
      order_.pop_front();
    }
    order_.push_back({workspace, object, unix_ms});
    places_.emplace(order_.back().names(), std::prev(order_.end()));
  }

  // The latest time at which the stream can have been read.
  std::uint64_t last(std::string_view workspace, std::string_view object) const {
    const auto found = places_.find(Names(workspace, object));
    return found == places_.end() ? forgotten_ms_ : found->second->unix_ms;
  }

  std::size_t size() const { return places_.size(); }

 private:
  using Names = std::pair<std::string_view, std::string_view>;
  struct Read {
    std::string workspace;
    std::string object;
    std::uint64_t unix_ms = 0;

    Names names() const { return {workspace, object}; }
  };

  const std::size_t most_;
  std::uint64_t forgotten_ms_;  // of those that are not here
  std::list<Read> order_;       // whatever was read longest ago first
  std::map<Names, std::list<Read>::iterator> places_;
};

}  // namespace syncline::streams
