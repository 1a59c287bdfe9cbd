#include "load/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "load/fleet.h"

namespace syncline::bench {
namespace {

constexpr std::array<std::uint8_t, 2> kEmptyUpdate{0, 0};

}  // namespace

Client::Client(Fleet& fleet, Document& document, std::uint64_t id, bool writes)
    : Connection(fleet.wire()),
      fleet_(fleet),
      document_(document),
      id_(id),
      writer_(writes ? std::make_unique<Writer>() : nullptr) {}

void Client::start() {
  answered_ = synced_ = settled_ = false;
  progress_.clear();
  for (const ClockRange& range : document_.known) progress_.emplace_back(range.client, range.end);
  started_ = now_ns();
  const Target& target = fleet_.target();
  open(target.port, target.path_of(document_.name, writer_ != nullptr));
}

void Client::opened() {
  const Target& target = fleet_.target();
  ByteWriter& out = fleet_.message();
  if (target.dialect == Dialect::kHocuspocus) {
    write_token(out, document_.name, target.token);
    send(out.view());
    out.clear();
  }
  ByteWriter known;
  write_state_vector(known, document_.known);
  write_sync(out, target.dialect, document_.name, Sync::kStep1, known.view());
  send(out.view());
  tell_presence(fleet_.wire().now());
}

void Client::write(Nanoseconds now) {
  const auto clock = static_cast<std::uint32_t>(writer_->sent_at.size());
  const char letter = static_cast<char>('a' + clock % 26);
  ByteWriter& update = fleet_.update();
  write_insertion(update, id_, clock, std::string_view(&letter, 1));
  send_update(update.view());
  fleet_.deliveries().sent(*this, now);
}

void Client::send_update(ByteView update) {
  ByteWriter& out = fleet_.message();
  write_sync(out, fleet_.target().dialect, document_.name, Sync::kUpdate, update);
  send(out.view());
}

void Client::tell_presence(Nanoseconds now) {
  ++presence_.clock;
  presence_.sent_at = now;
  ByteWriter& out = fleet_.message();
  write_awareness(out, fleet_.target().dialect, document_.name, id_, presence_.clock,
                  R"({"user":{"name":"Somebody","color":"#30bced"}})");
  send(out.view());
}

void Client::received(ByteView message) {
  const Incoming incoming = read_message(fleet_.target().dialect, message);
  switch (incoming.kind) {
    case Incoming::Kind::kStep1: {  // the server lacks nothing
      ByteWriter& out = fleet_.message();
      write_sync(out, fleet_.target().dialect, document_.name, Sync::kStep2, kEmptyUpdate);
      return send(out.view());
    }
    case Incoming::Kind::kStep2: answered_ = true; return take_update(incoming.payload);
    case Incoming::Kind::kUpdate: return take_update(incoming.payload);
    case Incoming::Kind::kAwareness: return take_awareness(incoming.payload);
    case Incoming::Kind::kSaved:
      if (writer_) fleet_.deliveries().saved(*this, incoming.updates, fleet_.wire().now());
      return;
    case Incoming::Kind::kPing: {
      ByteWriter& out = fleet_.message();
      write_pong(out);
      return send(out.view());
    }
    case Incoming::Kind::kDenied: hang_up(); return lost("the server denied access");
    case Incoming::Kind::kOther: return;
    case Incoming::Kind::kMalformed: ++fleet_.unreadable; return;
  }
}

void Client::take_update(ByteView update) {
  const std::vector<ClockRange>* const ranges = fleet_.updates().read(update);
  if (ranges == nullptr) {
    ++fleet_.unreadable;
    return;
  }
  for (const ClockRange& range : *ranges) {
    const ClockRange fresh = progress(range.client).add(range.first, range.end);
    if (fresh.first == fresh.end) continue;
    if (Client* const author = fleet_.client(range.client); author && author->writer_)
      fleet_.deliveries().arrived(*this, *author, fresh, fleet_.wire().now());
  }
  see_whether_synced();
}

void Client::take_awareness(ByteView update) {
  ++fleet_.presence.messages;
  if (!fleet_.presence.timed) return;
  ByteReader in(update);
  for (std::uint64_t count = in.var_uint(); in.ok() && count > 0; --count) {
    const Client* const author = fleet_.client(in.var_uint());
    const std::uint64_t clock = in.var_uint();
    in.var_buffer();
    if (!in.ok() || author == nullptr || author == this) continue;
    fleet_.presence.arrived(author->presence_.sent_at, clock == author->presence_.clock,
                            fleet_.wire().now());
  }
}

void Client::see_whether_synced() {
  if (synced_ || !answered_) return;
  for (const ClockRange& range : document_.wanted)
    if (has_of(range.client) < range.end) return;
  synced_ = true;
  fleet_.sync_time.record(static_cast<std::uint64_t>(fleet_.wire().now() - started_));
  settle();
}

void Client::settle() {
  if (settled_) return;
  settled_ = true;
  fleet_.settled(*this);
}

void Client::lost(std::string_view why) {
  fleet_.fail(why);
  settle();
}

std::uint32_t Client::has_of(std::uint64_t client) const {
  for (const Progress& progress : progress_)
    if (progress.client() == client) return progress.next();
  return 0;
}

Progress& Client::progress(std::uint64_t client) {
  for (Progress& progress : progress_)
    if (progress.client() == client) return progress;
  return progress_.emplace_back(client);
}

}  // namespace syncline::bench
