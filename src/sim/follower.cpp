#include "sim/follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/percent.h"
#include "sim/invariants.h"

namespace syncline::sim {
namespace {

// The value of a field of a server-sent event; "" if it has no such field.
std::string_view field_of(std::string_view lines, std::string_view name) {
  const std::size_t at = lines.starts_with(name) ? 0 : lines.find(fmt::format("\n{}", name));
  if (at == lines.npos) return {};
  const std::size_t from = lines.find(name, at) + name.size();
  return lines.substr(from, lines.find('\n', from) - from);
}

}  // namespace

// A connection. What is on its way is lost if the follower leaves it.
class Follower::Way final : public ApiUser::Reader, public std::enable_shared_from_this<Way> {
 public:
  explicit Way(Follower& follower) : follower_(&follower) {}

  void take(std::string_view piece) override {
    if (follower_ == nullptr) return;
    queued_ += piece.size();
    World& world = follower_->world_;
    arrives_us_ = std::max(arrives_us_, world.now_us()) + follower_->settings_.way_us;
    world.timeline.at(arrives_us_, [self = shared_from_this(), text = std::string(piece)] {
      self->queued_ -= text.size();
      if (self->follower_ != nullptr) self->follower_->take(text);
    });
  }
  std::size_t queued_bytes() const override { return queued_; }
  bool has_left() const override { return follower_ == nullptr; }
  void leave() { follower_ = nullptr; }
  // The server has ended it.
  void end() {
    if (follower_ != nullptr) follower_->connect_later();
  }

 private:
  Follower* follower_;
  std::size_t queued_ = 0;
  std::uint64_t arrives_us_ = 0;
};

Follower::Follower(World& world, Server& server, std::string token, FollowerSettings settings)
    : world_(world),
      server_(server),
      settings_(std::move(settings)),
      user_(world, server, std::move(token)),
      dice_(world.dice.fork(settings_.name)) {}

Follower::~Follower() {
  if (way_ != nullptr) way_->leave();
}

// ---- connections

void Follower::connect() {
  if (way_ != nullptr) way_->leave();
  way_.reset();
  rest_.clear();
  if (server_.process() == nullptr) return;  // recovered() connects
  way_ = std::make_shared<Way>(*this);
  std::string target =
      fmt::format("{}/events?after=0&prefix={}{}", workspace_target(settings_.workspace),
                  percent_encode(settings_.prefix), settings_.content ? "&content=1" : "");
  user_.ask({.target = std::move(target),
             .headers = last_ == 0 ? "" : fmt::format("Last-Event-ID: {}\r\n", last_),
             .reader = way_},
            [way = way_](const ApiUser::Answer&) { way->end(); });
  if (settings_.stay_us > 0) leave_later();
}

// What was sent before the end of the connection arrives first.
void Follower::connect_later() {
  world_.timeline.after(kSecond + settings_.way_us * 4, [this, way = way_] {
    if (way == way_) connect();
  });
}

void Follower::leave_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.stay_us)), [this, way = way_] {
    if (way != way_ || stopped_) return;
    world_.hit(Probe::follower_left);
    connect();
  });
}

void Follower::recovered() {
  connect();
}

// ---- events

void Follower::take(std::string_view piece) {
  rest_ += piece;
  for (std::size_t end = rest_.find("\n\n"); end != rest_.npos; end = rest_.find("\n\n")) {
    take_event(std::string_view(rest_).substr(0, end));
    rest_.erase(0, end + 2);
  }
}

void Follower::take_event(std::string_view lines) {
  const std::string_view id = field_of(lines, "id: ");
  if (id.empty()) return;
  std::uint64_t position = 0;
  std::from_chars(id.data(), id.data() + id.size(), position);
  const bool change = field_of(lines, "event: ") == "change";
  if (change ? position <= last_ : position < last_)
    return broken(fmt::format("was sent {} after {}", position, last_));
  last_ = position;
  if (!change) return;
  world_.hit(Probe::follower_told);
  const auto data = crdt::from_json(field_of(lines, "data: "));
  if (!data || number_in(*data, "position") != position)
    return broken(fmt::format("cannot read what was sent of {}", position));
  told_.emplace(position, text_in(*data, "hash"));
}

// ---- the log

bool Follower::wants(const log::Event& event) const {
  return !log::is_system_object(event.object) && event.object.starts_with(settings_.prefix);
}

std::string Follower::why_not(const std::vector<log::Event>& events) const {
  for (const log::Event& event : events)
    if (wants(event) && !told_.contains(event.position))
      return fmt::format("{} was not told of {} (it is at {})", settings_.name, event.position,
                         last_);
  return {};
}

void Follower::check(const std::vector<log::Event>& events) {
  std::map<log::Position, std::string> expected;
  for (const log::Event& event : events)
    if (wants(event)) expected.emplace(event.position, to_hex(event.hash));
  if (expected == told_) return;
  const auto [is, should] = std::ranges::mismatch(told_, expected);
  broken(fmt::format("was told of {} events, and the log has {}; they differ from position {} on",
                     told_.size(), expected.size(), is != told_.end() ? is->first : should->first));
}

void Follower::broken(std::string_view what) {
  world_.violated(kTold, fmt::format("{} {}", settings_.name, what));
}

}  // namespace syncline::sim
