#include "api/stream_sweep.h"

#include <utility>

#include "api/inner_request.h"
#include "api/stream_handlers.h"
#include "streams/stream.h"

namespace syncline::api {
namespace {

constexpr std::size_t kMostAnswer = 4096;

identity::Caller sweeping_server() {
  return {.rights = identity::Rights::all(), .local = true};
}

}  // namespace

StreamSweep::StreamSweep(Context& context, node::Shard& shard, std::size_t index, SweepPace pace)
    : context_(context), shard_(shard), index_(index), pace_(pace) {
  later(pace_.pause_ms, &StreamSweep::list_workspaces);
}

StreamSweep::~StreamSweep() {
  shard_.scheduler.cancel(timer_);
}

void StreamSweep::later(std::uint64_t ms, void (StreamSweep::*next)()) {
  timer_ = shard_.scheduler.after(ms, [this, next] {
    const Doing naming(shard_.scheduler, "streams");
    timer_ = 0;
    (this->*next)();
  });
}

// Calls `next` with the answer, unless the sweep is gone by then.
template <typename T>
log::Done<T> StreamSweep::then(void (StreamSweep::*next)(Result<T>)) {
  return [this, next, alive = std::weak_ptr(alive_)](Result<T> answer) {
    if (!alive.expired()) (this->*next)(std::move(answer));
  };
}

// ---- where to look

// One that is imported, shut or deleted is passed over.
bool StreamSweep::is_mine(const std::string& workspace) const {
  return context_.shards.placement().owner_of(workspace) == index_ &&
         shard_.host.admit(sweeping_server(), workspace).has_value();
}

void StreamSweep::list_workspaces() {
  if (!std::exchange(more_workspaces_, false)) {
    last_workspace_.clear();
    more_workspaces_ = true;
    return later(pace_.interval_ms, &StreamSweep::list_workspaces);
  }
  shard_.store->catalog().list_workspaces(
      last_workspace_, pace_.page, then<std::vector<std::string>>(&StreamSweep::take_workspaces));
}

void StreamSweep::take_workspaces(Result<std::vector<std::string>> names) {
  if (!names) ++counters_.failures;
  if (names && !names->empty()) {
    more_workspaces_ = names->size() == pace_.page;
    last_workspace_ = names->back();
    for (std::string& name : *names)
      if (is_mine(name)) workspaces_.push_back(std::move(name));
  }
  later(pace_.pause_ms, &StreamSweep::next_workspace);
}

void StreamSweep::next_workspace() {
  if (workspaces_.empty()) return list_workspaces();
  workspace_ = std::move(workspaces_.back());
  workspaces_.pop_back();
  last_object_.clear();
  list_objects();
}

void StreamSweep::list_objects() {
  shard_.store->catalog().list_heads(workspace_, "", last_object_, pace_.page,
                                     then<log::ObjectHeads>(&StreamSweep::take_objects));
}

void StreamSweep::take_objects(Result<log::ObjectHeads> page) {
  if (!page) ++counters_.failures;
  more_objects_ = page && page->more && !page->heads.empty();
  if (page)
    for (const log::ObjectHead& head : page->heads) {
      last_object_ = head.object;
      if (head.last.type == streams::kStreamType) streams_.push_back(head.object);
    }
  later(pace_.pause_ms, &StreamSweep::next_stream);
}

// ---- deleting

// One with a life without end is passed over by what it says, and nothing of it stays in memory.
void StreamSweep::next_stream() {
  if (streams_.empty())
    return later(pace_.pause_ms,
                 more_objects_ ? &StreamSweep::list_objects : &StreamSweep::next_workspace);
  const std::string object = std::move(streams_.back());
  streams_.pop_back();
  state::try_replay(
      shard_.sources, workspace_, object, log::kNow,
      [this, object, alive = std::weak_ptr(alive_)](state::Replayed replayed) {
        if (alive.expired()) return;
        const auto* stream = replayed ? streams::as_stream(*replayed->object) : nullptr;
        const StreamClock clock{.now_ms = shard_.scheduler.unix_ms(),
                                .read_ms = shard_.streams.read_times().last(workspace_, object)};
        if (stream != nullptr && stream->exists() &&
            clock.is_over(stream->config(), stream->written_ms()))
          return remove(object);
        later(1, &StreamSweep::next_stream);
      });
}

void StreamSweep::remove(const std::string& object) {
  http::Request request;
  request.method = "DELETE";
  Path path;
  path.workspace = workspace_;
  path.name = workspace_;
  path.object = object;
  auto answered = [this, alive = std::weak_ptr(alive_)](const InnerAnswer& answer) {
    if (alive.expired()) return;
    if (answer.ok()) ++counters_.deleted;
    // It was deleted, written or begun anew meanwhile, or forks need it.
    const bool failed = !answer.ok() && answer.head.status != 404 && answer.head.status != 409 &&
                        answer.head.status != 410;
    if (failed) ++counters_.failures;
    later(pace_.pause_ms, &StreamSweep::next_stream);
  };
  delete_over_stream({context_, shard_, std::move(request), std::move(path), sweeping_server(),
                      collect_answer(shard_.scheduler, kMostAnswer, std::move(answered))});
}

}  // namespace syncline::api
