// The part of a plan that is drawn for a siege (sim/siege.h). Sieges are no corners, so that each run has
// only a few kinds of everything.
//
// Pure.
#pragma once

#include <string>

#include "sim/dice.h"
#include "sim/plan.h"

namespace syncline::sim {

// Makes a siege of some plans: hostile clients, a small memory plan, low limits, and workers that
// stand still for a while.
void draw_siege(Plan& plan, Dice dice);

// For people: " …" after the description of a plan; "" if it is no siege.
std::string describe_siege(const Plan& plan);

}  // namespace syncline::sim
