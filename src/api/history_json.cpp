#include "api/history_json.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

class BlamePieces final : public Pieces {
 public:
  explicit BlamePieces(std::unique_ptr<state::BlameReader> reader) : reader_(std::move(reader)) {}

  bool at_end() const override { return ended_; }
  SharedPiece next(std::size_t about) override {
    std::string json;
    if (std::exchange(begins_, false)) json = "[";
    while (!reader_->at_end() && json.size() < about) add_run(json);
    if (reader_->at_end() && json.size() < about) {
      json += open_ ? "]}]" : "]";
      ended_ = true;
    }
    return SharedPiece::of(std::move(json));
  }
  std::optional<std::uint64_t> size() const override { return std::nullopt; }
  std::size_t memory_bytes() const override { return reader_->memory_bytes(); }
  bool is_work() const override { return true; }

 private:
  void add_run(std::string& json) {
    if (!open_ || *open_ != reader_->text()) {
      json += open_ ? "]}," : "";
      json += "{\"path\":" + protocol::json_string(reader_->path()) + ",\"runs\":[";
      open_ = reader_->text();
    } else {
      json += ",";
    }
    const state::BlamedRun run = reader_->next();
    json += fmt::format(R"({{"text":{},"position":{},"time":"{}","principal":{},"actor":{}}})",
                        protocol::json_string(run.text), run.position,
                        protocol::time_text(run.accepted_ms), protocol::name_json(run.principal),
                        protocol::name_json(run.actor));
  }

  const std::unique_ptr<state::BlameReader> reader_;
  bool begins_ = true;
  bool ended_ = false;
  std::optional<std::size_t> open_ = std::nullopt;  // the text that has begun
};

}  // namespace

std::string change_to_json(const state::Change& change) {
  std::string json = protocol::event_to_json(change.event);
  json.pop_back();
  return json + ",\"changes\":" + change.told + "}";
}

std::unique_ptr<Pieces> blame_to_json(std::unique_ptr<state::BlameReader> reader) {
  return std::make_unique<BlamePieces>(std::move(reader));
}

}  // namespace syncline::api
