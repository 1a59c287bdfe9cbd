// The API over a data directory, served within this process. It uses the routes and handlers of a
// server, on a loop that runs while this code waits for an answer.
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/serve.h"
#include "backend/keys/key_ring.h"
#include "backend/net/system_random.h"
#include "backend/store/deleted_workspaces.h"
#include "backend/store/rocksdb_store.h"
#include "backend/store/tenant_records.h"
#include "backend/tokens/api_key_table.h"
#include "cli/data/transport.h"
#include "cli/data/waiting_loop.h"
#include "http/exchange.h"
#include "http/parser.h"
#include "identity/access.h"
#include "limits/tenants.h"
#include "node/shards.h"

namespace syncline::cli {
namespace {

// Collects the answer of a handler.
class Collecting final : public http::Exchange {
 public:
  Collecting(Scheduler& loop, log::Done<ApiAnswer> done) : loop_(loop), done_(std::move(done)) {}

  Scheduler& loop() override { return loop_; }
  void respond(http::Response response) override {
    answer_.status = response.status;
    answer_.body = as_text(response.body.view());
    end();
  }
  void begin(http::Response head) override { answer_.status = head.status; }
  void write(http::Body piece) override { answer_.body += as_text(piece.view()); }
  void end() override { done_(std::move(answer_)); }
  void abort() override { done_(fail(ErrorCode::kMalformed, "the answer was cut off")); }
  std::size_t queued_bytes() const override { return 0; }
  bool is_closed() const override { return false; }
  void when_closed(Task) override {}

 private:
  Scheduler& loop_;
  log::Done<ApiAnswer> done_;
  ApiAnswer answer_;
};

// Requests for these change nothing but the directory, so they need no server.
constexpr std::string_view kApiKeysPath = "/v1/api-keys";

class DataDirTransport final : public Transport {
 public:
  DataDirTransport(std::string data_dir, Opened opened, const std::string& tenant)
      : data_dir_(std::move(data_dir)),
        opened_(opened),
        prefix_(tenant.empty() ? "" : "/t/" + tenant) {}
  ~DataDirTransport() override { close(); }

  Result<ApiAnswer> ask(const ApiRequest& request) override {
    const bool of_keys = request.path.starts_with(kApiKeysPath);
    const bool reads = request.method == "GET" || request.changes_nothing;
    if (!reads && !(of_keys && opened_ == Opened::kForKeys))
      return fail(ErrorCode::kUnsupported,
                  "a data directory is only read here: name its server with --server");
    if (of_keys)
      if (auto read = read_api_keys(); !read) return std::unexpected(std::move(read.error()));
    auto head = http::parse_request_head(
        std::string(request.method) + " " + prefix_ + request.path +
            " HTTP/1.1\r\nHost: localhost\r\nAccept: " + request.accept + "\r\n\r\n",
        {});
    if (!head) return fail(ErrorCode::kInvalid, std::string(head.error().message));
    head->request.body = request.body;
    return loop_.wait<ApiAnswer>([&](auto done) {
      loop_.post([this, request = std::move(head->request), done = std::move(done)]() mutable {
        handler_(std::move(request),
                 http::Responder(std::make_shared<Collecting>(loop_, std::move(done))));
      });
    });
  }

  std::string name() const override { return {}; }
  bool live() const override { return false; }

  Result<void> refresh() override {
    close();
    const bool for_keys = opened_ == Opened::kForKeys;
    auto store = backend::RocksDbStore::open(
        {.data_dir = data_dir_, .create_if_missing = for_keys, .read_only = !for_keys});
    if (!store) return std::unexpected(std::move(store.error()));
    store_ = std::move(*store);
    if (auto known = know_tenants(); !known) return known;
    const auto keys = public_keys();
    if (keys) identity_ = {keys->log_name, {}, keys->keys};  // enough for proofs; signs nothing
    if (auto known = backend::load_deleted_workspaces(store_->tables(), deleted_); !known)
      return known;
    node::ShardOptions options;
    options.deleted = &deleted_;
    // The command may take as long as it takes: it keeps nobody waiting.
    options.loop_share.most_steps = std::numeric_limits<std::uint64_t>::max() / 2;
    shards_.set(0, std::make_unique<node::Shard>(loop_, std::make_unique<backend::SystemRandom>(),
                                                 store_->open_loop(loop_), identity_,
                                                 shards_.placement(), 0, std::move(options)));
    return {};
  }

 private:
  void close() {
    context_.api_keys = nullptr;
    api_keys_.reset();
    shards_.set(0, nullptr);
    store_.reset();
  }

  // Only for whoever asks: other commands need not read them.
  Result<void> read_api_keys() {
    if (api_keys_ != nullptr) return {};
    auto table = backend::ApiKeyTable::open(store_->tables(), {.with_directory = [this](auto use) {
                                              use(shards_.at(0)->store->directory());
                                            }});
    if (!table) return std::unexpected(std::move(table.error()));
    api_keys_ = std::move(*table);
    context_.api_keys = api_keys_.get();
    return {};
  }

  // Whoever has the directory reads also what a server refuses.
  Result<void> know_tenants() {
    auto records = backend::read_tenants(store_->tables());
    if (!records) return std::unexpected(std::move(records.error()));
    for (limits::TenantRecord& record : *records) {
      record.state = limits::TenantState::kActive;
      tenants_.put(record);
    }
    return {};
  }

  Result<api::PublicKeys> public_keys() const {
    auto keys = backend::KeyRing::read_public(data_dir_);
    if (!keys) return std::unexpected(std::move(keys.error()));
    std::string name = keys->empty() ? std::string() : keys->back().name;
    return api::PublicKeys{std::move(name), std::move(*keys)};
  }

  const std::string data_dir_;
  const Opened opened_;
  const std::string prefix_;  // of all paths
  WaitingLoop loop_;
  std::unique_ptr<backend::RocksDbStore> store_;
  std::unique_ptr<backend::ApiKeyTable> api_keys_;
  log::NotaryIdentity identity_;
  workspace::DeletedWorkspaces deleted_;
  node::Shards shards_{{&loop_}};
  const identity::Access everybody_;
  limits::TenantTable tenants_;
  const limits::TenantDoor door_{everybody_, tenants_};
  const std::atomic<bool> ready_ = true;
  api::Context context_{.shards = shards_,
                        .access = door_,
                        .tenants = &tenants_,
                        .keys = [this] { return public_keys(); },
                        .ready = ready_,
                        .local = true};
  const http::Handler handler_ = api::make_handler(context_);
};

}  // namespace

Result<std::unique_ptr<Transport>> transport_to_data_dir(std::string data_dir, Opened opened,
                                                         const std::string& tenant) {
  auto transport = std::make_unique<DataDirTransport>(std::move(data_dir), opened, tenant);
  if (auto opened = transport->refresh(); !opened) return std::unexpected(opened.error());
  return transport;
}

}  // namespace syncline::cli
