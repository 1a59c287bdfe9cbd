#include "backend/server/hook_service.h"

#include <optional>
#include <utility>

#include "backend/tokens/hook_key.h"

namespace syncline::backend {
namespace {

constexpr std::size_t kContentThreads = 8;

// An administrator of a workspace says where a webhook leads, so what the operator allows his own requests to reach does not
// count here: only these networks do, besides the public internet.
Result<OutboundOptions> outbound_of_hooks(const std::vector<std::string>& allow,
                                          std::string ca_file) {
  OutboundOptions outbound{.ca_file = std::move(ca_file)};
  outbound.rules.option = "--hooks-allow";
  for (const std::string& text : allow) {
    auto network = parse_network(text);
    if (!network) return fail(network.error().code, "--hooks-allow: " + network.error().message);
    outbound.rules.allowed.push_back(*network);
  }
  return outbound;
}

}  // namespace

Result<std::unique_ptr<HookService>> HookService::make(const HookOptions& options,
                                                       const std::string& data_dir,
                                                       OutboundOptions outbound,
                                                       observe::Sink* sink) {
  std::unique_ptr<HookService> service(new HookService);
  auto key = open_hook_key(data_dir);
  if (!key) return std::unexpected(std::move(key.error()));
  service->key_ = *std::move(key);
  auto of_hooks = outbound_of_hooks(options.allow, outbound.ca_file);
  if (!of_hooks) return std::unexpected(std::move(of_hooks.error()));
  service->client_ = std::make_unique<HookClient>(*std::move(of_hooks));
  if (options.content_url.empty()) {
    service->content_ = std::make_unique<api::InitialContent>(std::nullopt, nullptr, sink);
    return service;
  }
  auto content = api::InitialContent::options_of(options.content_url, options.content_secret);
  if (!content) return std::unexpected(std::move(content.error()));
  service->content_client_ = std::make_unique<HookClient>(std::move(outbound), kContentThreads);
  service->content_ = std::make_unique<api::InitialContent>(*std::move(content),
                                                            service->content_client_.get(), sink);
  return service;
}

void HookService::stop() {
  client_->stop();
  if (content_client_ != nullptr) content_client_->stop();
}

void HookService::add_metrics(observe::MetricsPage& page) const {
  const api::InitialContent::Counters& counters = content_->counters();
  page.counter("initial_content_asked_total", "Questions for the content of a new object.",
               counters.asked);
  page.counter("initial_content_given_total", "Of these, answered with content.", counters.given);
  page.counter("initial_content_empty_total", "Of these, answered with nothing.", counters.empty);
  page.counter("initial_content_failed_total", "Of these, without an answer that can be used.",
               counters.failed);
}

}  // namespace syncline::backend
