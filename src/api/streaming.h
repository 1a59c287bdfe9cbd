// Answers that may be large: they are made piece by piece, as their reader takes them.
//
// A piece that is work is a job of its own (state/jobs.h), so a slow reader holds no worker, and the pieces
// of one asker are all made by the same worker. A loop only passes pieces on, without a copy. Not more than
// Sending::most_queued and one piece wait in the connection. Nothing further is made when the reader has left.
//
// What an answer holds until its end is charged. An answer that holds much is refused with kUnavailable if its
// asker holds something already and there is no room for both.
//
// Thread-safety: the functions may be called on any thread. A source is used by one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/memory_cell.h"
#include "base/pieces.h"
#include "http/exchange.h"
#include "log/done.h"
#include "state/jobs.h"

namespace syncline::api {

// An answer without its pieces that exist: where the others come from.
class PieceSource {
 public:
  virtual ~PieceSource() = default;

  // Answers with the next piece, which may be empty, on the thread that calls. The source may be destroyed in
  // the answer. An error breaks the answer off, so that its reader notices. `place`: of the job that makes the
  // piece, valid until the answer; nullptr: a loop calls.
  virtual void next(const state::Workplace* place, log::Done<SharedPiece> done) = 0;
  // True when there is no further piece.
  virtual bool at_end() const = 0;
  // False if a loop may call next().
  virtual bool is_work() const = 0;
};

// How an answer is sent.
struct Sending {
  state::Jobs& jobs;
  state::JobOrder order;  // of each piece that is work
  SharedCell memory = nullptr;
  bool head_only = false;  // of a HEAD: pieces are not sent
  std::size_t most_queued = std::size_t{1} << 20;
};

// Sends the head, these pieces, and those of the source. `held`: the memory that the source has.
void stream(http::Responder responder, http::Response head, std::vector<SharedPiece> first,
            std::unique_ptr<PieceSource> source, std::size_t held, Sending sending);

struct Answer {
  http::Response head = {};
  std::unique_ptr<Pieces> body = nullptr;
};

// Makes the first pieces here, about 64 KiB. A short answer is complete then, and sent as a whole.
void send(http::Responder responder, Answer answer, Sending sending);

}  // namespace syncline::api
