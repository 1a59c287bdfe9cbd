#include "api/streaming.h"

#include <utility>

#include "api/support.h"
#include "state/answer_room.h"

namespace syncline::api {
namespace {

constexpr std::size_t kFirstBytes = std::size_t{64} << 10;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr std::uint64_t kRefusedMs = 1000;  // when the asker has too many jobs

// An answer in progress. It lives on the loop of the connection ("home"); its source is made on a worker, as
// far as it is work, and is destroyed there.
class Streaming : public std::enable_shared_from_this<Streaming> {
 public:
  Streaming(http::Stream stream, Scheduler& home, std::unique_ptr<PieceSource> source,
            MemoryCharge charge, Sending sending)
      : stream_(std::move(stream)),
        home_(home),
        source_(std::move(source)),
        charge_(std::move(charge)),
        sending_(std::move(sending)) {
    sending_.order.bytes = kPieceBytes;
  }
  ~Streaming() {
    if (!stream_.ended() && !home_.is_current()) home_.post([stream = std::move(stream_)] {});
  }

  void begin(std::vector<SharedPiece> first) {
    for (SharedPiece& piece : first) stream_.write(std::move(piece));
    step();
  }

 private:
  void step() {
    if (stream_.is_closed()) return give_up();
    if (source_ == nullptr || source_->at_end()) {
      charge_.set(0);
      return stream_.end();
    }
    if (stream_.queued_bytes() > sending_.most_queued)
      return stream_.when_drained(sending_.most_queued / 2,
                                  [self = shared_from_this()] { self->step(); });
    if (!source_->is_work())
      return source_->next(nullptr, [self = shared_from_this()](Result<SharedPiece> piece) mutable {
        self->pass_on(std::move(piece));
      });
    sending_.jobs.start(sending_.order, [self = shared_from_this()](Result<state::Workplace*> place,
                                                                    state::JobSlot slot) mutable {
      if (place) return make(std::move(self), *place, std::move(slot));
      Scheduler& home = self->home_;
      home.post(
          [self = std::move(self)] { self->home_.after(kRefusedMs, [self] { self->step(); }); });
    });
  }

  // Runs on the worker.
  static void make(std::shared_ptr<Streaming> self, const state::Workplace* place,
                   state::JobSlot slot) {
    PieceSource& source = *self->source_;
    source.next(
        place, [self = std::move(self), slot = std::move(slot)](Result<SharedPiece> piece) mutable {
          if (self->source_->at_end() || !piece) self->source_.reset();
          self->pass_on(std::move(piece));
        });
  }

  // The next step is a turn of its own.
  void pass_on(Result<SharedPiece> piece) {
    home_.post([self = shared_from_this(), piece = std::move(piece)]() mutable {
      if (!piece) return self->break_off();
      if (piece->size() > 0) self->stream_.write(std::move(*piece));
      self->step();
    });
  }

  void break_off() { auto unfinished = std::move(stream_); }

  // The reader has left. What the source holds is charged until a worker has freed it.
  void give_up() {
    if (source_ == nullptr || !source_->is_work()) return;
    sending_.order.abandoned = nullptr;
    sending_.jobs.start(sending_.order, [source = std::move(source_), charge = std::move(charge_)](
                                            Result<state::Workplace*>, state::JobSlot) {});
  }

  http::Stream stream_;
  Scheduler& home_;
  std::unique_ptr<PieceSource>
      source_;  // nullptr: everything is made. While a job runs, the worker's
  MemoryCharge charge_;
  Sending sending_;
};

class OfPieces final : public PieceSource {
 public:
  explicit OfPieces(std::unique_ptr<Pieces> pieces) : pieces_(std::move(pieces)) {}

  void next(const state::Workplace*, log::Done<SharedPiece> done) override {
    done(pieces_->next(kPieceBytes));
  }
  bool at_end() const override { return pieces_->at_end(); }
  bool is_work() const override { return pieces_->is_work(); }

 private:
  const std::unique_ptr<Pieces> pieces_;
};

http::Body joined(std::vector<SharedPiece> pieces) {
  if (pieces.size() == 1) return http::Body(std::move(pieces.front()));
  std::string text;
  for (const SharedPiece& piece : pieces) text += as_text(piece.view);
  return http::Body(std::move(text));
}

}  // namespace

void stream(http::Responder responder, http::Response head, std::vector<SharedPiece> first,
            std::unique_ptr<PieceSource> source, std::size_t held, Sending sending) {
  // What is little is no reason to refuse: others may have filled the part of all answers.
  if (held > state::AnswerRoom::kLittle && sending.memory != nullptr &&
      sending.memory->used() > 0 && !sending.memory->has_room(held))
    return responder.respond(
        to_response({ErrorCode::kUnavailable,
                     "too much of what you asked for is held for you: read it first"}));
  MemoryCharge charge(sending.memory, held);
  Scheduler& home = responder.loop();
  home.post([&home, responder = std::move(responder), head = std::move(head),
             first = std::move(first), source = std::move(source), charge = std::move(charge),
             sending = std::move(sending)]() mutable {
    std::make_shared<Streaming>(responder.begin(std::move(head)), home, std::move(source),
                                std::move(charge), std::move(sending))
        ->begin(std::move(first));
  });
}

void send(http::Responder responder, Answer answer, Sending sending) {
  Pieces& body = *answer.body;
  answer.head.length = body.size();
  std::vector<SharedPiece> first;
  for (std::size_t bytes = 0; !body.at_end() && bytes < kFirstBytes;) {
    first.push_back(body.next(kFirstBytes - bytes));
    bytes += first.back().size();
  }
  if (body.at_end()) {
    answer.head.body = joined(std::move(first));
    return responder.respond(std::move(answer.head));
  }
  if (sending.head_only)
    return stream(std::move(responder), std::move(answer.head), {}, nullptr, 0, std::move(sending));
  const std::size_t held = body.memory_bytes();
  stream(std::move(responder), std::move(answer.head), std::move(first),
         std::make_unique<OfPieces>(std::move(answer.body)), held, std::move(sending));
}

}  // namespace syncline::api
