// Rates: what one connection, one network, and one principal may do in a second.
//
// Every connection has a bucket for each kind of work, and its network (an IPv4 address, or the
// first 64 bits of an IPv6 address) has one for all its connections together. Many people may share
// a network, or a proxy in front of the server; so a network may do many times what a connection
// may. What is over a rate is slowed down where that is possible, and only refused where nothing
// can wait: docs/rates.md says how for each kind.
//
// A principal has one for all its connections, too, whatever networks they come from. Many people may share a
// token, and then a principal, so a principal may do many times what a network may, and above that only
// those of its connections are held back that do much (session/meter.h), and only those of its networks that send
// many requests (node/identify.h).
//
// Thread-safety: none; one NetworkRates per loop, so a network or a principal has as many buckets as
// there are loops. The caller passes the time (milliseconds that never go back).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "identity/principal.h"
#include "limits/rate.h"

namespace syncline::limits {

enum class Work : std::uint8_t {
  kMessages,
  kBytes,       // of these messages
  kPresence,    // told to others; one for each begun KiB of an update
  kBroadcasts,  // messages of a client to the others; counted in the same way
  kJoins,       // openings of documents
  kRequests,    // over HTTP; of networks and principals
  kConnections  // accepted; of a network only
};
inline constexpr std::size_t kWorks = 7;
inline constexpr std::size_t kConnectionWorks =
    5;  // the first ones, which a connection has buckets for

struct Rates {
  static constexpr std::uint64_t kBurstSeconds = 10;

  std::array<Rate, kWorks> of = {};
  static constexpr std::uint64_t kNetworkFactor = 50;

  // A network may do so many times what a connection may, except for the kinds that connections do not
  // have. 0: networks have no limits.
  std::uint64_t network_factor = kNetworkFactor;
  // The same for a principal. It may send as many requests as one network for each kNetworkFactor. 0: no limits.
  std::uint64_t principal_factor = 500;

  Rate of_connection(Work work) const { return of[static_cast<std::size_t>(work)]; }
  Rate of_network(Work work) const;
  Rate of_principal(Work work) const;

  // A burst is what comes in kBurstSeconds.
  void set(Work work, std::uint64_t per_second) {
    of[static_cast<std::size_t>(work)] = {per_second, per_second * kBurstSeconds};
  }
};

// Nobody who types, pastes or reconnects comes near these.
Rates default_rates();

// What a presence update or a broadcast of so many bytes takes.
constexpr std::uint64_t telling_units(std::size_t bytes) {
  return 1 + bytes / 1024;
}

using Buckets = std::array<TokenBucket, kWorks>;

// The buckets of networks or of principals, in a table of a fixed size. Each has four possible places; a new
// one takes the place that was used longest ago.
class BucketTable {
 public:
  using Key = std::uint64_t;

  // `places`, a multiple of 4, is the size of the table.
  explicit BucketTable(std::size_t places) : sets_(places / 4) {}

  TokenBucket& bucket(Key key, Work work, std::uint64_t now_ms);

 private:
  struct Place {
    Key key = 0;
    std::uint64_t used_ms = 0;
    Buckets buckets = {};
  };

  std::vector<std::array<Place, 4>> sets_;
};

// The buckets of the networks and of the principals that use a loop.
class NetworkRates {
 public:
  using Key = BucketTable::Key;

  // Whoever has used less than this part of a burst does little, and is not held back for others.
  static constexpr std::uint64_t kLittlePart = 50;

  // `places`, a multiple of 4, is the size of the table of networks.
  explicit NetworkRates(const Rates& rates, std::size_t places = 4096)
      : rates_(rates), networks_(places), principals_(kPrincipals) {}

  const Rates& rates() const { return rates_; }

  // The key of the network of a peer ("203.0.113.5:51234"). 0: nothing limits it; an empty peer
  // has it.
  static Key key_of(std::string_view peer);
  // The key of a principal, by its name within the server; never 0.
  static Key key_of_principal(std::string_view name);
  static Key key_of_principal(const identity::Principal& principal);

  // As TokenBucket, for the network's bucket.
  std::uint64_t take(Key network, Work work, std::uint64_t units, std::uint64_t now_ms);
  std::uint64_t wait_ms(Key network, Work work, std::uint64_t now_ms);
  // True if the network has used more than a kLittlePart of its burst.
  bool uses_much(Key network, Work work, std::uint64_t now_ms);
  // The same as take() and wait_ms() for the principal's. 0: nothing limits it.
  std::uint64_t take_of_principal(Key principal, Work work, std::uint64_t units,
                                  std::uint64_t now_ms);
  std::uint64_t wait_ms_of_principal(Key principal, Work work, std::uint64_t now_ms);

 private:
  static constexpr std::size_t kPrincipals = 1024;  // a place has 72 bytes

  const Rates rates_;
  BucketTable networks_;
  BucketTable principals_;
};

}  // namespace syncline::limits
