#include "api/history_json.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

constexpr std::size_t kFirstBlameBytes = std::size_t{64} << 10;
constexpr std::size_t kBlameBytes = std::size_t{256} << 10;
// What a run takes besides its text, about.
constexpr std::size_t kRunBytes = 150;
// An answer remembers the names of so many; then it reads again.
constexpr std::size_t kMostMakers = 10'000;

}  // namespace

std::string change_to_json(const state::Change& change, const protocol::ShownName& shown) {
  std::string json = protocol::event_to_json(change.event, shown);
  json.pop_back();
  return json + ",\"changes\":" + change.told + "}";
}

// Runs that were read and not printed.
struct BlameSource::Piece {
  struct Run {
    std::size_t text;
    state::BlamedRun run;
  };
  std::vector<Run> runs = {};
  std::vector<std::string> paths = {};  // of those runs that begin a text
  std::size_t bytes = 0;
};

BlameSource::BlameSource(const std::string& object, log::Position at,
                         std::unique_ptr<state::BlameReader> reader, NamesOf where)
    : reader_(std::move(reader)),
      first_(std::move(where)),
      before_(fmt::format(R"({{"object":{},"at":{},"position":{},"texts":[)",
                          protocol::json_string(object), at, reader_->position())) {}

void BlameSource::begin(log::Done<SharedPiece> done) {
  make(first_, kFirstBlameBytes, std::move(done));
}

void BlameSource::next(const state::Workplace* place, log::Done<SharedPiece> done) {
  make({.directory = place->sources.store.directory(),
        .tenant = first_.tenant,
        .workspace = first_.workspace},
       kBlameBytes, std::move(done));
}

void BlameSource::make(const NamesOf& where, std::size_t about, log::Done<SharedPiece> done) {
  auto piece = std::make_unique<Piece>();
  std::vector<Maker> makers;
  std::optional<std::size_t> open = open_;
  while (!reader_->at_end() && piece->bytes < about) {
    const std::size_t text = reader_->text();
    piece->paths.push_back(open == text ? std::string() : reader_->path());
    open = text;
    piece->runs.push_back({text, reader_->next()});
    const state::BlamedRun& run = piece->runs.back().run;
    piece->bytes += run.text.size() + kRunBytes;
    if (makers.empty() || makers.back().actor != run.actor ||
        makers.back().principal != run.principal)
      makers.push_back({run.principal, run.actor});
  }
  if (makers_ > kMostMakers) {
    names_ = {};
    makers_ = 0;
  }
  makers_ += makers.size();
  look_up(where, std::move(makers), std::move(names_),
          [this, piece = std::move(piece), done = std::move(done)](Names names) mutable {
            names_ = std::move(names);
            done(print(*piece));
          });
}

SharedPiece BlameSource::print(const Piece& piece) {
  std::string json = std::exchange(before_, {});
  for (std::size_t i = 0; i < piece.runs.size(); ++i) add_run(piece, i, json);
  if (reader_->at_end()) {
    json += open_ ? "]}]}\n" : "]}\n";
    ended_ = true;
  }
  return SharedPiece::of(std::move(json));
}

void BlameSource::add_run(const Piece& piece, std::size_t index, std::string& json) {
  const auto& [text, run] = piece.runs[index];
  if (open_ != text) {
    json += open_ ? "]}," : "";
    json += "{\"path\":" + protocol::json_string(piece.paths[index]) + ",\"runs\":[";
    open_ = text;
  } else {
    json += ",";
  }
  json += fmt::format(R"({{"text":{},"position":{},"time":"{}","principal":{}{},"actor":{}}})",
                      protocol::json_string(run.text), run.position,
                      protocol::time_text(run.accepted_ms), protocol::name_json(run.principal),
                      protocol::shown_name_json(names_.of(run.principal, run.actor)),
                      protocol::name_json(run.actor));
}

}  // namespace syncline::api
