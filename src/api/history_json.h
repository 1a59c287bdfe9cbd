// The history as JSON, for the HTTP API and the command line.
#pragma once

#include <string>

#include "state/blame.h"
#include "state/changes.h"

namespace syncline::api {

// An event as in protocol/event_json.h, with what it changed (merge/doc_history.h):
//   {"position":7,…,"changes":[{"path":"content","delta":[{"retain":5},{"insert":"abc"}]}]}
std::string change_to_json(const state::Change& change);

// {"path":"content","runs":[{"text":"abc","position":7,"time":"…","principal":"ada","actor":"…"}]}
std::string blamed_to_json(const state::BlamedText& text);

}  // namespace syncline::api
