// Holder: a client of one object that comes with credentials of a locksmith (sim/locksmith.h), with another one each time
// it connects. Most often they are for this object. What it writes bears the mark of the object, so nothing of another
// object may reach it.
//
// Thread-safety: none. The locksmith must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/locksmith.h"
#include "sim/plain_client.h"

namespace syncline::sim {

class Holder final : public PlainClient {
 public:
  Holder(World& world, Network& network, Locksmith& locksmith, std::size_t number,
         std::size_t index);

 private:
  Place choose() override;
  void shown(std::string_view bytes) override;
  void served() override;
  void act() override;

  Locksmith& locksmith_;
  const bool hocuspocus_;
  const std::string_view object_;
  bool astray_ = false;  // its credential is for another object
};

}  // namespace syncline::sim
