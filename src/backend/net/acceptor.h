// The listening socket of one shard. For this folder only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backend/net/shard.h"

struct sockaddr_storage;

namespace syncline::backend {

class Acceptor final : public ReadyHandler, public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(std::shared_ptr<ServerCore> core, Shard& shard, int fd, std::shared_ptr<TlsContext> tls);
  ~Acceptor() override;

  void start();
  void stop();  // closes the socket
  void on_ready() override;

 private:
  void adopt(int fd, const sockaddr_storage& address);
  void refuse_full(int fd, const std::string& peer);
  void refuse_memory(int fd, const std::string& peer);
  void refuse_network(int fd, const std::string& peer);
  void refuse_fast(int fd, const std::string& peer, std::uint64_t wait_ms);

  std::shared_ptr<ServerCore> core_;
  Shard& shard_;
  int fd_;
  std::shared_ptr<TlsContext> tls_;
  FdWatch watch_;
};

// "127.0.0.1:51234", "[::1]:51234".
std::string peer_text(const sockaddr_storage& address);

}  // namespace syncline::backend
