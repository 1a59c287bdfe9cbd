// What undo takes back, what it leaves alone, and what it keeps in memory.
#include <gtest/gtest.h>

#include "syncline/crdt/doc.h"
#include "syncline/crdt/undo_manager.h"

namespace syncline::crdt {
namespace {

constexpr Origin kRemote = 7;

class Undo : public testing::Test {
 protected:
  // Everything of one document into another, as from a peer.
  static void sync(Doc& from, Doc& to) {
    ASSERT_TRUE(to.apply_update(from.encode_state_as_update(to.state_vector()), UpdateVersion::kV1,
                                kRemote));
    ASSERT_TRUE(to.check());
  }

  UndoOptions options() {
    return {.now_ms = [this] { return now_; }};
  }

  std::uint64_t now_ = 1000;
  Doc doc_{{.client_id = 1, .gc = true, .guid = "one"}};
  Doc peer_{{.client_id = 2, .gc = true, .guid = "two"}};
  Text text_ = doc_.text("text");
};

TEST_F(Undo, TakesBackAndBringsBackText) {
  UndoManager undo(doc_, {text_}, options());
  EXPECT_FALSE(undo.undo());
  ASSERT_TRUE(text_.insert(0, "hello"));
  now_ += 1000;
  ASSERT_TRUE(text_.erase(1, 3));
  EXPECT_EQ(undo.undo_steps(), 2u);

  EXPECT_TRUE(undo.undo());
  EXPECT_EQ(text_.to_string(), "hello");
  EXPECT_TRUE(undo.undo());
  EXPECT_EQ(text_.to_string(), "");
  EXPECT_FALSE(undo.can_undo());
  EXPECT_TRUE(undo.redo());
  EXPECT_TRUE(undo.redo());
  EXPECT_EQ(text_.to_string(), "ho");
  EXPECT_FALSE(undo.redo());
}

TEST_F(Undo, LeavesOtherPeoplesTextAlone) {
  UndoManager undo(doc_, {text_}, options());
  ASSERT_TRUE(text_.insert(0, "mine"));
  sync(doc_, peer_);
  ASSERT_TRUE(peer_.text("text").insert(2, "-theirs-"));
  sync(peer_, doc_);
  ASSERT_EQ(text_.to_string(), "mi-theirs-ne");
  EXPECT_EQ(undo.undo_steps(), 1u) << "updates with an origin are not taken down";

  EXPECT_TRUE(undo.undo());
  EXPECT_EQ(text_.to_string(), "-theirs-");
  EXPECT_TRUE(undo.redo());
  EXPECT_EQ(text_.to_string(), "mi-theirs-ne");
  sync(doc_, peer_);
  EXPECT_EQ(peer_.text("text").to_string(), "mi-theirs-ne");
}

TEST_F(Undo, JoinsChangesThatFollowEachOther) {
  UndoManager undo(doc_, {text_}, options());
  ASSERT_TRUE(text_.insert(0, "a"));
  now_ += 499;
  ASSERT_TRUE(text_.insert(1, "b"));
  now_ += 499;
  ASSERT_TRUE(text_.insert(2, "c"));
  EXPECT_EQ(undo.undo_steps(), 1u) << "the time counts from the last change, not from the first";
  now_ += 500;
  ASSERT_TRUE(text_.insert(3, "d"));
  EXPECT_EQ(undo.undo_steps(), 2u);
  undo.stop_capturing();
  ASSERT_TRUE(text_.insert(4, "e"));
  EXPECT_EQ(undo.undo_steps(), 3u);

  undo.undo();
  EXPECT_EQ(text_.to_string(), "abcd");
  undo.undo();
  undo.undo();
  EXPECT_EQ(text_.to_string(), "");
}

TEST_F(Undo, WithoutAClockOnlyStopCapturingEndsAStep) {
  UndoManager undo(doc_, {text_});
  ASSERT_TRUE(text_.insert(0, "a"));
  ASSERT_TRUE(text_.insert(1, "b"));
  undo.stop_capturing();
  ASSERT_TRUE(text_.insert(2, "c"));
  EXPECT_EQ(undo.undo_steps(), 2u);
}

TEST_F(Undo, ANewChangeEndsRedo) {
  UndoManager undo(doc_, {text_}, options());
  ASSERT_TRUE(text_.insert(0, "a"));
  undo.undo();
  ASSERT_TRUE(undo.can_redo());
  ASSERT_TRUE(text_.insert(0, "b"));
  EXPECT_FALSE(undo.can_redo());
  EXPECT_FALSE(undo.redo());
  EXPECT_EQ(text_.to_string(), "b");
}

TEST_F(Undo, MindsItsScope) {
  Map map = doc_.map("map");
  UndoManager undo(doc_, {text_}, options());
  ASSERT_TRUE(map.set("key", 1));
  EXPECT_FALSE(undo.can_undo());
  undo.add_to_scope(map);
  ASSERT_TRUE(map.set("key", 2));
  EXPECT_TRUE(undo.undo());
  EXPECT_EQ(std::get<Any>(*map.get("key")), Any(1));

  UndoManager all(doc_, options());
  ASSERT_TRUE(doc_.array("array").push({"x"}));
  EXPECT_TRUE(all.undo());
  EXPECT_EQ(doc_.array("array").length(), 0u);
  doc_.transact([] {});
  EXPECT_FALSE(all.can_undo()) << "nothing changed";
}

TEST_F(Undo, SeesChangesInsideTheTypesOfItsScope) {
  Array array = doc_.array("array");
  const Result<Type> inner = array.insert_type(0, TypeKind::kText);
  ASSERT_TRUE(inner);
  UndoManager undo(doc_, {array}, options());
  ASSERT_TRUE(as<Text>(*inner).insert(0, "deep"));
  EXPECT_TRUE(undo.undo());
  EXPECT_EQ(as<Text>(*inner).to_string(), "");
}

TEST_F(Undo, BringsATypeBackWithWhatWasInIt) {
  Map map = doc_.map("map");
  const Result<Type> list = map.set_type("list", TypeKind::kArray);
  ASSERT_TRUE(list);
  ASSERT_TRUE(as<Array>(*list).push({1, 2, 3}));
  ASSERT_TRUE(as<Array>(*list).erase(1));
  const Any before = map.to_json();
  UndoManager undo(doc_, {map}, options());
  ASSERT_TRUE(map.erase("list"));
  EXPECT_TRUE(undo.undo());
  EXPECT_EQ(map.to_json(), before);
  EXPECT_TRUE(list->deleted()) << "it is a copy: the old handle stays deleted";
  ASSERT_TRUE(doc_.check());
  sync(doc_, peer_);
  EXPECT_EQ(peer_.map("map").to_json(), before);
}

TEST_F(Undo, DoesNotOverwriteMapEntriesOfOthersUnlessTold) {
  for (const bool overwrite : {false, true}) {
    Doc doc({.client_id = 1, .gc = true, .guid = "mine"});
    Doc peer({.client_id = 2, .gc = true, .guid = "theirs"});
    Map map = doc.map("map");
    ASSERT_TRUE(map.set("key", "old"));
    UndoOptions with = options();
    with.ignore_remote_map_changes = overwrite;
    UndoManager undo(doc, {map}, with);
    ASSERT_TRUE(map.set("key", "mine"));
    sync(doc, peer);
    ASSERT_TRUE(peer.map("map").set("key", "theirs"));
    sync(peer, doc);
    EXPECT_EQ(undo.undo(), overwrite) << "a step without effect is no step";
    EXPECT_EQ(std::get<Any>(*map.get("key")), Any(overwrite ? "old" : "theirs"));
  }
}

TEST_F(Undo, TracksOriginsAndAsksTheFilters) {
  UndoOptions with = options();
  with.tracked_origins = {5};
  with.capture_transaction = [](const UndoCandidate& candidate) {
    EXPECT_TRUE(candidate.local);
    return candidate.changed.front().kind() == TypeKind::kText;
  };
  with.delete_filter = [&](const UndoDeletion& deletion) {
    EXPECT_EQ(deletion.parent, text_);
    EXPECT_FALSE(deletion.key || deletion.type);
    return deletion.length != 4;
  };
  UndoManager undo(doc_, with);
  ASSERT_TRUE(text_.insert(0, "untracked "));
  EXPECT_FALSE(undo.can_undo());
  doc_.transact([&] { ASSERT_TRUE(doc_.map("map").set("key", 1)); }, 5);
  EXPECT_FALSE(undo.can_undo()) << "the filter wants text only";
  doc_.transact([&] { ASSERT_TRUE(text_.insert(0, "1234")); }, 5);
  doc_.transact([&] { ASSERT_TRUE(text_.insert(10, "12345")); }, 5);
  EXPECT_TRUE(undo.undo());
  EXPECT_EQ(text_.to_string(), "1234untracked ");
  undo.untrack(5);
  doc_.transact([&] { ASSERT_TRUE(text_.insert(0, "x")); }, 5);
  EXPECT_FALSE(undo.can_undo());
}

TEST_F(Undo, TellsWhatHappensToItsSteps) {
  UndoManager undo(doc_, {text_}, options());
  std::vector<std::string> log;
  const auto note = [&log](const char* what) {
    return [&log, what](const UndoEvent& event) {
      const char* stack = event.stack == UndoEvent::Stack::kUndo ? "undo" : "redo";
      log.push_back(std::string(what) + ' ' + stack);
      EXPECT_EQ(event.changed.size(), 1u);
    };
  };
  // A cursor goes into the step, and comes back with it.
  undo.on_added([&](const UndoEvent& event) { event.step.meta["cursor"] = 42; });
  Any cursor;
  undo.on_popped([&](const UndoEvent& event) { cursor = event.step.meta["cursor"]; });
  undo.on_added(note("added"));
  undo.on_updated(note("updated"));
  const UndoManager::Token popped = undo.on_popped(note("popped"));
  undo.on_cleared([&](bool undo_stack, bool redo_stack) {
    log.push_back(std::string("cleared ") + (undo_stack ? "u" : "") + (redo_stack ? "r" : ""));
  });
  ASSERT_TRUE(text_.insert(0, "a"));
  ASSERT_TRUE(text_.insert(0, "b"));
  undo.undo();
  EXPECT_EQ(cursor, Any(42));
  ASSERT_TRUE(text_.insert(0, "c"));
  undo.off(popped);
  undo.undo();
  undo.clear();
  const std::vector<std::string> expected = {"added undo",  "updated undo", "added redo",
                                             "popped undo", "cleared r",    "added undo",
                                             "added redo",  "cleared ur"};
  EXPECT_EQ(log, expected);
}

TEST_F(Undo, ObserversMayEditAndUndoWithinUndoIsRefused) {
  UndoManager undo(doc_, {text_}, options());
  Map map = doc_.map("map");
  bool again = true;
  undo.on_popped([&](const UndoEvent&) { again = undo.undo(); });
  text_.observe([&](const TypeEvent&) { ASSERT_TRUE(map.set("seen", 1)); });
  ASSERT_TRUE(text_.insert(0, "a"));
  undo.stop_capturing();
  ASSERT_TRUE(text_.insert(0, "b"));
  EXPECT_TRUE(undo.undo());
  EXPECT_FALSE(again);
  EXPECT_EQ(text_.to_string(), "a");
  EXPECT_TRUE(doc_.check());
}

TEST_F(Undo, TwoManagersDoNotTrackEachOther) {
  UndoManager first(doc_, {text_}, options());
  UndoManager second(doc_, {text_}, options());
  EXPECT_NE(first.origin(), second.origin());
  ASSERT_TRUE(text_.insert(0, "a"));
  EXPECT_TRUE(first.undo());
  EXPECT_FALSE(second.can_redo());
  EXPECT_FALSE(second.undo()) << "what it took down is gone already";
}

TEST_F(Undo, KeepsDeletedContentOnlyAsLongAsAStepNeedsIt) {
  // With gc, an update of the whole document holds deleted text only while undo needs it.
  const auto holds_secret = [&] {
    const Bytes state = doc_.encode_state_as_update();
    return as_text(state).find("secret") != std::string_view::npos;
  };
  const Result<Type> holder = doc_.array("array").insert_type(0, TypeKind::kText);
  ASSERT_TRUE(holder);
  Text text = as<Text>(*holder);
  ASSERT_TRUE(text.insert(0, "the secret word"));
  UndoManager undo(doc_, {text}, options());
  ASSERT_TRUE(text.erase(4, 6));
  EXPECT_TRUE(holds_secret());
  undo.clear();
  doc_.transact([&] { ASSERT_TRUE(doc_.array("array").erase(0)); });
  EXPECT_FALSE(holds_secret());
  EXPECT_TRUE(doc_.check());

  ASSERT_TRUE(text_.insert(0, "a secret"));
  ASSERT_TRUE(text_.erase(0, 8));
  EXPECT_FALSE(holds_secret()) << "out of scope: collected at once";
}

TEST_F(Undo, DeepNestingTakesNoStack) {
  Array array = doc_.array("array");
  UndoManager undo(doc_, {array}, options());
  Result<Type> inner = array.insert_type(0, TypeKind::kArray);
  constexpr int kDepth = 5000;
  for (int i = 1; i < kDepth; ++i) inner = as<Array>(*inner).insert_type(0, TypeKind::kArray);
  ASSERT_TRUE(as<Array>(*inner).push({"bottom"}));
  undo.stop_capturing();
  ASSERT_TRUE(array.erase(0));
  EXPECT_TRUE(undo.undo());
  int depth = 0;
  Array at = array;
  while (std::optional<Value> value = at.get(0)) {
    const Type* type = std::get_if<Type>(&*value);
    if (type == nullptr) break;
    at = as<Array>(*type);
    ++depth;
  }
  EXPECT_EQ(depth, kDepth);
  EXPECT_EQ(at.length(), 1u);
}

}  // namespace
}  // namespace syncline::crdt
