// Radio: durable streams in the simulated world: producers, and listeners of each way for each of their streams.
//
//   I30 streams  an append that was acknowledged is in its stream, once and in the order of its producer, after any crash, also
//                if it was sent again; one of an epoch that is over, or to a closed stream, is refused. Whoever reads hears
//                what is durable, each append once and in order, from any offset on. A fork has what its source had there,
//                and nothing that came later
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/listener.h"
#include "sim/producer.h"
#include "store/tables.h"

namespace syncline::sim {

struct RadioSettings {
  bool on = false;
  std::uint64_t every_us = 0;  // between two acts of a producer, on average
  std::uint64_t pause_us = 0;  // between two requests of a listener, on average
};

class Radio {
 public:
  Radio(World& world, Server& server, RadioSettings settings);

  void start();
  void stop();
  void recovered();

  // Why somebody is not done yet; "" if everybody is.
  std::string why_not() const;
  // Of what is stored, at any time.
  void check(const store::Tables& tables);

 private:
  Server& server_;
  std::vector<std::unique_ptr<Producer>> producers_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace syncline::sim
