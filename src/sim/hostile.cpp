#include "sim/hostile.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "protocol/hocuspocus.h"
#include "protocol/y_sync.h"
#include "sim/invariants.h"

namespace syncline::sim {

using protocol::SyncKind;
namespace {

constexpr std::uint64_t kQueryAwareness = 3;
constexpr std::uint64_t kUnknownMessage = 90;
// On one connection:
constexpr std::size_t kDocuments = 100;
constexpr std::uint64_t kIds = 200;

// Ids that no other client has. They fit into 32 bits, as those of published clients do.
std::uint64_t first_id(std::size_t number) {
  return 20'000'000 + number * 1'000'000;
}

}  // namespace

std::string_view to_string(HostileSettings::Kind kind) {
  switch (kind) {
    case HostileSettings::kFlood: return "flood";
    case HostileSettings::kWaiting: return "waiting";
    case HostileSettings::kPresence: return "presence";
    case HostileSettings::kLarge: return "large";
    case HostileSettings::kSlowReader: return "slow reader";
    case HostileSettings::kOpener: return "opener";
    case HostileSettings::kAsker: return "asker";
    case HostileSettings::kCount: break;
  }
  return "none";
}

Hostile::Hostile(World& world, Connector& connector, Server& server, HostileSettings settings,
                 FullSince full_since)
    : Attacker(world, connector,
               {.kind = "hostile",
                .number = settings.number,
                .every_us = settings.every_us,
                .client_id = first_id(settings.number)}),
      server_(server),
      settings_(std::move(settings)),
      full_since_(std::move(full_since)) {}

Hello Hostile::hello() {
  const bool hocuspocus = settings_.kind == HostileSettings::kOpener;
  return {.client = {},
          .hocuspocus = hocuspocus,
          .workspace = settings_.workspace,
          .object = hocuspocus ? std::string() : settings_.object,
          .token = settings_.token,
          .address = settings_.address};
}

void Hostile::opened() {
  present_ = crdt::Awareness();
  ids_ = 0;
  opened_.clear();
  if (settings_.kind == HostileSettings::kSlowReader)
    send(protocol::encode_y_sync(SyncKind::kStep1, Bytes{0}));
}

void Hostile::act() {
  if (connects() && !connected()) return;
  switch (settings_.kind) {
    case HostileSettings::kFlood: return flood();
    case HostileSettings::kWaiting: return send_waiting();
    case HostileSettings::kPresence: return send_presence();
    case HostileSettings::kLarge: return send_large();
    case HostileSettings::kSlowReader: return stop_reading_for_long();
    case HostileSettings::kOpener: return open_document();
    case HostileSettings::kAsker: return ask();
    case HostileSettings::kCount: return;
  }
}

// ---- what each does

void Hostile::flood() {
  for (std::uint64_t i = settings_.most; i > 0 && connected(); --i) {
    if (done_ < settings_.in_all && dice_.chance(0.02)) {
      ++done_;
      static_cast<void>(doc_.text("content").insert(0, "z"));
      send(protocol::encode_y_sync(SyncKind::kUpdate, last_update_));
      continue;
    }
    ByteWriter out;
    out.var_uint(dice_.chance(0.05) ? kQueryAwareness : kUnknownMessage);
    send(out.take());
  }
}

void Hostile::send_waiting() {
  for (std::uint64_t i = settings_.most; i > 0 && done_ < settings_.in_all; --i) {
    crdt::Doc other({.client_id = first_id(settings_.number) + 1 + done_++});
    static_cast<void>(other.text("content").insert(0, "gap"));
    crdt::StateVector known;
    known.set(other.client_id(), 3);
    static_cast<void>(other.array("list").push({crdt::Any("x")}));
    send(protocol::encode_y_sync(SyncKind::kUpdate, other.encode_state_as_update(known)));
  }
}

void Hostile::send_presence() {
  std::vector<std::string> states;
  std::vector<crdt::AwarenessEntry> entries;
  states.reserve(settings_.most);
  for (std::uint64_t i = settings_.most; i > 0; --i) {
    states.push_back(fmt::format("{{\"x\":\"{}\"}}", std::string(dice_.scale(1, 800), 'p')));
    entries.push_back(
        {.client = first_id(settings_.number) + ids_++, .clock = 1, .state = states.back()});
  }
  send(protocol::encode_y_awareness(crdt::encode_awareness(entries)));
  if (ids_ >= kIds) close();
}

void Hostile::send_large() {
  if (done_ >= settings_.in_all) return;
  const std::uint64_t size = dice_.between(settings_.most / 2, settings_.most);
  crdt::Text text = doc_.text("content");
  switch (dice_.below(4)) {
    case 0:  // a few bytes that do much
      if (text.length() == 0) return;
      static_cast<void>(text.erase(0, text.length()));
      break;
    case 1:  // characters that are elements of their own, because each is put before the one before
      done_ += size;
      doc_.transact([&] {
        for (std::uint64_t i = size / 20; i > 0; --i) static_cast<void>(text.insert(0, "l"));
      });
      break;
    default: done_ += size; static_cast<void>(text.insert(0, std::string(size, 'L')));
  }
  send(protocol::encode_y_sync(SyncKind::kUpdate, last_update_));
}

void Hostile::stop_reading_for_long() {
  connection().set_reading(false);
  loop_.after(500 + dice_.below(15'000), [this] {
    if (!connected()) return;
    connection().set_reading(true);
    send(protocol::encode_y_sync(SyncKind::kStep1, Bytes{0}));
  });
}

void Hostile::open_document() {
  if (opened_.size() >= kDocuments) return close();
  const std::string name = fmt::format("side/{}", opened_.size());
  opened_[name] = full_since_();
  ByteWriter out;
  out.var_string(name);
  out.var_uint(2);
  out.var_uint(0);
  out.var_string(settings_.token);
  send(out.take());
  send(protocol::encode_hocuspocus_sync(name, SyncKind::kStep1, Bytes{0}));
}

void Hostile::ask() {
  const std::string object = object_target(settings_.workspace, settings_.object);
  const std::string workspace = workspace_target(settings_.workspace);
  for (std::uint64_t i = dice_.between(1, settings_.most); i > 0; --i) {
    std::string target = workspace;
    switch (dice_.below(3)) {
      case 0: target += "/blame/" + settings_.object; break;
      case 1: target += "/changes"; break;
      default: target += "/changes/" + settings_.object;
    }
    auto left = std::make_shared<std::atomic<bool>>(false);
    ApiUser(world_, server_, settings_.token)
        .ask(
            "GET", std::move(target), [](const ApiUser::Answer&) {}, {}, {}, left);
    if (dice_.chance(0.5)) loop_.after(dice_.below(1'500), [left] { left->store(true); });
  }
}

// ---- what it is told

void Hostile::received(ByteView message) {
  if (settings_.kind == HostileSettings::kOpener) return take_hocuspocus(message);
  while (!message.empty()) {
    const auto next = protocol::take_y_message(message);
    if (!next) return;
    if (next->kind == protocol::YMessage::Kind::kAwareness) take_presence(next->payload);
  }
}

void Hostile::take_presence(ByteView update) {
  static_cast<void>(present_.apply(update, loop_.monotonic_ms()));
}

void Hostile::take_hocuspocus(ByteView message) {
  constexpr std::uint64_t kSync = 0;
  constexpr std::uint64_t kSyncReply = 4;
  constexpr std::uint64_t kClose = 7;
  ByteReader in(message);
  const std::string_view address = in.var_string();
  const std::uint64_t type = in.var_uint();
  if (type == kClose && in.var_string().find("short of memory") != std::string_view::npos)
    return world_.violated(kServed, name_ + " was told to stay away, because memory was short");
  const auto opened = opened_.find(address);
  if ((type != kSync && type != kSyncReply) || opened == opened_.end()) return;
  if (opened->second && opened->second == full_since_())
    world_.violated(kBounded,
                    fmt::format("{} was opened while memory was full all the time", address));
  opened_.erase(opened);
  opened_.emplace(address, std::nullopt);
}

}  // namespace syncline::sim
