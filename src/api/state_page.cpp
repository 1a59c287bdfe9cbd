#include "api/state_page.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/streaming.h"
#include "protocol/json_text.h"
#include "state/workspace_replay.h"

namespace syncline::api {
namespace {

constexpr std::size_t kStatesAtOnceBytes = std::size_t{256} << 10;

class StatePage final : public PieceSource {
 public:
  StatePage(std::string workspace, std::string prefix, std::string after, std::size_t limit,
            log::Position at, state::SharedDeletions deletions)
      : workspace_(std::move(workspace)),
        prefix_(std::move(prefix)),
        after_(std::move(after)),
        left_(limit),
        at_(at),
        deletions_(std::move(deletions)),
        text_(fmt::format(R"({{"at":{},"objects":[)", at)) {}

  void next(const state::Workplace* place, log::Done<SharedPiece> done) override {
    make(place->sources, std::move(done));
  }
  // `done` keeps this object.
  void make(const state::ReplaySources& sources, log::Done<SharedPiece> done) {
    state::replay_workspace(
        sources, workspace_, prefix_, after_, left_, at_,
        [this, done = std::move(done)](Result<state::ObjectPage> made) mutable {
          if (!made) return done(std::unexpected(std::move(made.error())));
          take(*made);
          done(SharedPiece::of(std::exchange(text_, {})));
        },
        kStatesAtOnceBytes, deletions_);
  }
  bool at_end() const override { return ended_; }
  bool is_work() const override { return true; }

 private:
  void take(const state::ObjectPage& made) {
    for (const state::ObjectAt& object : made.objects) {
      text_ += fmt::format(R"({}{{"object":{},"position":{},"state":)", between_,
                           protocol::json_string(object.id), object.position);
      text_ += object.json;
      text_ += '}';
      between_ = ",";
      bytes_ += object.json.size();
    }
    for (const auto& [id, error] : made.unreadable)
      unreadable_ += fmt::format(R"({}{{"object":{},"reason":{}}})", unreadable_.empty() ? "" : ",",
                                 protocol::json_string(id), protocol::json_string(error.message));
    left_ -= made.processed;
    after_ = made.next;
    if (after_.empty() || left_ == 0 || bytes_ >= state::kPageBytes) end();
  }

  void end() {
    ended_ = true;
    text_ += fmt::format("],\"unreadable\":[{}],\"next\":{}}}\n", unreadable_,
                         after_.empty() ? "null" : protocol::json_string(after_));
  }

  const std::string workspace_;
  const std::string prefix_;
  std::string after_;  // the last id that was processed; at the end, that the next page follows
  std::size_t left_;   // ids that may still be processed
  const log::Position at_;
  const state::SharedDeletions deletions_;
  std::string text_;  // that is made and not sent
  const char* between_ = "";
  std::string unreadable_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
};

}  // namespace

void send_state_page(Inquiry inquiry, log::Position at, std::size_t limit,
                     state::SharedDeletions deletions) {
  const std::string& query = inquiry.request.query;
  auto page = std::make_unique<StatePage>(
      inquiry.path.workspace, http::query_parameter(query, "prefix").value_or(""),
      http::query_parameter(query, "after").value_or(""), limit, at, std::move(deletions));
  StatePage& made = *page;
  const state::ReplaySources& sources = inquiry.sources;
  made.make(sources, [page = std::move(page),
                      inquiry = std::move(inquiry)](Result<SharedPiece> piece) mutable {
    if (!piece) return inquiry.refuse(piece.error());
    http::Response head = http::json_response(200, {});
    if (page->at_end()) {
      head.body = http::Body(std::move(*piece));
      return inquiry.answer(std::move(head));
    }
    std::vector<SharedPiece> first;
    if (!inquiry.sending.head_only)
      first.push_back(std::move(*piece));
    else
      page.reset();
    stream(std::move(inquiry.responder), std::move(head), std::move(first), std::move(page), 0,
           std::move(inquiry.sending));
  });
}

}  // namespace syncline::api
