// People: keeps the names of those who change workspaces, beside the logs (identity/person.h). Events hold opaque ids
// only.
//
// Whose name is kept. Somebody with a name that his token says: when he makes his first change. So people who only read
// leave no trace. Somebody without an identity, on a server without tokens or with one that many share: if the client
// names him in its awareness state (`user.name`, as all published clients do). That name is a claim, and is marked as
// not verified wherever it is shown.
//
// Names lag behind: a change is answered before the name of its author is durable. If it cannot be written, the next
// change tries again. Each record is read before it is written, and written only if the name or the day has changed.
//
// Costs. A change of the same author as the one before costs a comparison of two pointers; any other one, a search in a
// table. Each principal costs one read after the start. All tables are bounded: when one is full, it is emptied.
//
// Erasing. erase() of this class only forgets what this loop knows; whoever erases a record calls it on every loop
// first, and changes the record in the store when all have answered. So no write that a loop has begun comes after.
//
// Thread-safety: one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "identity/caller.h"
#include "identity/person.h"
#include "log/directory_store.h"
#include "observe/report.h"

namespace syncline::workspace {

struct PeopleLimits {
  std::size_t people = 4096;  // remembered by this loop
  std::size_t guests = 4096;  // the same
  std::size_t workspace_guests =
      1000;  // records of a workspace; then the oldest one is erased for a new one
  std::size_t guest_workspaces = 16;  // whose lists of guests this loop remembers
};

class People {
 public:
  // All must outlive it. `reports` may be nullptr.
  People(log::DirectoryStore& directory, Scheduler& loop, observe::Sink* reports,
         PeopleLimits limits = {});

  // The caller has made a change. True: he is a guest whose name is wanted now, see name_guest().
  bool wrote(const identity::Caller& caller);
  // He shows presence. True: he is a guest who has made a change, and his name is wanted.
  bool wants_name(const identity::Caller& caller) const;
  // The name that his awareness state gives; "" if it gives none. It is asked for again a second later, or ten if it is
  // known.
  void name_guest(const std::string& workspace, const identity::Caller& caller,
                  std::string_view claimed);

  // Forgets a person. Until the next start, `forgotten` ones are not written again.
  void erase(std::string_view tenant, std::string_view principal, bool forgotten);
  // Forgets which guests a workspace has. Those who are there now are not written again.
  void erase_guests(const std::string& workspace);

  // Records that were written since the start. For tests.
  std::uint64_t written() const { return written_; }

 private:
  struct Known {
    std::string name;       // that is stored, or on its way
    std::uint64_t day = 0;  // the same
    bool loading = false;
    bool forgotten = false;
  };
  struct Guest {
    std::string name;
    std::uint64_t ask_ms = 0;  // when his name is wanted again
  };
  // The guests of a workspace that have records, the oldest first.
  struct Guests {
    bool loading = false;
    std::vector<std::pair<std::uint64_t, std::string>> kept;   // day and id
    std::vector<std::pair<std::string, std::string>> waiting;  // id and name, until they are loaded
  };

  void note_person(const identity::Principal& principal);
  void loaded(const std::string& id, const std::string& name, std::uint64_t day,
              Result<std::optional<Bytes>> stored);
  void load_guests(const std::string& workspace, Guests& guests);
  void keep_guest(Guests& guests, const std::string& id, std::string name);
  void write(std::vector<log::DirectoryChange> changes, std::function<void()> failed);
  // Costs no look at a clock.
  std::uint64_t now_ms() const { return loop_.turn_began_us() / 1000; }
  std::uint64_t today() const { return loop_.unix_ms() / identity::kDayMs; }

  log::DirectoryStore& directory_;
  Scheduler& loop_;
  const observe::Reporter reporter_;
  const PeopleLimits limits_;
  std::unordered_map<std::string, Known> people_;   // by the ids of their records
  std::unordered_map<std::string, Guest> guests_;   // by actor
  std::map<std::string, Guests> guest_lists_;       // by workspace
  std::shared_ptr<const identity::Identity> last_;  // the author before
  std::uint64_t last_until_ms_ = 0;                 // he is not looked at again until then
  std::uint64_t written_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::workspace
