#include "sim/vandal.h"

#include <fmt/format.h>

#include <utility>

#include "base/byte_writer.h"
#include "protocol/hocuspocus.h"
#include "protocol/y_sync.h"
#include "syncline/crdt/awareness.h"

namespace syncline::sim {

using protocol::SyncKind;

class Vandal::Handler final : public session::ConnectionHandler {
 public:
  explicit Handler(std::shared_ptr<Vandal*> vandal) : vandal_(std::move(vandal)) {}

  void on_open(session::Connection& connection) override {
    if (*vandal_ == nullptr) return connection.close(1000, {});
    (*vandal_)->connection_ = &connection;
    (*vandal_)->authenticate();
  }
  void on_message(ByteView) override {}
  void on_drained() override {}
  void on_closed(std::uint16_t code) override {
    if (*vandal_ == nullptr) return;
    Vandal& vandal = **vandal_;
    vandal.connection_ = nullptr;
    if (code == 4400 || code == 4205) vandal.world_.hit(Probe::malformed_refused);
    if (code == 4409) vandal.world_.hit(Probe::bad_update_refused);
    if (code == 4401 || code == 4403) vandal.world_.hit(Probe::denied_token);
    vandal.loop_.after(200 + vandal.dice_.below(3000), [&vandal] { vandal.connect(); });
  }

 private:
  std::shared_ptr<Vandal*> vandal_;
};

Vandal::Vandal(World& world, Connector& connector, VandalSettings settings)
    : world_(world),
      connector_(connector),
      settings_(std::move(settings)),
      name_(fmt::format("v{}", settings_.number)),
      dice_(world.dice.fork("vandal", settings_.number)),
      loop_(world.timeline),
      doc_({.client_id = 900'000 + settings_.number}),
      handle_(std::make_shared<Vandal*>(this)) {
  doc_.on_update(
      [this](const crdt::UpdateEvent& event) { last_update_ = to_bytes(event.update()); });
}

Vandal::~Vandal() {
  *handle_ = nullptr;
  connector_.process_gone(loop_, false);
}

void Vandal::start() {
  connect();
  act_later();
}

void Vandal::stop() {
  stopped_ = true;
  if (session::Connection* connection = std::exchange(connection_, nullptr))
    connection->close(1000, {});
  *handle_ = nullptr;
}

void Vandal::connect() {
  if (stopped_) return;
  connector_.connect({.client = name_,
                      .number = settings_.number,
                      .connection = ++connections_,
                      .hocuspocus = settings_.hocuspocus,
                      .workspace = settings_.workspace,
                      .object = settings_.hocuspocus ? std::string() : settings_.object,
                      .token = dice_.chance(0.1) ? "wrong" : settings_.token,
                      .wants_saved = dice_.chance(0.5)},
                     loop_, std::make_unique<Handler>(handle_));
}

void Vandal::act_later() {
  loop_.after(1 + dice_.wait(static_cast<double>(settings_.every_us)) / 1000, [this] {
    act();
    if (!stopped_) act_later();
  });
}

void Vandal::send(Bytes message) {
  if (connection_ == nullptr) return;
  world_.hit(Probe::garbage_sent);
  connection_->send(std::make_shared<const Bytes>(std::move(message)));
}

void Vandal::authenticate() {
  if (!settings_.hocuspocus || dice_.chance(0.2)) return;
  ByteWriter out;
  out.var_string(settings_.object);
  out.var_uint(2);
  out.var_uint(0);
  out.var_string(dice_.chance(0.2) ? "wrong" : settings_.token);
  send(out.take());
}

Bytes Vandal::framed(ByteView payload, std::uint64_t kind) {
  const auto sync = static_cast<SyncKind>(kind);
  return settings_.hocuspocus ? protocol::encode_hocuspocus_sync(settings_.object, sync, payload)
                              : protocol::encode_y_sync(sync, payload);
}

Bytes Vandal::garbage() {
  Bytes bytes(dice_.scale(1, 300));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(dice_.next());
  return bytes;
}

// A valid update with a few bytes changed, cut off, or with a length that is too large.
Bytes Vandal::mutated() {
  static_cast<void>(doc_.text("content").insert(0, "vandal"));
  static_cast<void>(doc_.map("meta").set("a", crdt::Any(1)));
  Bytes update = dice_.chance(0.5) ? last_update_ : doc_.encode_state_as_update();
  for (std::uint64_t i = dice_.below(4); i > 0; --i)
    dice_.pick(update) = static_cast<std::uint8_t>(dice_.next());
  if (dice_.chance(0.3)) update.resize(dice_.below(update.size() + 1));
  return framed(update, 1 + dice_.below(2));
}

// A valid update of a document that nobody else has. Parts of it wait for ever.
Bytes Vandal::out_of_nowhere() {
  crdt::Doc other({.client_id = 910'000 + dice_.below(1000)});
  for (int i = 0; i < 3; ++i) static_cast<void>(other.text("content").insert(0, "gap"));
  crdt::StateVector known;
  known.set(other.client_id(), 3);
  static_cast<void>(other.array("list").push({crdt::Any("x")}));
  return framed(other.encode_state_as_update(known), 2);
}

void Vandal::flood() {
  for (std::uint64_t i = dice_.scale(10, 300); i > 0 && connection_ != nullptr; --i) {
    if (dice_.chance(0.5)) {
      send(framed(Bytes{0}, 0));  // asks for everything
    } else {
      static_cast<void>(doc_.text("content").insert(0, "z"));
      send(framed(last_update_, 2));
    }
  }
}

void Vandal::act() {
  if (connection_ == nullptr || stopped_) return;
  switch (dice_.below(8)) {
    case 0: return send(garbage());
    case 1:
    case 2: return send(mutated());
    case 3: return send(out_of_nowhere());
    case 4: return flood();
    case 5: {
      const std::uint64_t kind = dice_.below(3);
      return send(framed(garbage(), kind));
    }
    case 6: {
      if (!settings_.may_write) return send({});
      const crdt::AwarenessEntry entry{
          .client = 950'000 + dice_.below(200), .clock = dice_.below(5), .state = "{}"};
      const Bytes update = crdt::encode_awareness({&entry, 1});
      return send(settings_.hocuspocus
                      ? protocol::encode_hocuspocus_awareness(settings_.object, update)
                      : protocol::encode_y_awareness(update));
    }
    default: {
      if (connection_ != nullptr) connection_->close(1000, {});
      connection_ = nullptr;
    }
  }
}

}  // namespace syncline::sim
