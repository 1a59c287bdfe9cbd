#include "backend/net/resolve.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <thread>

namespace syncline::backend {
namespace {

using Clock = std::chrono::steady_clock;

const auto kNeverGiveUp = [] { return false; };

TEST(Resolve, FindsAddresses) {
  const auto found = resolve("127.0.0.1", "4400", kNeverGiveUp);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ((*found)->ai_family, AF_INET);
  EXPECT_EQ(ntohs(reinterpret_cast<const sockaddr_in*>((*found)->ai_addr)->sin_port), 4400);
  const auto none =
      resolve("no.such.host.invalid", "80", kNeverGiveUp, [](auto...) { return EAI_NONAME; });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(none.error().message.find("no.such.host.invalid"), std::string::npos);
}

// A name server that is silent holds up nobody, not even if many ask it.
TEST(Resolve, GivesUpWhenTheTimeIsUp) {
  const auto answer = std::make_shared<std::latch>(1);
  const Resolver silent = [answer](auto...) {
    answer->wait();
    return EAI_AGAIN;
  };
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < kMostResolving; ++i) {
    const auto late = resolve(
        "silent.example", "80", [] { return true; }, silent);
    ASSERT_FALSE(late);
    EXPECT_NE(late.error().message.find("did not answer in time"), std::string::npos);
  }
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(20));
  const auto refused = resolve("silent.example", "80", kNeverGiveUp, silent);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("does not answer"), std::string::npos);
  answer->count_down();
  for (int tries = 0; tries < 1000; ++tries) {
    if (resolve("127.0.0.1", "80", kNeverGiveUp)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL() << "the places are not given back";
}

}  // namespace
}  // namespace syncline::backend
