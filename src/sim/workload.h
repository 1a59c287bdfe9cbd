// Workload: what people do to a document: the habits that decide the next edit.
//
// Habits follow recordings of real editing (typing_model.h), and what is hardest to merge: everyone
// at the same place, deleting what others write, setting the same keys, undoing. The same workload
// edits in the simulator, in `syncline bench` and in `syncline chaos`.
#pragma once

#include <cstdint>
#include <string>

#include "sim/dice.h"
#include "sim/editable.h"
#include "sim/probes.h"

namespace syncline::sim {

enum class Habit : std::uint8_t { kTyping, kBatches, kFighting, kStructures };

inline constexpr std::uint64_t kHabits = 4;

// The workload of one editor, with its cursor. `document` and `probes` must outlive it.
class Workload {
 public:
  Workload(Editable& document, Probes& probes) : document_(document), probes_(probes) {}

  // Makes one edit and returns a description for people. Every edit is one transaction, so at most
  // one update.
  std::string edit(Dice& dice, Habit habit);

  // The time until the next edit, if the mean is `mean_us`.
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
  // The current run: the number of keystrokes left, all of one kind.
  std::uint32_t run_left_ = 0;
  bool run_deletes_ = false;
};

}  // namespace syncline::sim
