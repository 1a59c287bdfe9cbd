// Client: a simulated client: our engine with the client's side of the y-websocket or the
// Hocuspocus protocol. It behaves as the published providers do: it sends every edit at once; when
// it connects, it asks for what it lacks and answers the server's question; it retries with growing
// waits; and it gives up a connection that was silent for 30 seconds.
//
// A client is a process of its own with its own clock. It can go offline, pause, and be restarted
// with its documents, without them, or as a second device with the same ids.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "protocol/y_sync.h"
#include "sim/book.h"
#include "sim/connector.h"
#include "sim/replica.h"
#include "sim/world.h"

namespace syncline::sim {

struct ClientSettings {
  std::size_t number = 0;
  bool hocuspocus = false;
  bool wants_saved = true;  // y-websocket: asks for acks
  bool undoes = false;
  bool read_only = false;
  bool says_goodbye = false;     // tells that it leaves before it goes offline
  bool echoes_presence = false;  // sends back the presence of others, as published clients do
  // y-websocket: its first message contains several, as that of yrs clients does. Hocuspocus: its
  // first messages come before its token.
  bool greets_at_once = false;
  std::string workspace;
  std::vector<std::string> objects;  // only one for y-websocket
  std::string token;
  std::string user = {};         // JSON: who it claims to be in its presence; "": nobody
  bool expiring_tokens = false;  // it gets others instead (hold_tokens)
  Habit habit = Habit::kTyping;
  std::uint64_t edit_every_us = 500'000;  // 0: only when edit() is called
  std::uint64_t max_edits = 500;
  // If not 0, it repeatedly goes offline and comes back by itself.
  std::uint64_t online_us = 0;
  std::uint64_t offline_us = 0;
  ClockSkew skew;
};

class Client {
 public:
  Client(World& world, Connector& connector, Book& book, ClientSettings settings);
  virtual ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Asks here for tokens from now on. `refusable`: may a server refuse this one now?
  struct TokenSource {
    std::function<std::string()> issue;
    std::function<bool(const std::string& token)> refusable;
  };
  void hold_tokens(TokenSource source) { tokens_ = std::move(source); }

  void start();
  void go_offline();
  void go_online();
  // What a restarted client still has of its documents. kIdOnly: a second device, or a copy, that
  // edits with the same ids without knowing what was written with them.
  enum class Memory { kKept, kLost, kIdOnly };
  void restart(Memory memory, std::uint64_t down_us);
  void pause_for(std::uint64_t duration_us);
  void edit();  // makes one edit
  // Its rights were withdrawn, so it may be refused; or they were given back, which is certain only
  // from the next connection on.
  void set_rights_doubtful(bool doubtful);
  // The server has lost data that it had shown. The client reconnects and then believes the server.
  void server_rolled_back();
  void stop_editing() { editing_ = false; }
  // Phase two: it stays online, and gets a new identity if it needs one.
  void heal();

  // True if nothing is pending: it has everything that the server has, and all its edits were
  // promised to be durable.
  bool in_step() const;
  std::string why_not() const;

  const ClientSettings& settings() const { return settings_; }
  const std::string& name() const { return name_; }
  std::vector<Replica>& replicas() { return replicas_; }
  const std::vector<Replica>& replicas() const { return replicas_; }
  bool online() const { return online_; }
  bool refusable() const { return settings_.read_only || rights_doubtful_; }
  bool suspect() const { return suspect_; }
  Loop& loop() { return loop_; }
  std::uint64_t connections() const { return connections_; }
  bool connected() const { return connection_ != nullptr; }
  bool synced() const { return connected() && replicas_.front().synced; }
  std::uint64_t edits() const { return edits_; }

 protected:
  // ---- what a protocol implements
  virtual void opened() = 0;
  virtual void received(ByteView message) = 0;
  virtual void send_sync(Replica& replica, protocol::SyncKind kind, ByteView payload) = 0;
  virtual void send_awareness(Replica& replica, ByteView update) = 0;

  // ---- what the protocols share
  void send(Bytes message);
  bool gets_acks() const { return settings_.hocuspocus || settings_.wants_saved; }
  void take_sync(Replica& replica, protocol::SyncKind kind, ByteView payload);
  void take_awareness(Replica& replica, ByteView update);
  void take_acks(Replica& replica, std::uint64_t count);
  void send_step1(Replica& replica);
  void send_update(Replica& replica, protocol::SyncKind kind, ByteView update);
  // When connected: announces the state with its present clock, as published clients do.
  void announce_presence(Replica& replica);
  void renew_presence(Replica& replica);
  void say_goodbye(Replica& replica);
  void echo_presence(Replica& replica, const crdt::AwarenessChange& change);
  void lost_identity(std::string_view why);
  void protocol_broken(std::string_view what);
  void close(std::uint16_t code);
  void reconnect() { connect_later(); }
  const std::string& token() const { return token_; }
  // For a document: the one with which the client connected, or a new one that the server wants.
  void opens_with_token(Replica& replica);
  void renew_token(Replica& replica, std::function<void()> send);
  // True if the server may have refused the tokens of the document, or ended what they had opened. Then the client
  // connects with a new one, now or after some attempts with the old one, as applications do.
  bool token_is_over(const Replica& replica);

  World& world_;
  const ClientSettings settings_;

 private:
  class Handler;

  void make_replica(Replica& replica, ByteView state, bool same_id);
  void note_id(Replica& replica);
  void connect();
  void connect_later();
  void on_open(session::Connection& connection);
  void on_closed(std::uint16_t code);
  void edit_later();
  void tick();
  void cycle();
  void disconnected(Replica& replica);

  Connector& connector_;
  Book& book_;
  const std::string name_;
  Dice dice_;
  Dice edit_dice_;
  Loop loop_;
  std::vector<Replica> replicas_;
  std::shared_ptr<Client*> handle_;  // for the current connection; older ones find it null
  session::Connection* connection_ = nullptr;
  std::uint64_t connections_ = 0;
  std::uint64_t failures_ = 0;  // to connect, since the last success
  std::uint64_t last_heard_ms_ = 0;
  std::uint64_t identities_ = 0;
  std::uint64_t edits_ = 0;
  bool online_ = true;
  bool editing_ = true;
  bool rights_withdrawn_ = false;
  bool rights_doubtful_ = false;  // since the last connection
  bool suspect_ = false;          // its ids may already be in use
  TokenSource tokens_;            // empty: its token never expires
  std::string token_;
  bool wants_token_ = true;
};

std::unique_ptr<Client> make_client(World& world, Connector& connector, Book& book,
                                    ClientSettings settings);

}  // namespace syncline::sim
