// A subscriber for the length of one look, or of one change.
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
