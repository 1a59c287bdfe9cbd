// The history as JSON, for the HTTP API and the command line.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "api/names.h"
#include "api/streaming.h"
#include "base/pieces.h"
#include "state/blame.h"
#include "state/changes.h"

namespace syncline::api {

// An event as in protocol/event_json.h, with what it changed (merge/doc_history.h):
//   {"position":7,…,"changes":[{"path":"content","delta":[{"retain":5},{"insert":"abc"}]}]}
std::string change_to_json(const state::Change& change, const protocol::ShownName& shown);

// The texts of an object with their authors, made as they are read. A piece has at least one run, which is as
// long as what one event wrote in a row.
//   {"object":"notes/plan","at":9,"position":7,"texts":[
//     {"path":"content","runs":[{"text":"abc","position":7,"time":"…","principal":"ada","actor":"…"}]}]}
// with "name" and "verified" as in protocol/event_json.h. Names are read for each piece, from the worker that makes it.
class BlameSource final : public PieceSource {
 public:
  // `where`: of the worker that makes the first piece.
  BlameSource(const std::string& object, log::Position at,
              std::unique_ptr<state::BlameReader> reader, NamesOf where);

  // `done` may destroy it.
  void next(const state::Workplace* place, log::Done<SharedPiece> done) override;
  // The first piece.
  void begin(log::Done<SharedPiece> done);
  bool at_end() const override { return ended_; }
  bool is_work() const override { return true; }
  std::size_t memory_bytes() const { return reader_->memory_bytes(); }

 private:
  struct Piece;

  void make(const NamesOf& where, std::size_t about, log::Done<SharedPiece> done);
  SharedPiece print(const Piece& piece);
  void add_run(const Piece& piece, std::size_t index, std::string& json);

  const std::unique_ptr<state::BlameReader> reader_;
  const NamesOf first_;
  std::string before_;  // that is not sent yet
  Names names_;
  std::size_t makers_ = 0;  // whose names it has
  bool ended_ = false;
  std::optional<std::size_t> open_ = std::nullopt;  // the text that has begun
};

}  // namespace syncline::api
