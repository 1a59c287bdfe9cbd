// LocalServer: a server of a data directory within this process, for commands that write into a data directory whose
// server is stopped. It listens on the loopback address, at a free port, and lets in only who has its token, which is
// random.
#pragma once

#include <memory>
#include <string>

#include "cli/data/transport.h"
#include "syncline/error.h"

namespace syncline::backend {
class Node;
}

namespace syncline::cli {

class LocalServer {
 public:
  // Creates the directory if it is missing. kConflict: a server uses it.
  static Result<std::unique_ptr<LocalServer>> start(const std::string& data_dir);
  // Ends the server; everything that was answered is on the disk.
  ~LocalServer();

  std::string url() const;
  const std::string& token() const { return token_; }

 private:
  LocalServer();

  std::string token_;
  std::unique_ptr<backend::Node> node_;
};

// A transport to a server that has nothing: every request for something is kNotFound, and nothing can be changed.
std::unique_ptr<Transport> transport_to_nothing();

}  // namespace syncline::cli
