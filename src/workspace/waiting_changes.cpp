#include "workspace/waiting_changes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "merge/facets.h"

namespace syncline::workspace {
namespace {

constexpr std::size_t kObjectsAtOnce = 1000;
constexpr std::size_t kChangesAtOnce = 256;

}  // namespace

WaitingChanges::WaitingChanges(log::WaitingStore& store, std::string workspace)
    : store_(store), workspace_(std::move(workspace)) {}

void WaitingChanges::Entry::answer(const Result<Receipt>& receipt) {
  for (auto& each : std::exchange(done, {})) each(receipt);
}

void WaitingChanges::open(log::Done<void> done) {
  list_after({}, std::move(done));
}

void WaitingChanges::list_after(std::string object, log::Done<void> done) {
  store_.list_waiting_objects(workspace_, std::move(object), kObjectsAtOnce,
                              [this, view = std::weak_ptr(view_), done = std::move(done)](
                                  Result<std::vector<log::WaitingObject>> page) mutable {
                                if (view.expired()) return;
                                if (!page) return done(std::unexpected(std::move(page.error())));
                                for (const log::WaitingObject& each : *page)
                                  stored_.insert(each.object);
                                if (page->size() < kObjectsAtOnce) return done({});
                                list_after(page->back().object, std::move(done));
                              });
}

void WaitingChanges::load(const std::string& object, log::Done<void> done) {
  if (!stored_.contains(object) || loaded_.contains(object)) return done({});
  load_after(object, 0, std::move(done));
}

void WaitingChanges::load_after(const std::string& object, std::uint64_t number,
                                log::Done<void> done) {
  store_.list_waiting(workspace_, object, number, kChangesAtOnce,
                      [this, object, view = std::weak_ptr(view_),
                       done = std::move(done)](Result<log::WaitingPage> page) mutable {
                        if (view.expired()) return;
                        if (!page) return done(std::unexpected(std::move(page.error())));
                        Changes& changes = loaded_[object];
                        for (log::WaitingChange& change : page->changes)
                          changes.try_emplace(change.number, Entry{std::move(change), {}});
                        if (!page->damaged.empty())
                          store_.remove_waiting(workspace_, object, std::move(page->damaged),
                                                [](Result<void>) {});
                        if (page->next == 0) return done({});
                        load_after(object, page->next, std::move(done));
                      });
}

void WaitingChanges::forget(const Error& error) {
  view_ = std::make_shared<const int>();
  stored_.clear();
  for (auto& [object, changes] : std::exchange(loaded_, {})) {
    for (auto& [number, entry] : changes) entry.answer(std::unexpected(error));
  }
}

WaitingChanges::Entry* WaitingChanges::find_same(const std::string& object,
                                                 const log::WaitingChange& change) {
  const auto found = loaded_.find(object);
  if (found == loaded_.end()) return nullptr;
  for (auto& [number, entry] : found->second) {
    if (entry.change.principal == change.principal && entry.change.intent == change.intent)
      return &entry;
  }
  return nullptr;
}

void WaitingChanges::keep(const std::string& object, Entry entry, log::Done<void> kept) {
  if (Entry* same = find_same(object, entry.change)) {
    std::ranges::move(entry.done, std::back_inserter(same->done));
    if (same->done.size() > kMaxSent) same->done.erase(same->done.begin());
    return kept({});
  }
  stored_.insert(object);
  const auto shared = std::make_shared<Entry>(std::move(entry));
  store_.put_waiting(workspace_, object, shared->change, {},
                     [this, object, shared, view = std::weak_ptr(view_),
                      kept = std::move(kept)](Result<log::WaitingKept> put) mutable {
                       if (view.expired()) return;
                       if (!put) {
                         shared->answer(std::unexpected(put.error()));
                         return kept(std::unexpected(std::move(put.error())));
                       }
                       shared->change.number = put->number;
                       loaded_[object].insert_or_assign(put->number, std::move(*shared));
                       kept({});
                     });
}

std::optional<WaitingChanges::Entry> WaitingChanges::take_arrived(const std::string& object,
                                                                  const merge::Object& state,
                                                                  std::uint64_t after) {
  const auto found = loaded_.find(object);
  if (found == loaded_.end()) return std::nullopt;
  for (auto next = found->second.upper_bound(after); next != found->second.end(); ++next) {
    Entry& entry = next->second;
    // A change whose needs cannot be decoded is submitted, too, and then refused.
    if (!merge::arrived(state, entry.change.waits_for).value_or(true)) continue;
    std::optional<Entry> arrived = std::move(entry);
    found->second.erase(next);
    if (found->second.empty()) loaded_.erase(found);
    return arrived;
  }
  return std::nullopt;
}

void WaitingChanges::put_back(const std::string& object, Entry entry) {
  const std::uint64_t number = entry.change.number;
  loaded_[object].insert_or_assign(number, std::move(entry));
}

void WaitingChanges::remove(const std::string& object, std::uint64_t number) {
  store_.remove_waiting(workspace_, object, {number}, [](Result<void>) {});
}

}  // namespace syncline::workspace
