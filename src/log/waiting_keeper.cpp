#include "log/waiting_keeper.h"

#include <algorithm>
#include <utility>

namespace syncline::log {
namespace {

constexpr std::size_t kWaitingNamesAtOnce = 256;

}  // namespace

WaitingKeeper::WaitingKeeper(WaitingStore& store, Scheduler& loop, WaitingPace pace, Owns owns)
    : store_(store), loop_(loop), pace_(pace), owns_(std::move(owns)) {
  rest();
}

WaitingKeeper::~WaitingKeeper() {
  loop_.cancel(timer_);
}

template <typename T, typename Next>
Done<T> WaitingKeeper::then(Next next) {
  return [this, alive = std::weak_ptr(alive_), next = std::move(next)](Result<T> answer) mutable {
    if (alive.expired()) return;
    if (answer) return next(std::move(answer));
    ++counters_.failures;
    rest();
  };
}

void WaitingKeeper::rest() {
  timer_ = loop_.after(pace_.interval_ms, [this] { list_workspaces({}); });
}

void WaitingKeeper::list_workspaces(std::string after) {
  const Doing naming(loop_, "waiting changes");
  store_.list_waiting_workspaces(
      std::move(after), kWaitingNamesAtOnce,
      then<std::vector<std::string>>([this](Result<std::vector<std::string>> page) {
        if (page->empty()) return rest();
        last_workspace_ = page->back();
        if (owns_) std::erase_if(*page, [this](const auto& name) { return !owns_(name); });
        std::ranges::reverse(*page);
        workspaces_ = std::move(*page);
        next_workspace();
      }));
}

void WaitingKeeper::next_workspace() {
  if (workspaces_.empty()) return list_workspaces(last_workspace_);
  workspace_ = std::move(workspaces_.back());
  workspaces_.pop_back();
  list_objects({});
}

void WaitingKeeper::list_objects(std::string after) {
  store_.list_waiting_objects(
      workspace_, std::move(after), kWaitingNamesAtOnce,
      then<std::vector<WaitingObject>>([this](Result<std::vector<WaitingObject>> page) {
        last_object_ = page->size() < kWaitingNamesAtOnce ? "" : page->back().object;
        objects_.clear();
        for (WaitingObject& each : *page)
          if (is_old(each.oldest_unix_ms)) objects_.push_back(std::move(each.object));
        std::ranges::reverse(objects_);
        next_object();
      }));
}

void WaitingKeeper::next_object() {
  if (objects_.empty()) return last_object_.empty() ? next_workspace() : list_objects(last_object_);
  object_ = std::move(objects_.back());
  objects_.pop_back();
  list_changes(0);
}

void WaitingKeeper::list_changes(std::uint64_t after) {
  store_.list_waiting(workspace_, object_, after, kWaitingNamesAtOnce,
                      then<WaitingPage>([this](Result<WaitingPage> page) { look_at(*page); }));
}

void WaitingKeeper::look_at(const WaitingPage& page) {
  std::vector<std::uint64_t> old = page.damaged;
  for (const WaitingChange& change : page.changes)
    if (is_old(change.unix_ms)) old.push_back(change.number);
  counters_.expired += old.size();
  store_.remove_waiting(workspace_, object_, std::move(old),
                        then<void>([this, next = page.next](Result<void>) {
                          next == 0 ? next_object() : list_changes(next);
                        }));
}

}  // namespace syncline::log
