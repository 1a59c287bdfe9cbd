#include "limits/rates.h"

#include <gtest/gtest.h>

namespace syncline::limits {
namespace {

constexpr Rate kTenASecond{.per_second = 10, .burst = 20};

TEST(TokenBucket, ABurstComesAtOnceThenTheRateHolds) {
  TokenBucket bucket;
  std::uint64_t taken = 0;
  while (bucket.take(kTenASecond, 1, 0) == 0) ++taken;
  EXPECT_EQ(taken, 20u);
  EXPECT_EQ(bucket.wait_ms(kTenASecond, 0), 100u);
  EXPECT_EQ(bucket.wait_ms(kTenASecond, 60), 40u);
  EXPECT_EQ(bucket.wait_ms(kTenASecond, 100), 0u);
  // Whoever waits as long as it is told does ten in a second.
  std::uint64_t done = 0;
  for (std::uint64_t now = 100; now < 10'100; ++now) {
    if (bucket.wait_ms(kTenASecond, now) > 0) continue;
    bucket.take(kTenASecond, 1, now);
    ++done;
  }
  EXPECT_NEAR(static_cast<double>(done), 100, 1);
}

TEST(TokenBucket, ARestFillsItButNotBeyondItsBurst) {
  TokenBucket bucket;
  bucket.take(kTenASecond, 20, 0);
  std::uint64_t taken = 0;
  while (bucket.take(kTenASecond, 1, 3'600'000) == 0) ++taken;
  EXPECT_EQ(taken, 20u);
}

TEST(TokenBucket, OneLargeThingIsCountedWhole) {
  TokenBucket bucket;
  EXPECT_EQ(bucket.take(kTenASecond, 50, 0), 3000u);
  EXPECT_EQ(bucket.take(kTenASecond, ~std::uint64_t{0}, 0), TokenBucket::kMaxWaitMs);
  EXPECT_EQ(bucket.wait_ms(kTenASecond, TokenBucket::kMaxWaitMs), 0u);
}

TEST(TokenBucket, WithoutARateNothingIsLimited) {
  TokenBucket bucket;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(bucket.take({}, 1'000'000'000, 0), 0u);
  EXPECT_EQ(bucket.wait_ms({}, 0), 0u);
}

// A fast typist with presence, a paste of a large document, and a client that was offline for long.
TEST(Rates, TheDefaultsDisturbNobody) {
  const Rates rates = default_rates();
  Buckets buckets;
  const auto take = [&](Work work, std::uint64_t units, std::uint64_t now) {
    return buckets[static_cast<std::size_t>(work)].take(rates.of_connection(work), units, now);
  };
  for (std::uint64_t now = 0; now < 60'000; now += 10) {  // 100 keys a second
    EXPECT_EQ(take(Work::kMessages, 2, now), 0u);
    EXPECT_EQ(take(Work::kBytes, 400, now), 0u);
    EXPECT_EQ(take(Work::kPresence, telling_units(900), now), 0u);
  }
  EXPECT_EQ(take(Work::kBytes, 64 << 20, 60'000), 0u);
  EXPECT_EQ(take(Work::kMessages, 50'000, 60'000), 0u);
  EXPECT_EQ(take(Work::kJoins, 256, 60'000), 0u);
}

TEST(NetworkRates, CountAllConnectionsOfANetworkTogether) {
  Rates rates;
  rates.of[static_cast<std::size_t>(Work::kMessages)] = kTenASecond;
  rates.set(Work::kConnections, 1);
  rates.network_factor = 3;
  NetworkRates networks(rates);
  const auto here = NetworkRates::key_of("203.0.113.5:1");
  EXPECT_EQ(here, NetworkRates::key_of("203.0.113.5:2"));
  EXPECT_NE(here, NetworkRates::key_of("203.0.113.6:1"));
  EXPECT_EQ(NetworkRates::key_of("[2001:db8::1]:1"), NetworkRates::key_of("[2001:db8::ffff]:7"));
  EXPECT_EQ(networks.take(here, Work::kMessages, 60, 0), 0u);
  EXPECT_GT(networks.take(here, Work::kMessages, 1, 0), 0u);
  EXPECT_EQ(networks.wait_ms(NetworkRates::key_of("203.0.113.6:1"), Work::kMessages, 0), 0u);
  EXPECT_EQ(networks.take(here, Work::kConnections, 10, 0), 0u) << "of networks only: no factor";
  EXPECT_GT(networks.take(here, Work::kConnections, 1, 0), 0u);
  EXPECT_EQ(networks.take(NetworkRates::key_of(""), Work::kMessages, 1000, 0), 0u);
}

TEST(NetworkRates, CountAllConnectionsOfAPrincipalTogether) {
  Rates rates;
  rates.of[static_cast<std::size_t>(Work::kMessages)] = kTenASecond;
  rates.set(Work::kConnections, 1);
  rates.network_factor = 0;
  rates.principal_factor = 3;
  NetworkRates networks(rates);
  const auto ann = NetworkRates::key_of_principal("ann");
  EXPECT_NE(ann, NetworkRates::key_of_principal("bob"));
  EXPECT_EQ(networks.take_of_principal(ann, Work::kMessages, 60, 0), 0u);
  EXPECT_GT(networks.take_of_principal(ann, Work::kMessages, 1, 0), 0u);
  EXPECT_GT(networks.wait_ms_of_principal(ann, Work::kMessages, 0), 0u);
  const auto bob = NetworkRates::key_of_principal("bob");
  EXPECT_EQ(networks.wait_ms_of_principal(bob, Work::kMessages, 0), 0u);
  EXPECT_EQ(networks.take(ann, Work::kMessages, 100, 0), 0u) << "networks have places of their own";
  EXPECT_EQ(networks.take_of_principal(ann, Work::kConnections, 1000, 0), 0u) << "of networks only";
  EXPECT_EQ(networks.take_of_principal(0, Work::kMessages, 1000, 0), 0u) << "not known yet";
}

TEST(Rates, APrincipalMaySendAsManyRequestsAsSomeAddresses) {
  Rates rates;
  rates.set(Work::kRequests, 3);
  EXPECT_EQ(rates.of_principal(Work::kRequests).per_second, 30u) << "ten addresses by default";
  EXPECT_EQ(rates.of_principal(Work::kRequests).burst, 300u);
  rates.principal_factor = 20;
  EXPECT_EQ(rates.of_principal(Work::kRequests).per_second, 2u) << "rounded up";
  EXPECT_EQ(rates.of_principal(Work::kRequests).burst, 12u);
  rates.principal_factor = 0;
  EXPECT_FALSE(rates.of_principal(Work::kRequests).limits());
}

TEST(NetworkRates, TellWhichNetworkDoesMuch) {
  Rates rates;
  rates.set(Work::kRequests, 100);
  NetworkRates networks(rates);
  networks.take(7, Work::kRequests, 20, 0);
  EXPECT_FALSE(networks.uses_much(7, Work::kRequests, 0)) << "a 50th of its burst";
  networks.take(7, Work::kRequests, 1, 0);
  EXPECT_TRUE(networks.uses_much(7, Work::kRequests, 0));
  EXPECT_FALSE(networks.uses_much(8, Work::kRequests, 0));
  EXPECT_FALSE(networks.uses_much(0, Work::kRequests, 0)) << "nothing limits it";
}

// A token that a thousand people share, from as many addresses.
TEST(Rates, TheDefaultsDisturbNobodyWhoSharesAToken) {
  const Rates rates = default_rates();
  NetworkRates networks(rates);
  const auto all = NetworkRates::key_of_principal("token");
  for (std::uint64_t now = 0; now < 20'000; now += 10) {
    EXPECT_EQ(networks.take_of_principal(all, Work::kMessages, 200, now), 0u);
    EXPECT_EQ(networks.take_of_principal(all, Work::kBytes, 40'000, now), 0u);
    EXPECT_EQ(networks.take_of_principal(all, Work::kPresence, 200, now), 0u);
  }
  EXPECT_EQ(networks.take_of_principal(all, Work::kJoins, 20'000, 20'000), 0u) << "all reconnect";
}

// Whoever is active keeps its place, so nobody gets rid of a full bucket with other addresses of
// the same size as the table.
TEST(NetworkRates, TheTableIsBoundedAndForgetsWhoWasQuietLongest) {
  Rates rates;
  rates.set(Work::kMessages, 1);
  rates.network_factor = 1;
  NetworkRates networks(rates, 4);
  networks.take(1, Work::kMessages, 20, 1);
  for (std::uint64_t other = 2; other < 100; ++other) {
    networks.take(other, Work::kMessages, 1, other);
    EXPECT_GT(networks.wait_ms(1, Work::kMessages, other), 0u) << other;
  }
}

}  // namespace
}  // namespace syncline::limits
