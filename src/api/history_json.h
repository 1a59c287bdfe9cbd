// The history as JSON, for the HTTP API and the command line.
#pragma once

#include <memory>
#include <string>

#include "base/pieces.h"
#include "state/blame.h"
#include "state/changes.h"

namespace syncline::api {

// An event as in protocol/event_json.h, with what it changed (merge/doc_history.h):
//   {"position":7,…,"changes":[{"path":"content","delta":[{"retain":5},{"insert":"abc"}]}]}
std::string change_to_json(const state::Change& change);

// The texts of an object with their authors, made as they are read. A piece has at least one run, which is as
// long as what one event wrote in a row.
//   [{"path":"content","runs":[{"text":"abc","position":7,"time":"…","principal":"ada","actor":"…"}]}]
std::unique_ptr<Pieces> blame_to_json(std::unique_ptr<state::BlameReader> reader);

}  // namespace syncline::api
