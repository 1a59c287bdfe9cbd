// Locksmith: who has a key. In some worlds, an operator makes API keys, which expire or are revoked; he and their holders
// mint tickets; and a provider (sim/provider.h) signs JWTs, with keys that rotate. Holders (sim/holder.h) come with these,
// also after they have ended, and to objects that they are not for. The server crashes meanwhile.
//
//   I24 credentials  the locksmith keeps a book of what he made, and knows at each moment who should be let in:
//     - a key from its first answer on, also after a crash, until it expires or is revoked; then never again
//     - a ticket until it ends, or the key that minted it is revoked; it allows no more than its minter had
//     - a JWT until it expires, as long as its key is one of its provider's
//     - each opens only what it names: over both protocols, over HTTP, and for tickets
//     - with what was revoked or has expired 10 s ago, nothing is open in a process that has run for so long
//     - no event is by a holder who may not write there
//
// It sees each decision at the server's door (Server::watch_door), and asks the API itself. Times are those of the
// server's clock, which does not jump in these worlds.
//
// Thread-safety: none. It must outlive the server's processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "identity/access.h"
#include "identity/authenticator.h"
#include "sim/api_user.h"
#include "sim/network.h"
#include "sim/provider.h"
#include "sim/runs_since.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Holder;

struct LocksmithSettings {
  bool on = false;
  std::uint64_t act_every_us = 0;  // on average
  ProviderSettings provider = {};
};

struct Credential {
  enum class Kind : std::uint8_t { kKey, kTicket, kJwt };

  Kind kind = Kind::kKey;
  std::string text;  // what its holder presents
  std::string id;    // identity::Identity::token
  std::string principal;
  bool may_write = false;
  std::string object = {};  // of Locksmith::kWorkspace; "": all of it
  bool everything = false;  // it opens all workspaces
  // By the clock of the server, in milliseconds since 1970. It is good before the first, and not from the second on;
  // what is between depends on when the server took the request.
  std::uint64_t good_until_ms = ~std::uint64_t{0};
  std::uint64_t bad_from_ms = ~std::uint64_t{0};
  std::string minter = {};       // of a ticket: the text of the key
  Provider::Token token = {};    // of a JWT
  bool doubtful = false;         // perhaps revoked, perhaps not stored
  std::uint64_t revoked_us = 0;  // when the server had confirmed that; 0: it has not

  bool reaches(std::string_view workspace, std::string_view wanted) const;
};

class Locksmith {
 public:
  static constexpr std::string_view kWorkspace = "vault";
  static constexpr std::size_t kHolders = 6;
  static constexpr std::uint64_t kLongestTicketS = 40;

  // `first`: the number of the first holder's path through the network.
  Locksmith(World& world, Network& network, Server& server, const LocksmithSettings& settings,
            std::size_t first);
  ~Locksmith();

  void start();
  void stop();
  // An older copy of the disk was brought back: it may lack keys, and revocations.
  void rolled_back();
  // What the present process has open. Called every second.
  void look();
  // When all is quiet: nobody wrote who may not.
  void check(const store::Tables& tables) const;

  static constexpr std::string_view kObjects[] = {"a", "b", "c"};
  static std::string mark_of(std::string_view object);
  // Another object whose mark is in these bytes; "": none is.
  static std::string_view foreign_mark(std::string_view bytes, std::string_view object);

  // A credential for a holder of this object, most often one that is good for it. nullptr: there is none yet.
  const Credential* draw(Dice& dice, std::string_view object);

 private:
  enum class Should : std::uint8_t { kIn, kOut, kEither };

  void act_later();
  void act();
  void make_key();
  void revoke_key();
  void mint_ticket();
  void ask();
  void issue_jwt();
  void keep(Credential credential);
  Should should(const Credential& credential, std::uint64_t now_ms) const;
  // One of the last `newest` for which `fits` is true. nullptr: there is none.
  Credential* draw_where(Dice& dice, std::size_t newest,
                         const std::function<bool(const Credential&)>& fits);
  void judged(const identity::Credential& asked, const Scheduler& loop,
              const Result<identity::Principal>& answer);
  std::string fault_of(const Credential& credential, const identity::Credential& asked,
                       std::uint64_t now_ms, const Result<identity::Principal>& answer);
  void check_answer(const Credential& credential, std::string_view target, bool reaches,
                    std::string_view object, const ApiUser::Answer& answer) const;
  std::string writes_without_right(std::string_view principal, std::string_view object) const;
  void check_open(const identity::Principal& principal, const std::string& where,
                  std::uint64_t now_ms);
  // Runs when the server takes a request: notes its clock there.
  Task note_clock(std::shared_ptr<std::uint64_t> taken_ms);
  std::uint64_t clock_ms() const;
  void broken(const Credential& credential, std::string_view what) const;

  World& world_;
  Server& server_;
  const LocksmithSettings settings_;
  ApiUser operator_;
  Dice dice_;
  Provider provider_;
  std::map<std::string, Credential, std::less<>> book_;  // by text
  std::vector<Credential*> order_;                       // the newest last
  std::map<std::string, const Credential*, std::less<>> by_id_;
  std::uint64_t last_number_ = 0;
  std::vector<std::unique_ptr<Holder>> holders_;
  RunsSince runs_since_;
  bool stopped_ = false;
};

}  // namespace syncline::sim
