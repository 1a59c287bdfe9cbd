// How people type: a few distributions, taken from recordings, from which a simulated editor draws.
//
// Measured from two recordings of single writers in the public collection josephg/editing-traces
// (CC BY 4.0): automerge-paper, a LaTeX paper, 259,778 keystrokes (Martin Kleppmann and Alastair R.
// Beresford), and seph-blog1, a blog post, 137,993 edits (Joseph Gentle). A run is what was typed,
// or deleted, at one place without moving. For each recording, the values at 10, 25, 50, 75, 90 and
// 99 %:
//
//                        automerge-paper             seph-blog1
//   typed in a run       1  2  9  33  81   233       1 2  7 17  32    75   characters
//   deleted in a run     1  1  2   6  17   259       1 1  1  2   3     6   characters
//   a jump between runs  2 12 46 161 802 25828       3 8 28 99 708 14450   characters
//   pasted at once       none                        3 6 25 63 177   740   characters
//
// 41 % and 37 % of the runs are deletions; 51 % and 59 % begin with a jump; 40 % and 46 % of the
// jumps go back; 0 and 0.5 % of the edits are pastes. In seph-blog1, nine of ten pauses between
// edits are shorter than a second, and one in a hundred is longer than 13 s. The figures below lie
// between the two recordings. Values for which the documents of a simulated run are too short are
// cut off.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "sim/dice.h"

namespace syncline::sim {

// The values at 0, 10, 25, 50, 75, 90, 99 and 100 %. In between, the distribution is uniform on a
// log scale.
using Quantiles = std::array<double, 8>;

struct TypingModel {
  Quantiles typed_in_run = {1, 1, 2, 8, 25, 55, 150, 300};
  Quantiles deleted_in_run = {1, 1, 1, 1.5, 4, 8, 30, 60};
  Quantiles jump = {1, 2.5, 10, 35, 130, 750, 2000, 2000};
  Quantiles pasted = {2, 3, 6, 25, 63, 177, 740, 1000};
  // In multiples of the mean time between edits.
  Quantiles pause = {0.1, 0.2, 0.3, 0.4, 0.6, 1.5, 15, 40};
  double run_is_deletion = 0.39;
  double run_jumps = 0.55;
  double jump_goes_back = 0.43;
  double edit_is_paste = 0.0025;
};

inline double draw(const Quantiles& quantiles, Dice& dice) {
  constexpr std::array<double, 8> kAt = {0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1};
  const double at = dice.unit();
  std::size_t i = 0;
  while (at >= kAt[i + 1]) ++i;
  const double share = (at - kAt[i]) / (kAt[i + 1] - kAt[i]);
  return quantiles[i] * std::pow(quantiles[i + 1] / quantiles[i], share);
}

}  // namespace syncline::sim
