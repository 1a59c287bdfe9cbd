// EventChain for tests: its salts are numbers of a sequence, the same in every run.
#pragma once

#include <cstdint>
#include <memory>

#include "base/scheduler.h"
#include "log/event.h"

namespace syncline::testing {

// splitmix64 from a fixed seed. Not for anything that must be unpredictable.
class TestRandom final : public Random {
 public:
  std::uint64_t next() override {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

 private:
  std::uint64_t state_ = 0;
};

// Before the chain that draws from them.
struct TestSalts {
  std::shared_ptr<TestRandom> salts = std::make_shared<TestRandom>();
};

class TestChain : private TestSalts, public log::EventChain {
 public:
  TestChain() : TestChain(log::Head{}) {}
  explicit TestChain(const log::Head& head) : EventChain(head, *salts) {}
};

}  // namespace syncline::testing
