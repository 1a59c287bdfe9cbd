#include "sim/plain_client.h"

#include "base/byte_writer.h"
#include "protocol/hocuspocus.h"
#include "syncline/crdt/awareness.h"

namespace syncline::sim {

using protocol::SyncKind;

Hello PlainClient::hello() {
  place_ = choose();
  return {.client = {},
          .hocuspocus = place_.hocuspocus,
          .workspace = place_.workspace,
          .object = place_.hocuspocus ? std::string() : place_.object,
          .token = place_.token,
          .wants_saved = true,
          .tenant = place_.tenant};
}

void PlainClient::opened() {
  if (!place_.hocuspocus) return greet();
  ByteWriter out;
  out.var_string(place_.object);
  out.var_uint(2);
  out.var_uint(0);
  out.var_string(place_.token);
  send(out.take());
}

void PlainClient::greet() {
  welcome_ = true;
  send(framed(Bytes{0}, SyncKind::kStep1));  // asks for everything
  send(framed(doc_.encode_state_as_update(), SyncKind::kUpdate));
}

Bytes PlainClient::framed(ByteView payload, SyncKind kind) const {
  return place_.hocuspocus ? protocol::encode_hocuspocus_sync(place_.object, kind, payload)
                           : protocol::encode_y_sync(kind, payload);
}

void PlainClient::announce(std::string_view state) {
  const crdt::AwarenessEntry entry{.client = doc_.client_id(), .clock = ++clock_, .state = state};
  const Bytes update = crdt::encode_awareness({&entry, 1});
  send(place_.hocuspocus ? protocol::encode_hocuspocus_awareness(place_.object, update)
                         : protocol::encode_y_awareness(update));
}

void PlainClient::say(std::string_view text) {
  ByteWriter out;
  out.var_string(place_.object);
  out.var_uint(6);  // to everybody
  out.var_string(text);
  send(out.take());
}

void PlainClient::write(std::string_view mark, std::uint64_t most) {
  crdt::Text text = doc_.text("content");
  if (text.length() > most * mark.size()) {
    static_cast<void>(text.erase(0, text.length()));
  } else {
    static_cast<void>(text.insert(0, mark));
  }
  send(framed(last_update_, SyncKind::kUpdate));
}

void PlainClient::received(ByteView message) {
  shown(as_text(message));
  ByteReader in(message);
  if (place_.hocuspocus && in.var_string() != place_.object) return;
  const std::uint64_t kind = in.var_uint();
  place_.hocuspocus ? take_hocuspocus(kind, in) : take_y(kind);
}

void PlainClient::take_y(std::uint64_t kind) {
  if (kind <= 1) served();
  if (kind == 100) saved();
}

void PlainClient::take_hocuspocus(std::uint64_t kind, ByteReader& in) {
  if (kind == 2 && in.var_uint() == 2 && !welcome_) greet();
  if (kind == 0 || kind == 4) served();
  if (kind == 8 && in.var_uint() == 1) saved();
}

}  // namespace syncline::sim
