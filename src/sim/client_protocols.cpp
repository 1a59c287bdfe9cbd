#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "protocol/hocuspocus.h"
#include "protocol/y_sync.h"
#include "sim/client.h"

namespace syncline::sim {
namespace {

using protocol::SyncKind;

// y-websocket: one document, named by the URL. protocol/y_sync.h describes the messages.
class YClient final : public Client {
 public:
  using Client::Client;

 private:
  void opened() override {
    Replica& replica = replicas().front();
    replica.welcome = true;
    // Clients that are not based on Yjs send both in one message.
    if (settings_.greets_at_once) greeting_.emplace();
    send_step1(replica);
    announce_presence(replica);
    if (greeting_) send(*std::exchange(greeting_, std::nullopt));
  }

  void received(ByteView message) override {
    Replica& replica = replicas().front();
    ByteReader in(message);
    const std::uint64_t type = in.var_uint();
    if (type == 0) {
      const auto kind = static_cast<SyncKind>(in.var_uint());
      const ByteView payload = in.var_buffer();
      if (!in.ok()) return protocol_broken("got a sync message that is cut");
      return take_sync(replica, kind, payload);
    }
    if (type == 1) return take_awareness(replica, in.var_buffer());
    if (type == 2 && settings_.read_only) return world_.hit(Probe::read_only_refused);
    if (type == 2) return;  // the close that follows is checked
    if (type == 100) return take_acks(replica, in.var_uint());
  }

  void send_sync(Replica&, SyncKind kind, ByteView payload) override {
    say(protocol::encode_y_sync(kind, payload));
  }
  void send_awareness(Replica&, ByteView update) override {
    say(protocol::encode_y_awareness(update));
  }
  void say(Bytes message) {
    if (!greeting_) return send(std::move(message));
    greeting_->insert(greeting_->end(), message.begin(), message.end());
  }

  std::optional<Bytes> greeting_;  // being collected
};

// Hocuspocus: several documents, each opened by a token (protocol/hocuspocus.h).
class HocuspocusClient final : public Client {
 public:
  using Client::Client;

 private:
  void opened() override {
    for (Replica& replica : replicas()) {
      // Some clients fetch their token in the meantime and send it later.
      if (settings_.greets_at_once) greet(replica);
      send_token(replica);
    }
  }

  void send_token(Replica& replica) {
    ByteWriter out;
    out.var_string(replica.name.second);
    out.var_uint(2);
    out.var_uint(0);
    out.var_string(replica.tokens.back());
    out.var_string("3.2.0");
    send(out.take());
  }

  void greet(Replica& replica) {
    replica.welcome = true;
    send_step1(replica);
    announce_presence(replica);
  }

  void received(ByteView message) override {
    ByteReader in(message);
    const std::string_view address = in.var_string();
    const std::uint64_t type = in.var_uint();
    if (!in.ok()) return protocol_broken("got a message that is cut");
    for (Replica& replica : replicas())
      if (replica.name.second == address) return received(replica, type, in);
    protocol_broken("got a message of a document that it did not open");
  }

  void received(Replica& replica, std::uint64_t type, ByteReader& in) {
    switch (type) {
      case 0:
      case 4: {
        const auto kind = static_cast<SyncKind>(in.var_uint());
        const ByteView payload = in.var_buffer();
        if (!in.ok()) return protocol_broken("got a sync message that is cut");
        return take_sync(replica, kind, payload);
      }
      case 1: return take_awareness(replica, in.var_buffer());
      case 2: return authenticated(replica, in);
      case 7: return closed(replica, in.var_string());
      case 8:
        if (in.var_uint() == 1) return take_acks(replica, 1);
        if (!refusable()) return protocol_broken("had an update refused");
        world_.hit(Probe::read_only_refused);
        if (!replica.unacked.empty()) replica.unacked.pop_front();
        return;
      default: return;
    }
  }

  void authenticated(Replica& replica, ByteReader& in) {
    const std::uint64_t what = in.var_uint();
    if (what == 0) return renew_token(replica, [this, &replica] { send_token(replica); });
    if (what != 2) return token_is_over(replica) ? connect_again() : protocol_broken("was denied");
    if (!replica.welcome) return greet(replica);
    if (replica.tokens.size() > 1) world_.hit(Probe::token_renewed);
  }

  void connect_again() {
    close(1000);
    reconnect();
  }

  // The server closed one document. The published provider would not open it again.
  void closed(Replica& replica, std::string_view reason) {
    if (reason.starts_with("the token ") && token_is_over(replica)) return connect_again();
    lost_identity(fmt::format("had {} closed: {}", replica.name.second, reason));
    connect_again();
  }

  void send_sync(Replica& replica, SyncKind kind, ByteView payload) override {
    send(protocol::encode_hocuspocus_sync(replica.name.second, kind, payload));
  }
  void send_awareness(Replica& replica, ByteView update) override {
    send(protocol::encode_hocuspocus_awareness(replica.name.second, update));
  }
};

}  // namespace

std::unique_ptr<Client> make_client(World& world, Connector& connector, Book& book,
                                    ClientSettings settings) {
  if (settings.hocuspocus)
    return std::make_unique<HocuspocusClient>(world, connector, book, std::move(settings));
  return std::make_unique<YClient>(world, connector, book, std::move(settings));
}

}  // namespace syncline::sim
