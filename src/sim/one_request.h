// OneRequest: an actor that asks the server one thing at a time. When the server has crashed, the answer to what was asked
// before is ignored.
//
//   if (request_.under_way()) return;
//   user_.ask("GET", target, request_.begin([this](const ApiUser::Answer& answer) { … }));
#pragma once

#include <cstdint>
#include <utility>

namespace syncline::sim {

class OneRequest {
 public:
  bool under_way() const { return under_way_; }
  // How many were begun or forgotten.
  std::uint64_t count() const { return number_; }

  // It is over when what is returned is called, which then calls `then` with the same.
  template <typename Then>
  auto begin(Then then) {
    under_way_ = true;
    return [this, number = ++number_, then = std::move(then)](const auto&... answer) mutable {
      if (number != number_) return;
      under_way_ = false;
      then(answer...);
    };
  }

  void forget() {
    if (std::exchange(under_way_, false)) ++number_;
  }

 private:
  bool under_way_ = false;
  std::uint64_t number_ = 0;
};

}  // namespace syncline::sim
