// Uploader: an actor that keeps one file of the HTTP API: it puts versions as a whole or by tus, resumes uploads that broke off,
// replaces versions, and deletes the file; and it reads what it wrote, whole, in ranges and in the past.
//
// It asks one thing at a time. If the process ends before the answer, it finds out what came of it, and accepts both. Other
// uploaders put the same contents, so chunks are shared.
//
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "log/event.h"
#include "sim/api_user.h"
#include "sim/one_request.h"
#include "sim/server.h"
#include "sim/world.h"

namespace syncline::sim {

// What the files of a world may contain.
using Contents = std::vector<std::string>;

class Uploader {
 public:
  static constexpr std::string_view kWorkspace = "library";

  // All must outlive it. `every_us`: between two of its acts, on average.
  Uploader(World& world, Server& server, const Contents& contents, std::string object,
           std::uint64_t every_us);

  void start() { act_later(); }
  // It finishes or gives up what it has begun, and begins nothing more.
  void stop() { stopped_ = true; }
  void recovered();

  const std::string& object() const { return object_; }
  // Why it is not done; "" if it is.
  std::string why_not() const;
  // Reads it for somebody else, while it may be changed.
  void read_together();

  // Which contents must be stored, and which may be.
  void add_needed(std::set<std::size_t>& needed, std::set<std::size_t>& allowed) const;

 private:
  struct Upload {
    std::string id;
    std::size_t content = 0;
    std::uint64_t durable = 0;  // bytes that the server has said to have
    std::uint64_t sent = 0;     // at most as many can be there
    bool ask_first = false;     // how far it is
  };
  // What was asked, and not answered.
  struct Doubt {
    std::optional<std::size_t> content;  // that may be the present version now
    bool removed = false;                // or there may be nothing
  };
  using Then = std::move_only_function<void(const ApiUser::Answer&)>;
  class Body;

  void act_later();
  void act();
  void put();
  void begin_upload();
  void go_on();
  void look_at_upload();
  void send_more();
  void give_up();
  void remove();
  void read();
  void read_past();
  void look();
  void found(const ApiUser::Answer& answer, const std::string& body);
  void ask(ApiUser::Question question, Then then);
  // With the whole body, which may have been broken off.
  void fetch(std::string target, std::string headers,
             std::move_only_function<void(const ApiUser::Answer&, const std::string&)> then);
  void take_version(std::size_t content, log::Position position);
  void upload_is_over(const ApiUser::Answer& answer);
  void end_generation(bool erases);
  std::string files_target() const;
  std::string uploads_target() const;
  const std::string& text_of(std::size_t content) const { return contents_[content]; }
  void broken(std::string_view what);
  void refused(std::string_view what, const ApiUser::Answer& answer);

  World& world_;
  Server& server_;
  const Contents& contents_;
  const std::string object_;
  const std::uint64_t every_us_;
  ApiUser user_;
  Dice dice_;
  std::map<log::Position, std::size_t> versions_;  // of the present generation, that were confirmed
  std::optional<std::size_t> present_;             // nullopt: there is no file
  std::optional<Doubt> doubt_;
  std::optional<Upload> upload_;
  std::set<std::size_t>
      hidden_;  // contents of generations that were deleted, and perhaps not for good
  std::set<std::size_t> ever_;  // contents that it has tried to put
  std::uint64_t removals_ = 0;  // that were asked for
  bool reading_together_ = false;
  bool stopped_ = false;
  OneRequest request_;
  std::uint64_t lives_ = 0;  // of the server
};

}  // namespace syncline::sim
