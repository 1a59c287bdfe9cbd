#include "workspace/waiting_changes.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "base/mutation.h"

namespace syncline::workspace {
namespace {

constexpr std::size_t kObjectsAtOnce = 1000;
constexpr std::size_t kChangesAtOnce = 256;

// What an entry needs beside its bytes, with its places in the indexes.
constexpr std::size_t kEntryBytes = 1024;

std::size_t memory_of(const WaitingChanges::Entry& entry) {
  return kEntryBytes + entry.change.intent.size() + entry.change.waits_for.size() +
         entry.origin.str().size();
}

// Of the size and both ends: the loop does not read all of a large change for it. Changes with the same hash are
// compared.
std::size_t hash_of(const log::WaitingChange& change) {
  constexpr std::size_t kEnd = 1024;
  const std::string_view intent = as_text(change.intent);
  const std::string_view rest = intent.substr(std::min(kEnd, intent.size()));
  const std::hash<std::string_view> hash;
  return hash(intent.substr(0, kEnd)) ^
         hash(rest.substr(rest.size() - std::min(kEnd, rest.size()))) ^ intent.size() ^
         std::hash<std::string>{}(change.principal);
}

}  // namespace

WaitingChanges::WaitingChanges(log::WaitingStore& store, std::string workspace, SharedCell memory)
    : store_(store), workspace_(std::move(workspace)), memory_(std::move(memory)) {}

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

void WaitingChanges::Entry::came_from(const identity::Caller& caller) {
  rights = caller.rights;
  identity = caller.principal.identity;
  origin = caller.origin;
  protocol = caller.protocol;
  peer = caller.peer;
}

identity::Caller WaitingChanges::Entry::author() const {
  return {.principal = {.id = change.principal, .rights = rights, .identity = identity},
          .rights = rights,
          .actor = change.actor,
          .origin = origin,
          .protocol = protocol,
          .peer = peer};
}

void WaitingChanges::load(const std::string& object, log::Done<void> done) {
  const auto found = objects_.find(object);
  const bool was_open = found != objects_.end() && std::exchange(found->second.open, true);
  if (!stored_.contains(object) || was_open) return done({});
  load_after(object, 0, std::move(done));
}

void WaitingChanges::load_after(const std::string& object, std::uint64_t number,
                                log::Done<void> done) {
  store_.list_waiting(workspace_, object, number, kChangesAtOnce,
                      [this, object, view = std::weak_ptr(view_),
                       done = std::move(done)](Result<log::WaitingPage> page) mutable {
                        if (view.expired()) return;
                        if (!page) return done(std::unexpected(std::move(page.error())));
                        for (log::WaitingChange& change : page->changes) {
                          Object& loaded = objects_[object];
                          if (loaded.held.contains(change.number)) continue;
                          take_share(loaded, change);
                          Entry entry{std::move(change)};
                          entry.author_known = false;
                          entry.charge = MemoryCharge(memory_, memory_of(entry));
                          hold(loaded, std::move(entry));
                        }
                        if (!page->damaged.empty())
                          store_.remove_waiting(workspace_, object, std::move(page->damaged),
                                                [](Result<void>) {});
                        if (page->next == 0) return done({});
                        load_after(object, page->next, std::move(done));
                      });
}

// What is being stored is needed until it is.
void WaitingChanges::unload(const std::string& object) {
  const auto found = objects_.find(object);
  if (found == objects_.end()) return;
  if (found->second.storing.empty()) {
    objects_.erase(found);
    return;
  }
  Object rest;
  rest.storing = std::move(found->second.storing);
  rest.open = false;
  for (auto& [hash, storing] : rest.storing) storing->counted = false;
  found->second = std::move(rest);
}

void WaitingChanges::forget(const Error& error) {
  view_ = std::make_shared<const int>();
  stored_.clear();
  for (auto& [object, loaded] : std::exchange(objects_, {})) {
    for (auto& [number, held] : loaded.held) held.entry.answer(std::unexpected(error));
    for (auto& [hash, storing] : loaded.storing) storing->entry.answer(std::unexpected(error));
  }
}

// ---- keeping

// True if the same change waits already, or is being stored.
bool WaitingChanges::join_same(Object& object, std::size_t hash, Entry& entry,
                               log::Done<void>& kept) {
  const auto join = [&entry](Entry& same) {
    if (same.change.principal != entry.change.principal ||
        same.change.intent != entry.change.intent)
      return false;
    same.author_known = true;
    same.came_from(entry.author());
    std::ranges::move(entry.done, std::back_inserter(same.done));
    if (same.done.size() > kMaxSent) same.done.erase(same.done.begin());
    return true;
  };
  const auto [held, held_end] = object.contents.equal_range(hash);
  for (auto each = held; each != held_end; ++each) {
    if (!join(object.held.at(each->second).entry)) continue;
    kept({});
    return true;
  }
  const auto [storing, storing_end] = object.storing.equal_range(hash);
  for (auto each = storing; each != storing_end; ++each) {
    if (!join(each->second->entry)) continue;
    each->second->kept.push_back(std::move(kept));
    return true;
  }
  return false;
}

void WaitingChanges::keep(const std::string& object, Entry entry, log::Done<void> kept) {
  Object& here = objects_[object];
  const std::size_t hash = hash_of(entry.change);
  if (join_same(here, hash, entry, kept)) return;
  const auto refuse = [&](ErrorCode code, const char* why) {
    const Error error{code, why};
    entry.answer(std::unexpected(error));
    kept(std::unexpected(error));
  };
  if (here.aside || !entry.charge.has_room(memory_of(entry)))
    return refuse(ErrorCode::kUnavailable,
                  "too many changes wait for others on this server; send it again later");
  if (!take_share(here, entry.change))
    return refuse(ErrorCode::kTooLarge, "too many of your changes wait for others in this object");
  entry.charge.set(memory_of(entry));
  stored_.insert(object);
  const auto storing = std::make_shared<Storing>(std::move(entry));
  storing->kept.push_back(std::move(kept));
  here.storing.emplace(hash, storing);
  store_.put_waiting(workspace_, object, storing->entry.change, {},
                     [this, object, hash, storing,
                      view = std::weak_ptr(view_)](Result<log::WaitingKept> put) mutable {
                       if (!view.expired()) stored(object, hash, storing, std::move(put));
                     });
}

void WaitingChanges::stored(const std::string& object, std::size_t hash,
                            const std::shared_ptr<Storing>& storing, Result<log::WaitingKept> put) {
  Object& here = objects_.at(object);
  const auto [first, last] = here.storing.equal_range(hash);
  here.storing.erase(std::find_if(first, last, [&](auto& each) { return each.second == storing; }));
  Result<void> done;
  if (!put) {
    done = std::unexpected(put.error());
    if (storing->counted) return_share(here, storing->entry.change);
    storing->entry.answer(std::unexpected(put.error()));
  } else if (here.open && !here.held.contains(put->number)) {
    storing->entry.change.number = put->number;
    if (!storing->counted) take_share(here, storing->entry.change);
    hold(here, std::move(storing->entry));
  }
  if (!here.open && here.storing.empty()) objects_.erase(object);
  for (auto& kept : std::exchange(storing->kept, {})) kept(done);
}

// False: the author has too much there.
bool WaitingChanges::take_share(Object& object, const log::WaitingChange& change) {
  Share& share = object.shares[{change.principal, change.actor}];
  const std::size_t bytes = change.intent.size() + change.waits_for.size();
  const bool fits = share.changes < kAuthorChanges && share.bytes + bytes <= kAuthorBytes;
  if (!fits && change.number == 0 && !is_mutated(Mutation::unlimited_waiting)) return false;
  ++share.changes;
  share.bytes += bytes;
  return true;
}

void WaitingChanges::return_share(Object& object, const log::WaitingChange& change) {
  const auto share = object.shares.find({change.principal, change.actor});
  if (share == object.shares.end()) return;
  share->second.bytes -= change.intent.size() + change.waits_for.size();
  if (--share->second.changes == 0) object.shares.erase(share);
}

void WaitingChanges::hold(Object& object, Entry entry) {
  const Number number = entry.change.number;
  object.contents.emplace(hash_of(entry.change), number);
  object.bytes += entry.charge.bytes();
  object.to_look_at.insert(number);
  object.held.insert_or_assign(number, Held{std::move(entry)});
}

WaitingChanges::Entry WaitingChanges::release(Object& object,
                                              std::map<Number, Held>::iterator held) {
  const Number number = held->first;
  unindex(object, number, held->second);
  object.to_look_at.erase(number);
  const auto [first, last] = object.contents.equal_range(hash_of(held->second.entry.change));
  object.contents.erase(
      std::find_if(first, last, [&](auto& each) { return each.second == number; }));
  Entry entry = std::move(held->second.entry);
  object.held.erase(held);
  object.bytes -= entry.charge.bytes();
  return_share(object, entry.change);
  return entry;
}

void WaitingChanges::unindex(Object& object, Number number, Held& held) {
  if (!held.need) return;
  const auto source = object.needs.find(held.need->source);
  const auto [first, last] = source->second.equal_range(held.need->reach);
  source->second.erase(
      std::find_if(first, last, [&](auto& each) { return each.second == number; }));
  if (source->second.empty()) object.needs.erase(source);
  held.need.reset();
}

// ---- arriving

void WaitingChanges::arrived(const std::string& object, std::uint64_t source, std::uint64_t reach) {
  const auto found = objects_.find(object);
  if (found == objects_.end()) return;
  Object& here = found->second;
  const auto waiting = here.needs.find(source);
  if (waiting == here.needs.end()) return;
  const auto end = waiting->second.upper_bound(reach);
  for (auto each = waiting->second.begin(); each != end; ++each) {
    here.held.at(each->second).need.reset();
    here.to_look_at.insert(each->second);
  }
  waiting->second.erase(waiting->second.begin(), end);
  if (waiting->second.empty()) here.needs.erase(waiting);
}

bool WaitingChanges::any_loaded(const std::string& object) const {
  const auto found = objects_.find(object);
  return found != objects_.end() && !found->second.held.empty();
}

bool WaitingChanges::any_to_look_at(const std::string& object) const {
  const auto found = objects_.find(object);
  return found != objects_.end() && !found->second.to_look_at.empty();
}

std::optional<WaitingChanges::Entry> WaitingChanges::take_arrived(const std::string& object,
                                                                  const merge::Object& state,
                                                                  std::size_t& looks) {
  const auto found = objects_.find(object);
  if (found == objects_.end()) return std::nullopt;
  Object& here = found->second;
  for (; looks > 0 && !here.to_look_at.empty(); --looks) {
    ++looks_;
    const Number number = here.to_look_at.extract(here.to_look_at.begin()).value();
    const auto held = here.held.find(number);
    auto need = merge::next_need(state, held->second.entry.change.waits_for, held->second.cursor);
    // A change whose needs cannot be decoded is submitted, too, and then refused.
    if (!need || !*need) return release(here, held);
    held->second.need = **need;
    here.needs[(*need)->source].emplace((*need)->reach, number);
  }
  return std::nullopt;
}

void WaitingChanges::put_back(const std::string& object, Entry entry) {
  Object& here = objects_[object];
  take_share(here, entry.change);
  entry.charge.set(memory_of(entry));
  hold(here, std::move(entry));
}

// ---- while memory is short

std::uint64_t WaitingChanges::memory_bytes(const std::string& object) const {
  const auto found = objects_.find(object);
  return found == objects_.end() ? 0 : found->second.bytes;
}

bool WaitingChanges::set_aside(const std::string& object, const Error& error) {
  const auto found = objects_.find(object);
  if (found == objects_.end() || found->second.held.empty()) return false;
  Object& here = found->second;
  std::vector<Entry> dropped;
  while (!here.held.empty()) dropped.push_back(release(here, here.held.begin()));
  here.aside = true;
  for (Entry& entry : dropped) entry.answer(std::unexpected(error));
  return true;
}

bool WaitingChanges::is_aside(const std::string& object) const {
  const auto found = objects_.find(object);
  return found != objects_.end() && found->second.aside;
}

void WaitingChanges::take_back(const std::string& object, log::Done<void> done) {
  const auto found = objects_.find(object);
  if (found == objects_.end() || !std::exchange(found->second.aside, false)) return done({});
  load_after(object, 0, std::move(done));
}

void WaitingChanges::drop(const std::string& object, const Error& error) {
  const auto found = objects_.find(object);
  if (found == objects_.end() || found->second.held.empty()) return;
  std::vector<std::uint64_t> numbers;
  std::vector<Entry> dropped;
  while (!found->second.held.empty()) {
    numbers.push_back(found->second.held.begin()->first);
    dropped.push_back(release(found->second, found->second.held.begin()));
  }
  store_.remove_waiting(workspace_, object, std::move(numbers), [](Result<void>) {});
  for (Entry& entry : dropped) entry.answer(std::unexpected(error));
}

void WaitingChanges::remove(const std::string& object, std::uint64_t number) {
  store_.remove_waiting(workspace_, object, {number}, [](Result<void>) {});
}

}  // namespace syncline::workspace
