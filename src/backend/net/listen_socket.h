// Listening sockets that share one address, one for each loop. For this folder only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "syncline/error.h"

namespace syncline::backend {

struct ListenSockets {
  std::vector<int> fds;  // the caller must close them
  std::uint16_t port = 0;
};

// Binds `count` sockets to the first address that `address` resolves to. kConflict if something
// else listens there.
Result<ListenSockets> open_listen_sockets(const std::string& address, std::uint16_t port,
                                          std::size_t count);

}  // namespace syncline::backend
