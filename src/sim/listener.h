// Listener: an actor that follows a durable stream: by pages, by waiting for more (long-poll), or by server-sent events; it leaves
// and comes back, and goes on where it was.
//
// What it has heard is always the beginning of the stream, whatever happens to the server meanwhile.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/api_user.h"
#include "sim/producer.h"
#include "sim/server.h"
#include "sim/world.h"

namespace syncline::sim {

class Listener {
 public:
  enum class Way : std::uint8_t { kPages, kWaits, kFollows };

  // All must outlive it. `pause_us`: between two requests, on average.
  Listener(World& world, Server& server, const Producer& producer, Way way, std::uint64_t pause_us);
  ~Listener();

  void start() { ask_later(); }
  void recovered();
  // Why it has not heard everything; "" if it has.
  std::string why_not() const;

 private:
  class Feed;

  void ask_later();
  void ask();
  void answered(const ApiUser::Answer& answer, const std::string& body);
  void hear(std::string_view text);
  void take_event(std::string_view lines);
  void begin_anew();
  void broken(std::string_view what);

  World& world_;
  Server& server_;
  const Producer& producer_;
  const Way way_;
  const std::uint64_t pause_us_;
  ApiUser user_;
  Dice dice_;
  std::shared_ptr<Feed> feed_;  // of the present request
  std::string heard_;
  std::string coming_;  // content of which it was not told yet where it ends
  std::string offset_ = "-1";
  std::uint64_t life_ = 0;   // of the stream, of which it has heard
  std::uint64_t asked_ = 0;  // answers to earlier requests are ignored
  bool asking_ = false;
};

}  // namespace syncline::sim
