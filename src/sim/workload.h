// What people do to a document: the habits that decide the next edit.
//
// Habits follow what recordings of real editing look like (typing_model.h) and what hurts merging most (everyone at the same place, deleting what
// others write, setting the same keys, undoing). The same workload edits in the simulator, in
// `syncline bench` and in `syncline chaos`.
#pragma once

#include <cstdint>
#include <string>

#include "sim/dice.h"
#include "sim/editable.h"
#include "sim/probes.h"

namespace syncline::sim {

enum class Habit : std::uint8_t { kTyping, kBatches, kFighting, kStructures };

inline constexpr std::uint64_t kHabits = 4;

// One editor's, with its cursor. `document` and `probes` outlive it.
class Workload {
 public:
  Workload(Editable& document, Probes& probes) : document_(document), probes_(probes) {}

  // One edit; what it was, for people. Every edit is a transaction, and so at most one update.
  std::string edit(Dice& dice, Habit habit);

  // Until the next one, if there is one every `mean_us` on average.
  static std::uint64_t pause_us(Dice& dice, Habit habit, double mean_us);

 private:
  void begin_run(Dice& dice);
  std::string type(Dice& dice);
  std::string batch(Dice& dice);
  std::string fight(Dice& dice);
  std::string structure(Dice& dice);
  std::string undo(Dice& dice);
  std::string format(Dice& dice);
  std::uint32_t cursor();

  Editable& document_;
  Probes& probes_;
  std::uint32_t cursor_ = 0;
  // The run under way: so many more keystrokes, all of a kind.
  std::uint32_t run_left_ = 0;
  bool run_deletes_ = false;
};

}  // namespace syncline::sim
