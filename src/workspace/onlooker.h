// Onlooker: a subscriber for the duration of one read or one change. It ignores what it gets.
#pragma once

#include "workspace/live_object.h"

namespace syncline::workspace {

class Onlooker final : public Subscriber {
 public:
  void on_change(const Delivery&) override {}
  void on_presence(const Delivery&) override {}
  void on_lost(const Error&) override {}
};

}  // namespace syncline::workspace
