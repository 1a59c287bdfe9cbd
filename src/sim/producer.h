// Producer: an actor that keeps one durable stream. It appends numbered texts, and sends an append again until it is answered;
// it begins epochs, closes and deletes its stream, and begins it anew; and it makes a fork now and then.
//
// It asks one thing at a time. Each text says in which life of the stream it was sent, and is sent with one number only. So
// whoever has heard the stream so far has heard the beginning of what the producer knows.
//
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/api_user.h"
#include "sim/one_request.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Producer {
 public:
  static constexpr std::string_view kWorkspace = "radio";

  // All must outlive it. `every_us`: between two of its acts, on average.
  Producer(World& world, Server& server, std::string stream, std::uint64_t every_us);

  void start() { act_later(); }
  // It finishes what it has begun, and begins nothing more.
  void stop() { stopped_ = true; }
  void recovered();

  // Why it is not done; "" if it is.
  std::string why_not() const;
  // Whether everything that was acknowledged is in the log, once and in order.
  void check(const store::Tables& tables);

  // ---- what listeners compare with

  const std::string& stream() const { return stream_; }
  // Grows whenever the stream is deleted or begun. While it grows, nobody knows what a reader is told.
  std::uint64_t life() const { return life_; }
  bool is_there() const { return there_ && !beginning_ && !ending_; }
  bool is_settled() const { return is_there() && !open_; }
  const std::string& acked() const { return acked_; }
  // Whether this can be the beginning of the stream.
  bool fits(std::string_view heard) const;

 private:
  struct Append {
    std::string text;
    bool closes = false;
  };
  // A fork of the stream, with the content that it must have.
  struct Fork {
    std::string name;
    std::string content;
    std::string offset;
    enum Step : std::uint8_t { kMake, kAppend, kRead, kDelete } step = kMake;
  };
  using Then = std::move_only_function<void(const ApiUser::Answer&)>;

  void act_later();
  void act();
  void begin_stream();
  void begin_append(bool closes);
  void send();
  void appended(const ApiUser::Answer& answer);
  void repeat();
  void act_as_zombie();
  void append_to_closed();
  void end_stream();
  void make_fork();
  void go_on_with_fork();
  void read_fork();
  void ask(ApiUser::Question question, Then then);
  std::string lines(std::uint64_t epoch, std::uint64_t seq) const;
  std::string target(std::string_view stream) const;
  void broken(std::string_view what);
  void refused(std::string_view what, const ApiUser::Answer& answer);

  World& world_;
  Server& server_;
  const std::string stream_;
  const std::uint64_t every_us_;
  ApiUser user_;
  Dice dice_;
  std::uint64_t life_ = 0;
  std::uint64_t texts_ = 0;  // of this life
  bool there_ = false;
  bool beginning_ = false;  // asked for, and not answered
  bool ending_ = false;     // the same
  bool closed_ = false;
  std::string acked_;                 // all texts that were acknowledged
  std::vector<std::string> offsets_;  // behind each of them
  std::vector<std::size_t> lengths_;  // of acked_, with each of them
  std::optional<Append> open_;        // not answered yet
  std::uint64_t epoch_ = 0;
  std::uint64_t seq_ = 0;      // the next one
  std::uint64_t old_seq_ = 0;  // the next one of the epoch before
  std::optional<Fork> fork_;
  std::uint64_t forks_ = 0;
  bool stopped_ = false;
  OneRequest request_;
};

}  // namespace syncline::sim
