#include "state/session_replay.h"

#include <gtest/gtest.h>

#include "log/session_record.h"

namespace syncline::state {
namespace {

log::Event event_at(log::Position position, std::string principal, log::Position session) {
  log::Event event;
  event.position = position;
  event.principal = std::move(principal);
  event.session_at = session;
  return event;
}
log::Event record_event(log::Position position, std::string principal) {
  log::Event event = event_at(position, std::move(principal), 0);
  event.kind = log::EventKind::kSession;
  event.intent = log::encode_session({});
  return event;
}

TEST(SessionReplay, EventsNameRecordsOfTheirAuthors) {
  SessionReplay sessions;
  EXPECT_TRUE(sessions.take(event_at(1, "ann", 0)));
  EXPECT_TRUE(sessions.take(record_event(2, "ann")));
  EXPECT_TRUE(sessions.take(event_at(3, "ann", 2)));
  EXPECT_FALSE(sessions.take(event_at(4, "bob", 2))) << "it is that of ann";
  EXPECT_FALSE(sessions.take(event_at(4, "ann", 1))) << "no record";
  EXPECT_FALSE(sessions.take(event_at(4, "ann", 3)));
}

TEST(SessionReplay, RecordsCanBeRead) {
  SessionReplay sessions;
  log::Event damaged = record_event(1, "ann");
  damaged.intent.pop_back();
  EXPECT_FALSE(sessions.take(damaged));
  log::Event dropped = record_event(2, "ann");
  dropped.intent.clear();
  dropped.dropped_payload = Hash256{};
  EXPECT_TRUE(sessions.take(dropped)) << "retention has dropped what it held";
  EXPECT_TRUE(sessions.take(event_at(3, "ann", 2)));
}

}  // namespace
}  // namespace syncline::state
