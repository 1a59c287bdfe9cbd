#include "cli/load/hostile/preparation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "backend/net/http_client.h"
#include "base/byte_reader.h"
#include "cli/load/hostile/peer.h"
#include "cli/load/hostile/shapes.h"
#include "cli/load/interrupt.h"

namespace syncline::cli {
namespace {

constexpr std::uint64_t kMostPreparationUs = 600'000'000;
constexpr std::uint64_t kWindow = 2000;
constexpr std::size_t kPreparedPiece = 4 << 20;
constexpr std::size_t kMostUnsentPrepared = 8 << 20;

// Writes one document, update by update, and waits until all are acknowledged.
class DocumentMaker final : public Peer {
 public:
  // `make` returns update number i.
  using MakeUpdate = std::function<Bytes(std::uint64_t i)>;
  DocumentMaker(Field& field, std::string object, std::uint64_t updates, MakeUpdate make)
      : Peer(field), object_(std::move(object)), updates_(updates), make_(std::move(make)) {}

  void begin() override { open_websocket(field().ground.y_path(Role::kWriter, object_)); }
  void act(std::uint64_t) override {
    while (sent_ < updates_ && sent_ - acked_ < kWindow && unsent() < kMostUnsentPrepared)
      send_message(shapes::y_update(make_(sent_++)));
  }
  bool done() const { return acked_ == updates_; }

 private:
  void received(const FrameSkimmer::Message& message) override {
    ByteReader in(message.beginning);
    if (in.var_uint() == 100) acked_ += in.var_uint();
    act(0);
  }

  const std::string object_;
  const std::uint64_t updates_;
  const MakeUpdate make_;
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

Result<void> make_document(const Ground& ground, const std::string& object, std::uint64_t updates,
                           DocumentMaker::MakeUpdate make) {
  if (has_events(ground, object)) return {};
  Reactor reactor;
  Tally tally;
  Field field{reactor, ground, tally};
  DocumentMaker maker(field, object, updates, std::move(make));
  maker.begin();
  while (!maker.done()) {
    if (maker.has_ended() || Interrupt::asked() || reactor.now_us() > kMostPreparationUs) {
      std::string why = maker.has_ended() ? "the server ended the connection" : "it takes too long";
      for (const auto& [code, count] : tally.codes) why += fmt::format(", {}", code);
      return fail(ErrorCode::kUnavailable, fmt::format("cannot make {}: {}", object, why));
    }
    reactor.turn(10);
    maker.tick(reactor.now_us());
  }
  maker.tick(reactor.now_us());
  return {};
}

Result<void> make_what(Needs needs, const Ground& ground) {
  switch (needs) {
    case Needs::kNothing: return {};
    case Needs::kLarge: {
      const std::uint64_t pieces = (ground.large_bytes + kPreparedPiece - 1) / kPreparedPiece;
      return make_document(ground, ground.large_object(), pieces, [&](std::uint64_t i) {
        const std::uint64_t at = i * kPreparedPiece;
        const auto size = std::min<std::uint64_t>(kPreparedPiece, ground.large_bytes - at);
        return shapes::text(3, static_cast<crdt::Clock>(at), std::string(size, 'L'));
      });
    }
    case Needs::kBinary:
      return make_document(ground, ground.binary_object(), 1,
                           [&](std::uint64_t) { return shapes::binary(3, ground.large_bytes); });
    case Needs::kHistory:
      // By two clients in turns: what one types in a row would become few events.
      return make_document(ground, ground.history_object(), ground.history, [](std::uint64_t i) {
        return shapes::text(3 + i % 2, static_cast<crdt::Clock>(i / 2), "h");
      });
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
