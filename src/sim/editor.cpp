#include "sim/editor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "syncline/crdt/any.h"

namespace syncline::sim {
namespace {

using crdt::Any;

// Nothing outside the basic plane: an edit in the middle of a surrogate pair breaks it on the
// replica where it is made and not always on others, in Yjs as here, and editors make none.
constexpr std::string_view kWords[] = {"the ", "shared ", "text", ", ", "of\n", "n", "e",
                                       "a",    " ",       "語",   "é",  "t",    "o", "."};

std::string some_text(Dice& dice, std::size_t words) {
  std::string text;
  for (; words > 0; --words) text += kWords[dice.below(std::size(kWords))];
  return text;
}

std::string some_key(Dice& dice) {
  return std::string(1, static_cast<char>('a' + dice.below(4)));
}

}  // namespace

Editor::Editor(World& world, crdt::ClientId id, bool undoes, std::function<std::uint64_t()> now_ms)
    : world_(world),
      doc_({.client_id = id}),
      text_(doc_.text("content")),
      map_(doc_.map("meta")),
      list_(doc_.array("list")),
      tree_(doc_.xml_fragment("tree")) {
  if (undoes) {
    crdt::UndoOptions options;
    options.now_ms = std::move(now_ms);
    undo_ = std::make_unique<crdt::UndoManager>(
        doc_, std::vector<crdt::Type>{text_, map_, list_, tree_}, std::move(options));
  }
}

std::string Editor::edit(Dice& dice, Habit habit) {
  if (undo_ && dice.chance(habit == Habit::kFighting ? 0.25 : 0.05)) return undo(dice);
  switch (habit) {
    case Habit::kTyping: return type(dice);
    case Habit::kBatches: return dice.chance(0.2) ? batch(dice) : type(dice);
    case Habit::kFighting: return fight(dice);
    case Habit::kStructures: break;
  }
  return dice.chance(0.7) ? structure(dice) : format(dice);
}

std::uint32_t Editor::cursor() {
  return cursor_ = std::min(cursor_, text_.length());
}

std::string Editor::type(Dice& dice) {
  const std::uint64_t what = dice.below(100);
  if (what < 5) cursor_ = static_cast<std::uint32_t>(dice.below(text_.length() + 1));
  if (what < 20 && cursor() > 0) {
    --cursor_;
    static_cast<void>(text_.erase(cursor_, 1));
    return fmt::format("deletes at {}", cursor_);
  }
  const std::string text = some_text(dice, what > 97 ? 30 : 1);
  const std::uint32_t at = cursor();
  const std::uint32_t before = text_.length();
  static_cast<void>(text_.insert(at, text));
  cursor_ += text_.length() - before;
  return fmt::format("types {} bytes at {}", text.size(), at);
}

std::string Editor::batch(Dice& dice) {
  world_.hit(Probe::large_batch);
  const std::uint64_t count = dice.scale(20, 200);
  doc_.transact([&] {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::uint32_t>(dice.below(text_.length() + 1));
      if (dice.chance(0.3) && at < text_.length()) {
        static_cast<void>(text_.erase(at, 1));
      } else {
        static_cast<void>(text_.insert(at, some_text(dice, 2)));
      }
    }
  });
  return fmt::format("makes {} changes in one transaction", count);
}

std::string Editor::fight(Dice& dice) {
  const std::uint32_t length = text_.length();
  if (dice.chance(0.3) && length > 4) {
    const auto count = static_cast<std::uint32_t>(1 + dice.below(std::min(length, 40U)));
    static_cast<void>(text_.erase(0, count));
    return fmt::format("deletes the first {}", count);
  }
  if (dice.chance(0.3)) {
    const std::string key = some_key(dice);
    static_cast<void>(dice.chance(0.3) ? map_.erase(key)
                                       : map_.set(key, Any(static_cast<double>(dice.below(9)))));
    return "sets or deletes key " + key;
  }
  static_cast<void>(text_.insert(0, some_text(dice, 2)));
  return "types at the beginning";
}

std::string Editor::structure(Dice& dice) {
  const std::uint32_t at = static_cast<std::uint32_t>(dice.below(list_.length() + 1));
  switch (dice.below(6)) {
    case 0: static_cast<void>(list_.insert(at, {Any("item"), Any(1), Any(true)})); return "inserts";
    case 1:
      if (at < list_.length()) static_cast<void>(list_.erase(at));
      return "erases from the list";
    case 2:
      doc_.transact([&] {
        auto inner = list_.insert_type(at, crdt::TypeKind::kMap);
        if (inner)
          static_cast<void>(crdt::as<crdt::Map>(*inner).set(some_key(dice), Any("nested")));
      });
      return "nests a map";
    case 3:
      static_cast<void>(map_.set_type(some_key(dice), crdt::TypeKind::kText));
      return "sets a nested text";
    case 4: {
      const auto place = static_cast<std::uint32_t>(dice.below(tree_.length() + 1));
      if (place < tree_.length() && dice.chance(0.3)) {
        static_cast<void>(tree_.erase(place));
        return "erases an element";
      }
      doc_.transact([&] {
        auto child = tree_.insert(place, crdt::TypeKind::kXmlElement, "p");
        if (child)
          static_cast<void>(crdt::as<crdt::XmlElement>(*child).insert(0, crdt::TypeKind::kXmlText));
      });
      return "inserts an element";
    }
    default: static_cast<void>(map_.set(some_key(dice), Any("value"))); return "sets a key";
  }
}

std::string Editor::format(Dice& dice) {
  const std::uint32_t length = text_.length();
  if (length == 0) return type(dice);
  const auto at = static_cast<std::uint32_t>(dice.below(length));
  const auto count = static_cast<std::uint32_t>(1 + dice.below(length - at));
  const Any value = dice.chance(0.3) ? Any(Any::Null{}) : Any(true);
  static_cast<void>(text_.format(at, count, {{dice.chance(0.5) ? "bold" : "italic", value}}));
  return fmt::format("formats {} at {}", count, at);
}

std::string Editor::undo(Dice& dice) {
  if (dice.chance(0.3)) {
    if (undo_->redo()) world_.hit(Probe::redo);
    return "redoes";
  }
  if (undo_->undo()) world_.hit(Probe::undo);
  return "undoes";
}

}  // namespace syncline::sim
