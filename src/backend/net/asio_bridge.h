// AsioBridge: runs an Asio io_context on an event loop, for the client sides that are written with
// Asio (ws_client.cpp, faults/fault_link.cpp). A server's loops have none. For event_loop.cpp only.
//
// Thread-safety: none; everything runs on the loop's thread.
#pragma once

#include <cstdint>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace syncline::backend {

class AsioBridge {
 public:
  // `fd` becomes readable when the loop has something to do. It must outlive the bridge.
  explicit AsioBridge(int fd);
  ~AsioBridge();
  AsioBridge(const AsioBridge&) = delete;
  AsioBridge& operator=(const AsioBridge&) = delete;

  boost::asio::io_context& context();

  // Runs what is ready; returns the number of handlers.
  std::size_t run();

  // Waits until `fd` is readable or a handler has run; at most for `wait_us` (below 0: for ever).
  void wait(std::int64_t wait_us);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::backend
