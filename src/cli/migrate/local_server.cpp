#include "cli/migrate/local_server.h"

#include <fmt/format.h>

#include <random>
#include <utility>
#include <vector>

#include "backend/server/node.h"

namespace syncline::cli {
namespace {

constexpr std::uint64_t kDrainMs = 10'000;
constexpr std::string_view kPrincipal = "import";  // whom the log names as the author

std::string random_token() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 8; ++i) token += fmt::format("{:08x}", random());
  return token;
}

class NothingThere final : public Transport {
 public:
  Result<ApiAnswer> ask(const ApiRequest& request) override {
    if (request.method != "GET") return fail(ErrorCode::kUnsupported, "there is no data directory");
    return ApiAnswer{.status = 404, .body = {}};
  }
  std::string name() const override { return {}; }
  bool live() const override { return false; }
  Result<void> refresh() override { return {}; }
};

}  // namespace

LocalServer::LocalServer() : token_(random_token()) {}

LocalServer::~LocalServer() {
  if (node_) node_->drain(kDrainMs);
}

Result<std::unique_ptr<LocalServer>> LocalServer::start(const std::string& data_dir) {
  std::unique_ptr<LocalServer> server(new LocalServer());
  backend::NodeOptions options;
  options.data_dir = data_dir;
  options.port = 0;
  options.loops = 1;
  options.rates = {};
  std::vector<identity::Token> tokens;
  tokens.push_back({server->token_, {.id = std::string(kPrincipal)}});
  options.access = identity::Access(std::move(tokens));
  auto node = backend::Node::start(std::move(options));
  if (!node) return std::unexpected(std::move(node.error()));
  server->node_ = std::move(*node);
  return server;
}

std::string LocalServer::url() const {
  return node_->url();
}

std::unique_ptr<Transport> transport_to_nothing() {
  return std::make_unique<NothingThere>();
}

}  // namespace syncline::cli
