#include "sim/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/typing_model.h"
#include "syncline/crdt/any.h"

namespace syncline::sim {
namespace {

using crdt::Any;

// All words are in the basic plane. An edit inside a surrogate pair breaks it on the replica that
// makes it, and not always on others, in Yjs as here; editors do not make such edits.
constexpr std::string_view kWords[] = {"the ", "shared ", "text", ", ", "of\n", "n", "e",
                                       "a",    " ",       "語",   "é",  "t",    "o", "."};

constexpr std::string_view kKeys[] = {"e", "t", "a", "o", " ",  "n",  "i", "s",
                                      "r", ".", ",", "é", "語", "\n", " ", "h"};

constexpr TypingModel kPeople;

std::string some_text(Dice& dice, std::size_t words) {
  std::string text;
  for (; words > 0; --words) text += kWords[dice.below(std::size(kWords))];
  return text;
}

std::string some_key(Dice& dice) {
  return std::string(1, static_cast<char>('a' + dice.below(4)));
}

}  // namespace

std::string Workload::edit(Dice& dice, Habit habit) {
  if (document_.can_undo() && dice.chance(habit == Habit::kFighting ? 0.25 : 0.05))
    return undo(dice);
  switch (habit) {
    case Habit::kTyping: return type(dice);
    case Habit::kBatches: return dice.chance(0.2) ? batch(dice) : type(dice);
    case Habit::kFighting: return fight(dice);
    case Habit::kStructures: break;
  }
  return dice.chance(0.7) ? structure(dice) : format(dice);
}

std::uint32_t Workload::cursor() {
  return cursor_ = std::min(cursor_, document_.text_length());
}

std::uint64_t Workload::pause_us(Dice& dice, Habit habit, double mean_us) {
  const bool types = habit == Habit::kTyping || habit == Habit::kBatches;
  return types ? static_cast<std::uint64_t>(mean_us * draw(kPeople.pause, dice))
               : dice.wait(mean_us);
}

void Workload::begin_run(Dice& dice) {
  const double length = document_.text_length();
  run_deletes_ = length > 0 && dice.chance(kPeople.run_is_deletion);
  run_left_ = static_cast<std::uint32_t>(
      draw(run_deletes_ ? kPeople.deleted_in_run : kPeople.typed_in_run, dice));
  if (!dice.chance(kPeople.run_jumps)) return;
  const double distance = draw(kPeople.jump, dice);
  const double to = cursor() + (dice.chance(kPeople.jump_goes_back) ? -distance : distance);
  cursor_ = static_cast<std::uint32_t>(std::clamp(to, 0.0, length));
}

std::string Workload::type(Dice& dice) {
  if (run_left_ == 0) begin_run(dice);
  --run_left_;
  const std::uint32_t at = cursor();
  if (run_deletes_) {
    if (at == 0) run_left_ = 0;
    if (at == 0) return "deletes nothing at the beginning";
    document_.erase_text(--cursor_, 1);
    return fmt::format("deletes at {}", cursor_);
  }
  std::string text;
  const bool pastes = dice.chance(kPeople.edit_is_paste);
  for (double left = pastes ? draw(kPeople.pasted, dice) : 1; left > 0; --left)
    text += kKeys[dice.below(std::size(kKeys))];
  const std::uint32_t before = document_.text_length();
  document_.insert_text(at, text);
  cursor_ += document_.text_length() - before;
  return fmt::format("{} {} bytes at {}", pastes ? "pastes" : "types", text.size(), at);
}

std::string Workload::batch(Dice& dice) {
  probes_.hit(Probe::large_batch);
  const std::uint64_t count = dice.scale(20, 200);
  document_.transact([&] {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::uint32_t>(dice.below(document_.text_length() + 1));
      if (dice.chance(0.3) && at < document_.text_length()) {
        document_.erase_text(at, 1);
      } else {
        document_.insert_text(at, some_text(dice, 2));
      }
    }
  });
  return fmt::format("makes {} changes in one transaction", count);
}

std::string Workload::fight(Dice& dice) {
  const std::uint32_t length = document_.text_length();
  if (dice.chance(0.3) && length > 4) {
    const auto count = static_cast<std::uint32_t>(1 + dice.below(std::min(length, 40U)));
    document_.erase_text(0, count);
    return fmt::format("deletes the first {}", count);
  }
  if (dice.chance(0.3)) {
    const std::string key = some_key(dice);
    if (dice.chance(0.3)) {
      document_.erase_key(key);
    } else {
      document_.set_key(key, Any(static_cast<double>(dice.below(9))));
    }
    return "sets or deletes key " + key;
  }
  document_.insert_text(0, some_text(dice, 2));
  return "types at the beginning";
}

std::string Workload::structure(Dice& dice) {
  const std::uint32_t at = static_cast<std::uint32_t>(dice.below(document_.list_length() + 1));
  switch (dice.below(6)) {
    case 0: document_.insert_list(at, {Any("item"), Any(1), Any(true)}); return "inserts";
    case 1:
      if (at < document_.list_length()) document_.erase_list(at);
      return "erases from the list";
    case 2: document_.insert_list_map(at, some_key(dice), Any("nested")); return "nests a map";
    case 3: document_.set_key_to_text(some_key(dice)); return "sets a nested text";
    case 4: {
      const auto place = static_cast<std::uint32_t>(dice.below(document_.tree_length() + 1));
      if (place < document_.tree_length() && dice.chance(0.3)) {
        document_.erase_tree(place);
        return "erases an element";
      }
      document_.insert_tree(place);
      return "inserts an element";
    }
    default: document_.set_key(some_key(dice), Any("value")); return "sets a key";
  }
}

std::string Workload::format(Dice& dice) {
  const std::uint32_t length = document_.text_length();
  if (length == 0) return type(dice);
  const auto at = static_cast<std::uint32_t>(dice.below(length));
  const auto count = static_cast<std::uint32_t>(1 + dice.below(length - at));
  const Any value = dice.chance(0.3) ? Any(Any::Null{}) : Any(true);
  document_.format_text(at, count, dice.chance(0.5) ? "bold" : "italic", value);
  return fmt::format("formats {} at {}", count, at);
}

std::string Workload::undo(Dice& dice) {
  if (dice.chance(0.3)) {
    if (document_.redo()) probes_.hit(Probe::redo);
    return "redoes";
  }
  if (document_.undo()) probes_.hit(Probe::undo);
  return "undoes";
}

}  // namespace syncline::sim
