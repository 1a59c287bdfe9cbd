// BodySource: the body of a request that is too large for the memory, piece by piece. Nothing more than the piece that
// was asked for is read from the connection, so a client that sends faster than its bytes are stored has to wait.
//
// Thread-safety: any thread. Answers come on the loop of the connection, in a later turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace syncline::http {

struct BodyPiece {
  enum End : std::uint8_t {
    kMore,    // the piece has as many bytes as were asked for
    kEnd,     // the body ends with this piece
    kBroken,  // the client has left, stopped, or broken the rules; the bytes before that are here
  };

  std::string bytes;
  End end = kMore;
};

class BodySource {
 public:
  virtual ~BodySource() = default;

  // Asks for the next `bytes` (at least 1) of the body. There must be no question without an answer. After an answer with
  // another end than kMore, each further one is empty and has the same end.
  virtual void next(std::size_t bytes, std::move_only_function<void(BodyPiece)> done) = 0;

  // The length of the whole body, if the client has said it.
  virtual std::optional<std::uint64_t> length() const = 0;
};

}  // namespace syncline::http
