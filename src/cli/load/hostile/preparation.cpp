#include "cli/load/hostile/preparation.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backend/net/http_client.h"
#include "base/byte_reader.h"
#include "cli/load/hostile/peer.h"
#include "cli/load/hostile/shapes.h"
#include "cli/load/interrupt.h"

namespace syncline::cli {
namespace {

constexpr std::uint64_t kMostPreparationUs = 600'000'000;
constexpr std::size_t kPreparedPiece = 4 << 20;
constexpr std::size_t kMostUnsentPrepared = 8 << 20;

// What is written by how many.
struct Writing {
  std::string object;
  std::uint64_t updates = 1;  // of each writer
  std::function<Bytes(std::uint64_t writer, std::uint64_t i)> make;
  std::uint64_t writers = 1;
  // Updates of a writer that are not acknowledged yet. Those that arrive together become one event.
  std::uint64_t window = 1;
};

// Writes one document, update by update, and waits until all are acknowledged.
class DocumentMaker final : public Peer {
 public:
  DocumentMaker(Field& field, const Writing& writing, std::uint64_t number)
      : Peer(field), writing_(writing), number_(number) {}

  void begin() override { open_websocket(field().ground.y_path(Role::kWriter, writing_.object)); }
  void act(std::uint64_t) override {
    while (sent_ < writing_.updates && sent_ - acked_ < writing_.window &&
           unsent() < kMostUnsentPrepared)
      send_message(shapes::y_update(writing_.make(number_, sent_++)));
  }
  bool done() const { return acked_ == writing_.updates; }

 private:
  void received(const FrameSkimmer::Message& message) override {
    ByteReader in(message.beginning);
    if (in.var_uint() == 100) acked_ += in.var_uint();
    act(0);
  }

  const Writing& writing_;
  const std::uint64_t number_;
  std::uint64_t sent_ = 0;
  std::uint64_t acked_ = 0;
};

bool has_events(const Ground& ground, const std::string& object) {
  backend::HttpClientOptions options;
  if (!ground.token.empty()) options.headers = {{"Authorization", "Bearer " + ground.token}};
  const auto answer =
      backend::http_get(fmt::format("http://{}{}/v1/workspaces/{}/log?limit=1&object={}",
                                    ground.host, ground.prefix, ground.workspace, object),
                        options);
  return answer && answer->status == 200 && answer->body.find("\"position\"") != std::string::npos;
}

Result<void> make_document(const Ground& ground, const Writing& writing) {
  if (has_events(ground, writing.object)) return {};
  Reactor reactor;
  Tally tally;
  Field field{reactor, ground, tally};
  std::vector<std::unique_ptr<DocumentMaker>> makers;
  for (std::uint64_t i = 0; i < writing.writers; ++i) {
    makers.push_back(std::make_unique<DocumentMaker>(field, writing, i));
    makers.back()->begin();
  }
  const auto is_done = [](const auto& maker) { return maker->done(); };
  const auto has_ended = [](const auto& maker) { return maker->has_ended() && !maker->done(); };
  while (!std::ranges::all_of(makers, is_done)) {
    const bool ended = std::ranges::any_of(makers, has_ended);
    if (ended || Interrupt::asked() || reactor.now_us() > kMostPreparationUs) {
      std::string why = ended ? "the server ended the connection" : "it takes too long";
      for (const auto& [code, count] : tally.codes) why += fmt::format(", {}", code);
      return fail(ErrorCode::kUnavailable, fmt::format("cannot make {}: {}", writing.object, why));
    }
    reactor.turn(10);
    for (const auto& maker : makers) maker->tick(reactor.now_us());
  }
  return {};
}

// Writers who wait for each answer: so each update is an event.
constexpr std::uint64_t kTypists = 50;

Result<void> make_what(Needs needs, const Ground& ground) {
  switch (needs) {
    case Needs::kNothing: return {};
    case Needs::kLarge: {
      const std::uint64_t pieces = (ground.large_bytes + kPreparedPiece - 1) / kPreparedPiece;
      const auto piece = [&](std::uint64_t, std::uint64_t i) {
        const std::uint64_t at = i * kPreparedPiece;
        const auto size = std::min<std::uint64_t>(kPreparedPiece, ground.large_bytes - at);
        return shapes::text(3, static_cast<crdt::Clock>(at), std::string(size, 'L'));
      };
      return make_document(ground, {ground.large_object(), pieces, piece});
    }
    case Needs::kBinary:
      return make_document(ground, {ground.binary_object(), 1, [&](std::uint64_t, std::uint64_t) {
                                      return shapes::binary(3, ground.large_bytes);
                                    }});
    case Needs::kHistory: {
      const auto letter = [](std::uint64_t writer, std::uint64_t i) {
        return shapes::text(3 + writer, static_cast<crdt::Clock>(i), "h");
      };
      const std::uint64_t each = (ground.history + kTypists - 1) / kTypists;
      return make_document(ground, {ground.history_object(), each, letter, kTypists});
    }
  }
  return {};
}

}  // namespace

Result<void> prepare_ground(const Ground& ground, std::span<const AttackKind* const> attacks,
                            const std::function<void(std::string_view)>& progress) {
  std::set<Needs> needs;
  for (const AttackKind* attack : attacks) needs.insert(attack->needs);
  for (const Needs each : needs) {
    progress("making the documents that attacks need");
    if (auto made = make_what(each, ground); !made) return made;
  }
  return {};
}

}  // namespace syncline::cli
