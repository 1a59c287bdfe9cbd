#include "limits/rates.h"

#include <algorithm>
#include <functional>

#include "base/assert.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "identity/network.h"

namespace syncline::limits {

Rate Rates::of_network(Work work) const {
  if (work == Work::kRequests || work == Work::kConnections) return of_connection(work);
  return of_connection(work).times(network_factor);
}

Rate Rates::of_principal(Work work) const {
  if (work == Work::kConnections) return {};
  const Rate all = of_connection(work).times(principal_factor);
  return work == Work::kRequests ? all.part(kNetworkFactor) : all;
}

Rates default_rates() {
  Rates rates;
  rates.set(Work::kMessages, 10'000);
  rates.set(Work::kBytes, std::uint64_t{64} << 20);
  rates.set(Work::kPresence, 400);
  rates.set(Work::kBroadcasts, 200);
  rates.set(Work::kJoins, 100);
  rates.set(Work::kRequests, 2000);
  rates.set(Work::kConnections, 1000);
  return rates;
}

NetworkRates::Key NetworkRates::key_of(std::string_view peer) {
  if (peer.empty()) return 0;
  const Key key = std::hash<std::string>{}(identity::network_of(peer));
  return key == 0 ? 1 : key;
}

NetworkRates::Key NetworkRates::key_of_principal(std::string_view name) {
  const Key key = std::hash<std::string_view>{}(name);
  return key == 0 ? 1 : key;
}

// Principals of different tenants may have the same name.
NetworkRates::Key NetworkRates::key_of_principal(const identity::Principal& principal) {
  return key_of_principal(principal.tenant().empty() ? principal.id
                                                     : qualified(principal.tenant(), principal.id));
}

TokenBucket& BucketTable::bucket(Key key, Work work, std::uint64_t now_ms) {
  SYNCLINE_ASSERT(!sets_.empty());
  auto& set = sets_[key % sets_.size()];
  auto place = std::ranges::find(set, key, &Place::key);
  if (place == set.end()) {
    place = std::ranges::min_element(set, {}, &Place::used_ms);
    *place = {.key = key};
  }
  place->used_ms = now_ms;
  return place->buckets[static_cast<std::size_t>(work)];
}

std::uint64_t NetworkRates::take(Key network, Work work, std::uint64_t units,
                                 std::uint64_t now_ms) {
  const Rate rate = rates_.of_network(work);
  if (network == 0 || !rate.limits()) return 0;
  return networks_.bucket(network, work, now_ms).take(rate, units, now_ms);
}

std::uint64_t NetworkRates::wait_ms(Key network, Work work, std::uint64_t now_ms) {
  const Rate rate = rates_.of_network(work);
  if (network == 0 || !rate.limits()) return 0;
  return networks_.bucket(network, work, now_ms).wait_ms(rate, now_ms);
}

bool NetworkRates::uses_much(Key network, Work work, std::uint64_t now_ms) {
  const Rate rate = rates_.of_network(work);
  if (network == 0 || !rate.limits()) return false;
  return networks_.bucket(network, work, now_ms).used(rate, now_ms) > rate.burst / kLittlePart;
}

std::uint64_t NetworkRates::take_of_principal(Key principal, Work work, std::uint64_t units,
                                              std::uint64_t now_ms) {
  const Rate rate = rates_.of_principal(work);
  if (principal == 0 || !rate.limits() || is_mutated(Mutation::forget_principal)) return 0;
  return principals_.bucket(principal, work, now_ms).take(rate, units, now_ms);
}

std::uint64_t NetworkRates::wait_ms_of_principal(Key principal, Work work, std::uint64_t now_ms) {
  const Rate rate = rates_.of_principal(work);
  if (principal == 0 || !rate.limits()) return 0;
  return principals_.bucket(principal, work, now_ms).wait_ms(rate, now_ms);
}

}  // namespace syncline::limits
