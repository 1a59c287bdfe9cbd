#include "sim/listener.h"

#include <fmt/format.h>

#include <utility>

#include "sim/invariants.h"
#include "sim/rights.h"

namespace syncline::sim {
namespace {

// The data of a server-sent event, which has one line of them.
std::string_view data_of(std::string_view lines) {
  const std::size_t at = lines.find("data:");
  if (at == lines.npos) return {};
  const std::size_t end = lines.find('\n', at);
  return lines.substr(at + 5, end == lines.npos ? end : end - at - 5);
}

std::string_view name_of(Listener::Way way) {
  switch (way) {
    case Listener::Way::kPages: return "pages";
    case Listener::Way::kWaits: return "waits";
    case Listener::Way::kFollows: break;
  }
  return "follows";
}

}  // namespace

// The body of one answer. Who follows hears each event when it comes.
class Listener::Feed final : public ApiUser::Reader {
 public:
  explicit Feed(Listener& listener) : listener_(&listener) {}

  void take(std::string_view piece) override {
    if (listener_ == nullptr) return;
    body += piece;
    if (listener_->way_ != Way::kFollows) return;
    for (std::size_t end = body.find("\n\n"); end != body.npos; end = body.find("\n\n")) {
      const std::string event = body.substr(0, end);
      body.erase(0, end + 2);
      listener_->take_event(event);
      if (listener_ == nullptr) return;
    }
  }
  std::size_t queued_bytes() const override { return 0; }
  bool has_left() const override { return listener_ == nullptr; }
  void leave() { listener_ = nullptr; }

  std::string body;

 private:
  Listener* listener_;
};

Listener::Listener(World& world, Server& server, const Producer& producer, Way way,
                   std::uint64_t pause_us)
    : world_(world),
      server_(server),
      producer_(producer),
      way_(way),
      pause_us_(pause_us),
      user_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork(fmt::format("{} {}", name_of(way), producer.stream()))) {}

Listener::~Listener() {
  if (feed_ != nullptr) feed_->leave();
}

void Listener::broken(std::string_view what) {
  world_.violated(kStreams, fmt::format("who {} {} {}", name_of(way_), producer_.stream(), what));
}

void Listener::recovered() {
  if (feed_ != nullptr) feed_->leave();
  asking_ = false;
  ++asked_;
  ask_later();
}

void Listener::ask_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(pause_us_)), [this, number = asked_] {
    if (number == asked_ && !asking_) ask();
  });
}

// What it has heard belongs to one life of the stream.
void Listener::begin_anew() {
  heard_.clear();
  offset_ = "-1";
  life_ = producer_.life();
}

void Listener::ask() {
  if (server_.process() == nullptr) return;  // recovered() goes on
  ++asked_;
  if (life_ != producer_.life()) begin_anew();
  if (!producer_.is_there()) return ask_later();
  asking_ = true;
  coming_.clear();
  feed_ = std::make_shared<Feed>(*this);
  std::string target =
      fmt::format("/streams/{}/{}?offset={}", Producer::kWorkspace, producer_.stream(), offset_);
  if (way_ == Way::kWaits) target += "&live=long-poll";
  if (way_ == Way::kFollows) target += "&live=sse";
  user_.ask({.target = std::move(target), .reader = feed_},
            [this, feed = feed_, number = asked_](const ApiUser::Answer& answer) {
              if (number != asked_) return;
              asking_ = false;
              answered(answer, answer.body + feed->body);
              feed->leave();
              ask_later();
            });
}

void Listener::answered(const ApiUser::Answer& answer, const std::string& body) {
  if (life_ != producer_.life()) return;  // it was deleted meanwhile
  if (answer.status >= 500 || !answer.whole) return;
  if (answer.status != 200 && answer.status != 204)
    return broken(fmt::format("was answered {} {}", answer.status, answer.message()));
  if (way_ == Way::kFollows) return;
  if (way_ == Way::kWaits) world_.hit(Probe::stream_waited);
  hear(body);
  if (const std::string next = answer.header("Stream-Next-Offset"); !next.empty()) offset_ = next;
  if (!body.empty()) world_.hit(Probe::stream_page_read);
}

void Listener::take_event(std::string_view lines) {
  if (life_ != producer_.life()) return;
  if (lines.starts_with("event: data")) {
    coming_ += data_of(lines);
    return;
  }
  // Only the event after the content says where that ends.
  const auto control = crdt::from_json(data_of(lines));
  if (!control) return broken(fmt::format("was sent {}", lines));
  if (!coming_.empty()) world_.hit(Probe::stream_live_told);
  hear(std::exchange(coming_, {}));
  offset_ = text_in(*control, "streamNextOffset");
}

void Listener::hear(std::string_view text) {
  heard_ += text;
  if (!producer_.fits(heard_))
    broken(fmt::format("has heard {}, and the stream is {}", heard_, producer_.acked()));
}

std::string Listener::why_not() const {
  if (!producer_.is_settled() || (life_ == producer_.life() && heard_ == producer_.acked()))
    return {};
  return fmt::format("who {} {} has heard {} of {} bytes", name_of(way_), producer_.stream(),
                     heard_.size(), producer_.acked().size());
}

}  // namespace syncline::sim
