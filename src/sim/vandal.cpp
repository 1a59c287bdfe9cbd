#include "sim/vandal.h"

#include "base/byte_writer.h"
#include "protocol/hocuspocus.h"
#include "protocol/y_sync.h"
#include "syncline/crdt/awareness.h"

namespace syncline::sim {

using protocol::SyncKind;

Vandal::Vandal(World& world, Connector& connector, const VandalSettings& settings)
    : Attacker(world, connector,
               {.kind = "vandal",
                .number = settings.number,
                .every_us = settings.every_us,
                .client_id = 900'000 + settings.number}),
      settings_(settings) {}

Hello Vandal::hello() {
  return {.client = {},
          .hocuspocus = settings_.hocuspocus,
          .workspace = settings_.workspace,
          .object = settings_.hocuspocus ? std::string() : settings_.object,
          .token = dice_.chance(0.1) ? "wrong" : settings_.token,
          .wants_saved = dice_.chance(0.5)};
}

void Vandal::opened() {
  if (!settings_.hocuspocus || dice_.chance(0.2)) return;
  ByteWriter out;
  out.var_string(settings_.object);
  out.var_uint(2);
  out.var_uint(0);
  out.var_string(dice_.chance(0.2) ? "wrong" : settings_.token);
  send(out.take());
}

void Vandal::closed(std::uint16_t code) {
  if (code == 4400 || code == 4205) world_.hit(Probe::malformed_refused);
  if (code == 4409) world_.hit(Probe::bad_update_refused);
  if (code == 4401 || code == 4403) world_.hit(Probe::denied_token);
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
  for (std::uint64_t i = dice_.scale(10, 300); i > 0 && connected(); --i) {
    if (dice_.chance(0.5)) {
      send(framed(Bytes{0}, 0));  // asks for everything
    } else {
      static_cast<void>(doc_.text("content").insert(0, "z"));
      send(framed(last_update_, 2));
    }
  }
}

void Vandal::act() {
  if (!connected()) return;
  world_.hit(Probe::garbage_sent);
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
    default: return close();
  }
}

}  // namespace syncline::sim
