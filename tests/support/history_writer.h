// Makes events as a server does for people who type: real intents with their real effects, in a
// chain.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "log/event.h"
#include "log/test_chain.h"
#include "merge/effect_codec.h"
#include "merge/object.h"
#include "syncline/crdt/doc.h"

namespace syncline::testing {

// A simulated person who types, deletes, and jumps to other places from time to time; and sets a
// key of a map.
class HistoryTypist {
 public:
  explicit HistoryTypist(std::uint32_t seed)
      : doc_({.client_id = 1000 + seed}), text_(doc_.text("content")), dice_(seed) {
    doc_.on_update([this](const crdt::UpdateEvent& event) { last_ = to_bytes(event.update()); });
  }

  Bytes next() {
    const std::uint32_t length = text_.length();
    if (dice_() % 40 == 0) place_ = dice_() % (length + 1);
    place_ = std::min(place_, length);
    if (dice_() % 50 == 0) {
      EXPECT_TRUE(doc_.map("title").set("text", crdt::Any(static_cast<double>(dice_() % 100))));
    } else if (place_ > 0 && dice_() % 6 == 0) {
      EXPECT_TRUE(text_.erase(--place_, 1));
    } else {
      EXPECT_TRUE(text_.insert(place_++, std::string(1, static_cast<char>('a' + dice_() % 26))));
    }
    return last_;
  }

 private:
  crdt::Doc doc_;
  crdt::Text text_;
  Bytes last_;
  std::mt19937 dice_;
  std::uint32_t place_ = 0;
};

// The history of one workspace in which the objects "o0", "o1" … take turns.
class HistoryWriter {
 public:
  explicit HistoryWriter(std::size_t objects) {
    for (std::size_t i = 0; i < objects; ++i)
      all_.push_back({"o" + std::to_string(i),
                      std::make_unique<HistoryTypist>(static_cast<std::uint32_t>(i)),
                      merge::doc_type().create()});
  }

  // Makes the next event, sealed, and stores it in `event`, too.
  log::EncodedEvent next() {
    Written& written = all_[chain_.head().last_position % all_.size()];
    event = {};
    event.principal = "anna";
    event.actor = "0123456789abcdef";
    event.actor_seq = chain_.head().last_position + 1;
    event.object = written.name;
    event.type = "doc";
    event.intent = written.typist->next();
    event.effect = merge::encode_effect(written.object->prepare(event.intent).value().effect);
    auto sealed = chain_.seal(event, 1'700'000'000'000);
    EXPECT_TRUE(sealed);
    EXPECT_TRUE(written.object->apply(event.intent));
    return std::move(sealed.value());
  }

  std::vector<log::EncodedEvent> next(std::size_t count) {
    std::vector<log::EncodedEvent> events;
    for (std::size_t i = 0; i < count; ++i) events.push_back(next());
    return events;
  }

  // A snapshot of the object of the last event.
  Bytes snapshot() const {
    return all_[(chain_.head().last_position - 1) % all_.size()].object->snapshot();
  }

  const log::Head& head() const { return chain_.head(); }

  log::Event event;

 private:
  struct Written {
    std::string name;
    std::unique_ptr<HistoryTypist> typist;
    std::unique_ptr<merge::Object> object;
  };

  TestChain chain_;
  std::vector<Written> all_;
};

}  // namespace syncline::testing
