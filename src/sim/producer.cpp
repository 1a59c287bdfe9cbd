#include "sim/producer.h"

#include <fmt/format.h>

#include <utility>

#include "sim/invariants.h"
#include "sim/rights.h"
#include "sim/stored_log.h"
#include "streams/change.h"

namespace syncline::sim {
namespace {

constexpr std::string_view kTextLine = "Content-Type: text/plain\r\n";

bool is_gone(const ApiUser::Answer& answer) {
  return answer.status == 404 || answer.status == 410;
}

}  // namespace

Producer::Producer(World& world, Server& server, std::string stream, std::uint64_t every_us)
    : world_(world),
      server_(server),
      stream_(std::move(stream)),
      every_us_(every_us),
      user_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("producer " + stream_)) {}

std::string Producer::target(std::string_view stream) const {
  return fmt::format("/streams/{}/{}", kWorkspace, stream);
}

std::string Producer::lines(std::uint64_t epoch, std::uint64_t seq) const {
  return fmt::format("{}Producer-Id: {}\r\nProducer-Epoch: {}\r\nProducer-Seq: {}\r\n", kTextLine,
                     stream_, epoch, seq);
}

void Producer::broken(std::string_view what) {
  world_.violated(kStreams, fmt::format("{}/{}: {}", kWorkspace, stream_, what));
}

void Producer::refused(std::string_view what, const ApiUser::Answer& answer) {
  broken(fmt::format("{} was answered {} {}", what, answer.status, answer.message()));
}

// Nobody knows what became of a request that failed, so it is sent again.
void Producer::ask(ApiUser::Question question, Then then) {
  user_.ask(std::move(question),
            request_.begin([then = std::move(then)](const ApiUser::Answer& answer) mutable {
              if (answer.status < 500) then(answer);
            }));
}

void Producer::recovered() {
  request_.forget();
}

void Producer::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this] {
    act();
    act_later();
  });
}

void Producer::act() {
  if (server_.process() == nullptr || request_.under_way()) return;
  if (beginning_ || (!there_ && !ending_ && !stopped_)) return begin_stream();
  if (ending_) return end_stream();
  if (open_) return send();
  if (fork_) return go_on_with_fork();
  if (stopped_ || !there_) return;
  const double what = dice_.unit();
  if (what < 0.10) return repeat();
  if (what < 0.20) return act_as_zombie();
  if (what < 0.30) return make_fork();
  if (closed_) return what < 0.60 ? end_stream() : append_to_closed();
  if (what < 0.33) return end_stream();
  if (what < 0.36) return begin_append(true);
  if (what < 0.41 && seq_ > 0) {
    world_.hit(Probe::stream_epoch_begun);
    ++epoch_;
    old_seq_ = std::exchange(seq_, 0);
  }
  begin_append(false);
}

std::string Producer::why_not() const {
  if (beginning_ || ending_ || open_ || fork_) return stream_ + " has no answer";
  return {};
}

bool Producer::fits(std::string_view heard) const {
  if (std::string_view(acked_).starts_with(heard)) return true;
  return open_ && heard == acked_ + open_->text;
}

// ---- the life of the stream

void Producer::begin_stream() {
  if (!std::exchange(beginning_, true)) ++life_;
  ask({.method = "PUT", .target = target(stream_), .headers = std::string(kTextLine)},
      [this](const ApiUser::Answer& answer) {
        if (!answer.ok()) return refused("the beginning of a stream", answer);
        world_.hit(Probe::stream_made);
        beginning_ = false;
        there_ = true;
        closed_ = false;
        texts_ = epoch_ = seq_ = old_seq_ = 0;
        acked_.clear();
        offsets_.clear();
        lengths_.clear();
      });
}

// Whoever asks again finds nothing.
void Producer::end_stream() {
  if (!std::exchange(ending_, true)) ++life_;
  ask({.method = "DELETE", .target = target(stream_)}, [this](const ApiUser::Answer& answer) {
    if (!answer.ok() && !is_gone(answer)) return refused("a deletion", answer);
    world_.hit(Probe::stream_deleted);
    ending_ = there_ = false;
  });
}

// ---- appends

void Producer::begin_append(bool closes) {
  open_ = Append{fmt::format("{}.{}.{};", stream_, life_, ++texts_), closes};
  send();
}

void Producer::send() {
  ask({.method = "POST",
       .target = target(stream_),
       .headers = lines(epoch_, seq_) + (open_->closes ? "Stream-Closed: true\r\n" : ""),
       .body = open_->text},
      [this](const ApiUser::Answer& answer) { appended(answer); });
}

void Producer::appended(const ApiUser::Answer& answer) {
  if (!answer.ok()) return refused("an append", answer);
  world_.hit(Probe::stream_appended);
  if (open_->closes) world_.hit(Probe::stream_closed);
  acked_ += open_->text;
  closed_ = open_->closes;
  open_.reset();
  ++seq_;
  offsets_.push_back(answer.header("Stream-Next-Offset"));
  lengths_.push_back(acked_.size());
}

// The last append once more: it is there already.
void Producer::repeat() {
  if (seq_ == 0) return;
  ask({.method = "POST",
       .target = target(stream_),
       .headers = lines(epoch_, seq_ - 1) + (closed_ ? "Stream-Closed: true\r\n" : ""),
       .body = "again;"},
      [this](const ApiUser::Answer& answer) {
        if (!answer.ok()) return refused("an append that was sent again", answer);
        world_.hit(Probe::stream_repeated);
      });
}

// It has begun another epoch, and what it was before goes on.
void Producer::act_as_zombie() {
  if (epoch_ == 0 || seq_ == 0 || closed_) return;
  ask({.method = "POST",
       .target = target(stream_),
       .headers = lines(epoch_ - 1, old_seq_),
       .body = "stale;"},
      [this](const ApiUser::Answer& answer) {
        if (answer.status != 403) return refused("an append of an epoch that is over", answer);
        world_.hit(Probe::stream_stale_refused);
      });
}

void Producer::append_to_closed() {
  ask({.method = "POST",
       .target = target(stream_),
       .headers = lines(epoch_, seq_),
       .body = "late;"},
      [this](const ApiUser::Answer& answer) {
        if (answer.status != 409) return refused("an append to a closed stream", answer);
        world_.hit(Probe::stream_closed_refused);
      });
}

// ---- forks

void Producer::make_fork() {
  if (offsets_.empty()) return;
  const std::size_t at = dice_.below(offsets_.size());
  fork_ = Fork{.name = fmt::format("{}-fork{}", stream_, ++forks_),
               .content = acked_.substr(0, lengths_[at]),
               .offset = offsets_[at]};
  go_on_with_fork();
}

void Producer::go_on_with_fork() {
  Fork& fork = *fork_;
  switch (fork.step) {
    case Fork::kMake:
      return ask({.method = "PUT",
                  .target = target(fork.name),
                  .headers = fmt::format("Stream-Forked-From: {}\r\nStream-Fork-Offset: {}\r\n",
                                         target(stream_), fork.offset)},
                 [this](const ApiUser::Answer& answer) {
                   if (!answer.ok()) return refused("a fork", answer);
                   world_.hit(Probe::stream_forked);
                   fork_->step = Fork::kAppend;
                 });
    case Fork::kAppend:
      return ask(
          {.method = "POST", .target = target(fork.name), .headers = lines(0, 0), .body = "fork;"},
          [this](const ApiUser::Answer& answer) {
            if (!answer.ok()) return refused("an append to a fork", answer);
            fork_->content += "fork;";
            fork_->step = Fork::kRead;
          });
    case Fork::kRead: return read_fork();
    case Fork::kDelete:
      return ask({.method = "DELETE", .target = target(fork.name)},
                 [this](const ApiUser::Answer& answer) {
                   if (!answer.ok() && !is_gone(answer))
                     return refused("the deletion of a fork", answer);
                   fork_.reset();
                 });
  }
}

void Producer::read_fork() {
  ask({.target = target(fork_->name) + "?offset=-1"}, [this](const ApiUser::Answer& answer) {
    if (answer.status != 200) return refused("reading a fork", answer);
    if (answer.body != fork_->content)
      return broken(fmt::format("a fork has {}, and should have {}", answer.body, fork_->content));
    fork_->step = Fork::kDelete;
  });
}

// ---- the log

void Producer::check(const store::Tables& tables) {
  const auto events = read_log(tables, std::string(kWorkspace));
  if (!events) return world_.violated(kReads, events.error().message);
  const std::string mark = fmt::format("{}.{}.", stream_, life_);
  std::string stored;
  for (const log::Event& event : *events) {
    if (event.object != stream_ || event.dropped_payload) continue;
    const auto change = streams::decode_change(event.intent);
    if (!change) continue;
    const std::string_view content = as_text(streams::content_of(*change));
    if (content.starts_with(mark)) stored += content;
  }
  if (is_there() && !(open_ ? fits(stored) : stored == acked_))
    broken(fmt::format("the log has {} of this life, and {} was acknowledged", stored, acked_));
}

}  // namespace syncline::sim
