#include "workspace/people.h"

#include <algorithm>
#include <optional>

#include "base/mutation.h"
#include "identity/names.h"

namespace syncline::workspace {
namespace {

constexpr std::uint64_t kAskAgainMs = 1000;     // for a name that is not known
constexpr std::uint64_t kLookAgainMs = 10'000;  // whether it has changed
constexpr std::uint64_t kSameDayMs = 60'000;    // how late a new day may be noticed

}  // namespace

People::People(log::DirectoryStore& directory, Scheduler& loop, observe::Sink* reports,
               PeopleLimits limits)
    : directory_(directory),
      loop_(loop),
      reporter_(reports, observe::Area::kWorkspace),
      limits_(limits) {}

bool People::wrote(const identity::Caller& caller) {
  const identity::Principal& principal = caller.principal;
  if (identity::is_verified(principal)) {
    if (!principal.identity->name.empty()) note_person(principal);
    return false;
  }
  if (caller.actor.empty()) return false;
  const auto guest = guests_.find(caller.actor);
  if (guest != guests_.end()) return guest->second.ask_ms <= now_ms();
  if (guests_.size() >= limits_.guests) guests_.clear();
  guests_.try_emplace(caller.actor);
  return true;
}

bool People::wants_name(const identity::Caller& caller) const {
  const auto guest = guests_.find(caller.actor);
  return guest != guests_.end() && guest->second.ask_ms <= now_ms();
}

// ---- people with an identity

void People::note_person(const identity::Principal& principal) {
  if (principal.identity == last_ && now_ms() < last_until_ms_) return;
  last_ = principal.identity;
  last_until_ms_ = now_ms() + kSameDayMs;
  const std::uint64_t day = today();
  const auto id = identity::person_id(identity::tenant_of(principal), principal.id);
  std::string name = identity::display_name(principal.identity->name);
  if (!id || name.empty()) return;
  if (people_.size() >= limits_.people && !people_.contains(*id)) people_.clear();
  Known& known = people_[*id];
  if (known.loading || known.forgotten || (known.name == name && known.day == day)) return;
  known.loading = true;
  directory_.load_entry(log::DirectoryKind::kPerson, *id,
                        [this, id = *id, name = std::move(name), day,
                         alive = std::weak_ptr(alive_)](Result<std::optional<Bytes>> stored) {
                          if (!alive.expired()) loaded(id, name, day, std::move(stored));
                        });
}

void People::loaded(const std::string& id, const std::string& name, std::uint64_t day,
                    Result<std::optional<Bytes>> stored) {
  const auto found = people_.find(id);
  // Somebody has erased the record meanwhile, or there was no room: the next change tries again.
  if (found == people_.end() || !found->second.loading) return;
  Known& known = found->second;
  known.loading = false;
  if (!stored && stored.error().code != ErrorCode::kCorrupt) {
    last_ = nullptr;
    return;
  }
  // A damaged record may have said that no name is to be kept.
  known.forgotten = !stored;
  if (known.forgotten) return;
  identity::Person person{.name = name, .first_day = day, .last_day = day};
  if (*stored) {
    const auto before = identity::decode_person(**stored);
    known.forgotten = !before;
    if (known.forgotten) return;
    if (before->forgotten && !is_mutated(Mutation::unforget_person)) {
      known.forgotten = true;
      return;
    }
    person.first_day = before->forgotten ? day : std::min(before->first_day, day);
    known.name = name;
    known.day = day;
    if (*before == person) return;
  }
  known.name = name;
  known.day = day;
  write({{log::DirectoryKind::kPerson, id, identity::encode_person(person)}}, [this, id] {
    people_.erase(id);
    last_ = nullptr;
  });
}

void People::erase(std::string_view tenant, std::string_view principal, bool forgotten) {
  last_ = nullptr;
  const auto id = identity::person_id(tenant, principal);
  if (!id) return;
  people_.erase(*id);
  if (forgotten) people_[*id].forgotten = true;
}

// ---- guests

void People::name_guest(const std::string& workspace, const identity::Caller& caller,
                        std::string_view claimed) {
  const auto found = guests_.find(caller.actor);
  if (found == guests_.end()) return;
  Guest& guest = found->second;
  std::string name = identity::display_name(claimed);
  guest.ask_ms = now_ms() + (name.empty() ? kAskAgainMs : kLookAgainMs);
  const auto id = identity::guest_id(workspace, caller.actor);
  if (name.empty() || name == guest.name || !id) return;
  guest.name = name;
  if (guest_lists_.size() >= limits_.guest_workspaces && !guest_lists_.contains(workspace))
    std::erase_if(guest_lists_, [](const auto& each) { return !each.second.loading; });
  const auto [place, is_new] = guest_lists_.try_emplace(workspace);
  Guests& guests = place->second;
  if (is_new) load_guests(workspace, guests);
  if (!guests.loading) return keep_guest(guests, *id, std::move(name));
  if (guests.waiting.size() < limits_.workspace_guests)
    guests.waiting.emplace_back(*id, std::move(name));
}

void People::load_guests(const std::string& workspace, Guests& guests) {
  guests.loading = true;
  directory_.list_entries(
      log::DirectoryKind::kGuest, identity::people_of(workspace), "", limits_.workspace_guests,
      [this, workspace,
       alive = std::weak_ptr(alive_)](Result<std::vector<log::DirectoryEntry>> entries) {
        if (alive.expired()) return;
        const auto found = guest_lists_.find(workspace);
        if (found == guest_lists_.end() || !found->second.loading) return;
        if (!entries) {
          guest_lists_.erase(found);
          return;
        }
        Guests& loaded = found->second;
        loaded.loading = false;
        for (const log::DirectoryEntry& entry : *entries) {
          const auto guest = identity::decode_person(entry.value);
          loaded.kept.emplace_back(guest ? guest->last_day : 0, entry.id);
        }
        std::ranges::stable_sort(loaded.kept, {}, &std::pair<std::uint64_t, std::string>::first);
        for (auto& [id, name] : std::exchange(loaded.waiting, {}))
          keep_guest(loaded, id, std::move(name));
      });
}

void People::keep_guest(Guests& guests, const std::string& id, std::string name) {
  const std::uint64_t day = today();
  std::vector<log::DirectoryChange> changes;
  std::erase_if(guests.kept, [&](const auto& each) { return each.second == id; });
  while (guests.kept.size() >= limits_.workspace_guests) {
    changes.push_back({log::DirectoryKind::kGuest, guests.kept.front().second, std::nullopt});
    guests.kept.erase(guests.kept.begin());
  }
  guests.kept.emplace_back(day, id);
  const identity::Person guest{.name = std::move(name), .first_day = day, .last_day = day};
  changes.push_back({log::DirectoryKind::kGuest, id, identity::encode_person(guest)});
  write(std::move(changes), [this] {
    guest_lists_.clear();
    guests_.clear();
  });
}

void People::erase_guests(const std::string& workspace) {
  guest_lists_.erase(workspace);
}

void People::write(std::vector<log::DirectoryChange> changes, std::function<void()> failed) {
  ++written_;
  directory_.change_directory(
      std::move(changes),
      [this, failed = std::move(failed), alive = std::weak_ptr(alive_)](Result<void> written) {
        if (written || alive.expired()) return;
        reporter_.warn("a name could not be kept", {{"reason", written.error().message}});
        failed();
      });
}

}  // namespace syncline::workspace
