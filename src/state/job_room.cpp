#include "state/job_room.h"

#include <fmt/format.h>

#include <optional>

namespace syncline::state {
namespace {

// The memory of other workers and of the process is looked at so often.
constexpr std::uint64_t kLookMs = 20;

Error not_now() {
  return {ErrorCode::kUnavailable, "the server is short of memory; come back later"};
}

Error never(std::uint64_t bytes) {
  return {ErrorCode::kTooLarge,
          fmt::format("this needs about {} MiB of memory, more than the server may use for it "
                      "(--memory-mib)",
                      bytes >> 20)};
}

}  // namespace

JobRoom::JobRoom(const ReplaySources& sources, Scheduler& loop, const JobOrder& order,
                 std::shared_ptr<RoomLine> line, std::shared_ptr<AnswerRoom> room, SharedCell own)
    : own_(std::move(own)),
      reads_(sources.events, *this),
      sources_(sources, own_ == nullptr ? sources.events : reads_),
      place_{loop, sources_},
      kind_(order.kind),
      abandoned_(order.abandoned),
      line_(std::move(line)),
      room_(std::move(room)) {
  sources_.room = this;
}

JobRoom::~JobRoom() {
  if (privileged_) room_->give_back_privilege();
}

AnswerRoom::Verdict JobRoom::ask(std::uint64_t bytes) {
  if (kind_ == JobOrder::kUrgent || room_ == nullptr || own_ == nullptr)
    return AnswerRoom::Verdict::kTake;
  return room_->ask(*own_, bytes, privileged_);
}

void JobRoom::want(std::uint64_t bytes, Granted then) {
  switch (ask(bytes)) {
    case AnswerRoom::Verdict::kTake: return then(MemoryCharge(own_, bytes));
    case AnswerRoom::Verdict::kFull: return then(std::unexpected(not_now()));
    case AnswerRoom::Verdict::kNever: return then(std::unexpected(never(bytes)));
    case AnswerRoom::Verdict::kWait: line_->add(shared_from_this(), bytes, std::move(then));
  }
}

void RoomLine::add(std::shared_ptr<JobRoom> job, std::uint64_t bytes, JobRoom::Granted then) {
  if (ended_) return;
  const JobOrder::Kind kind = job->kind_;
  waits_.push_back({std::move(job), bytes, std::move(then), loop_.monotonic_ms()});
  look_later();
  rests_(kind, true);
}

void RoomLine::end() {
  if (std::exchange(ended_, true)) return;  // the loop may be gone
  loop_.cancel(std::exchange(timer_, 0));
  // What is destroyed may come here.
  const auto dropped = std::exchange(waits_, {});
}

void RoomLine::look_later() {
  if (timer_ == 0 && !waits_.empty()) timer_ = loop_.after(kLookMs, [this] { look(); });
}

// nullopt: it still waits.
std::optional<Result<void>> RoomLine::decide(Wait& wait, std::uint64_t now_ms) {
  if (!wait.job->is_wanted()) return std::unexpected(not_now());
  const AnswerRoom::Verdict verdict = wait.job->ask(wait.bytes);
  if (verdict == AnswerRoom::Verdict::kTake) return Result<void>();
  if (verdict == AnswerRoom::Verdict::kWait && now_ms < wait.since_ms + kMostWaitMs)
    return std::nullopt;
  return std::unexpected(not_now());
}

// Those that go on may want more, and come to the end of the line.
void RoomLine::look() {
  timer_ = 0;
  const std::uint64_t now_ms = loop_.monotonic_ms();
  for (std::size_t left = waits_.size(); left > 0 && !waits_.empty(); --left) {
    Wait wait = std::move(waits_.front());
    waits_.pop_front();
    auto decided = decide(wait, now_ms);
    if (!decided) {
      waits_.push_back(std::move(wait));
      continue;
    }
    rests_(wait.job->kind_, false);
    if (*decided) {
      wait.then(MemoryCharge(wait.job->own_, wait.bytes));
    } else {
      wait.then(std::unexpected(std::move(decided->error())));
    }
  }
  look_later();
}

}  // namespace syncline::state
