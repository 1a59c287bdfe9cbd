// Which events one author made in one go, so that people see them as one.
#pragma once

#include "syncline/crdt/any.h"

namespace syncline::cli {

// True if both entries of the API (events, runs of blame) have the same author and client, and at most
// five minutes are between their times. False if either has no time: then nobody knows.
bool same_sitting(const crdt::Any& first, const crdt::Any& then);

}  // namespace syncline::cli
