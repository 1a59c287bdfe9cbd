// Relay: the lower bound for the cost of a server. It forwards every WebSocket message to the other
// connections of the same path, and does nothing else.
//
// One thread; no documents, no storage, no merging. What one turn of the loop sends to one
// connection goes out in one system call, each message in a frame of its own. The relay sends an
// empty sync step 1 and answers the clients' step 1 with an empty step 2, so that Yjs clients
// complete their handshake. Then it sends the last updates of the path, if it was told to remember
// some.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/poller.h"
#include "net/stream.h"
#include "net/ws_frame.h"

namespace syncline::bench {

struct RelayOptions {
  std::uint16_t port = 0;
  std::size_t remember = 0;  // updates of each path that a new client gets
  std::size_t lose = 0;      // drops every nth update, to test the generator; 0: none
};

class RelayConnection;

// All connections of one path.
struct Room {
  std::vector<RelayConnection*> members;
  std::deque<Bytes> remembered;  // frames
};

class Relay final : public Watcher {
 public:
  explicit Relay(const RelayOptions& options);
  ~Relay();

  // Accepts connections and forwards messages until the process ends.
  [[noreturn]] void run();

  // For the connections of this relay:
  Room& room(std::string_view path) { return rooms_[std::string(path)]; }
  void pass_on(const RelayConnection& from, ByteView message);
  void answer_step1(RelayConnection& to);
  void flush_later(RelayConnection& connection);
  void drop_later(RelayConnection& connection);
  Poller& poller() { return poller_; }

 private:
  void ready(std::uint32_t events) override;
  bool loses_this_one(bool is_update);

  RelayOptions options_;
  Poller poller_;
  int listener_;
  Bytes empty_step2_;
  std::size_t updates_ = 0;
  std::unordered_map<std::string, Room> rooms_;
  std::unordered_map<RelayConnection*, std::unique_ptr<RelayConnection>> connections_;
  std::vector<RelayConnection*> unflushed_;
  std::vector<RelayConnection*> gone_;
};

// One client of the relay.
class RelayConnection final : public Watcher {
 public:
  RelayConnection(Relay& relay, int socket);

  void send(ByteView frame);
  void flush();

 private:
  friend class Relay;

  void ready(std::uint32_t events) override;
  std::size_t take(std::span<std::uint8_t> bytes);
  // Answers the upgrade request at the start of `head`; returns its size, or 0 if it is incomplete.
  std::size_t upgrade(std::string_view head);
  void take_frame(const Frame& frame);
  void leave();

  Relay& relay_;
  Stream stream_;
  Room* room_ = nullptr;  // once upgraded
  bool unflushed_ = false;
  bool gone_ = false;
};

}  // namespace syncline::bench
