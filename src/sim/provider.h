// Provider: an identity provider whose tokens are real JWTs, signed with keys that it replaces again and again. A server
// fetches its key set over a way that is slow, stalls for seconds, fails, or brings nonsense, sometimes for so long that
// the old keys must not serve any more (identity/key_cache.h).
//
// It knows what every process was told, and so says whether a process may, must or must not let a token in:
//
//   - not with a key that was not in the set that the process was told last, or that it was told too long ago;
//   - with a key of that set, until the token expires;
//   - a key that is not in it is asked for, at most once in the cooldown; and a set that is old is fetched again.
//
// Its worlds have no jumps of clocks, and the offsets of clocks are less than the leeway.
//
// Thread-safety: none. It must outlive the processes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ed25519.h"
#include "identity/authenticator.h"
#include "identity/key_cache.h"
#include "identity/principal.h"
#include "sim/dice.h"
#include "sim/world.h"
#include "syncline/error.h"

namespace syncline::sim {

struct ProviderSettings {
  std::uint64_t rotate_every_us = 0;  // on average
  std::uint64_t outage_every_us = 0;  // the same; how long one lasts is drawn
  std::uint64_t longest_outage_us = 0;
  identity::KeyCache::Times times;  // of servers
};

class Provider {
 public:
  // How long a fetch takes at most.
  static constexpr std::uint64_t kLongestFetchMs = 5'000;

  Provider(World& world, const ProviderSettings& settings);
  ~Provider();

  void start();
  void heal();  // its keys can be fetched again, and stay

  struct Token {
    std::string text;
    std::string kid;
    std::uint64_t refused_from_ms = 0;  // by the clock of a server: its expiry and the leeway
  };
  // Signed now. `rights`: "read" or "write".
  Token issue(std::string_view subject, std::string_view id, std::string_view rights,
              std::uint64_t lifetime_ms) const;

  // The product's judge of JWTs for a process, with its own way to the keys.
  std::unique_ptr<identity::Authenticator> judge();

  // Of the present process, and a token that has not expired. `asked`: the process could ask for keys. The reason why
  // the answer is wrong; "": it is right.
  std::string fault_of(const Token& token, const Result<identity::Principal>& answer, bool asked);

 private:
  class Source;
  class Judge;
  struct SigningKey {
    std::string kid;
    ed25519::Seed seed;
  };
  struct Known {
    std::uint64_t since_ms;
    std::optional<std::uint64_t> gone_ms;  // since when it is not in the last set any more
  };
  // What the present process was told.
  struct Told {
    std::map<std::string, Known, std::less<>> keys;  // by kid
    std::optional<std::uint64_t> at_ms;              // nullopt: it was told none yet
    std::optional<std::uint64_t> asked_ms;           // when it last asked
    std::optional<std::uint64_t>
        stale_ms;  // since when it has judged with an old set and not asked
  };

  std::uint64_t now_ms() const { return world_.now_us() / 1000; }
  void tell();  // the present process gets the key set
  std::string fault_of_entry(const Known* known) const;
  std::string fault_of_refusal(const Known* known, const Error& error, bool asked) const;
  std::string fault_of_age();
  void rotate();
  void rotate_later();
  void fail_later();
  std::string key_set() const;

  World& world_;
  const ProviderSettings settings_;
  Dice dice_;
  std::vector<SigningKey> keys_;  // published; the newest last
  std::uint64_t last_key_ = 0;
  std::uint64_t fails_until_us_ = 0;
  Told told_;
  bool healed_ = false;
};

}  // namespace syncline::sim
