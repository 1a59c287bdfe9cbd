// HookClient: sends the requests of webhooks (hooks/hook_sender.h) on a few threads of its own.
//
// An endpoint has one request under way at a time, so a receiver that does not answer holds one thread for as long as a
// request may take. What does not fit into the queue is refused, and tried again later like every failure.
//
// Thread-safety: any. stop() must come while the loops that asked still run.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "backend/outbound/outbound_client.h"
#include "backend/outbound/outbound_threads.h"
#include "hooks/hook_sender.h"

namespace syncline::backend {

class HookClient final : public hooks::HookSender {
 public:
  static constexpr std::size_t kThreads = 32;  // requests at once
  static constexpr std::size_t kMostQueued = 4096;

  // An administrator of a workspace says where a webhook leads, so what the operator allows his own requests to reach does
  // not count here: only these networks do, besides the public internet. kInvalid: one of them is none.
  static Result<std::unique_ptr<HookClient>> make(const std::vector<std::string>& hooks_allow,
                                                  std::string ca_file);
  explicit HookClient(OutboundOptions outbound) : client_(std::move(outbound)) {}
  ~HookClient() override { stop(); }

  void send(hooks::HookRequest request, Scheduler& loop, Done done) override;

  // Ends what is being sent. Those who wait are told kUnavailable.
  void stop();

 private:
  Result<hooks::HookAnswer> exchange(const hooks::HookRequest& request) const;

  OutboundClient client_;
  OutboundThreads threads_{kThreads, kMostQueued};  // last: they stop first
};

}  // namespace syncline::backend
