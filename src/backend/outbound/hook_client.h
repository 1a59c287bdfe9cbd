// HookClient: sends the requests of webhooks (hooks/hook_sender.h) on a few threads of its own.
//
// An endpoint has one request under way at a time, so a receiver that does not answer holds one thread for as long as a
// request may take. What does not fit into the queue is refused, and tried again later like every failure.
//
// Thread-safety: any. stop() must come while the loops that asked still run.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "backend/outbound/outbound_client.h"
#include "backend/outbound/outbound_threads.h"
#include "hooks/hook_sender.h"

namespace syncline::backend {

class HookClient final : public hooks::HookSender {
 public:
  static constexpr std::size_t kThreads = 32;  // requests at once
  static constexpr std::size_t kMostQueued = 4096;

  explicit HookClient(OutboundOptions outbound, std::size_t threads = kThreads)
      : option_(outbound.rules.option),
        client_(std::move(outbound)),
        threads_(threads, kMostQueued) {}
  ~HookClient() override { stop(); }

  void send(hooks::HookRequest request, Scheduler& loop, Done done) override;

  // Ends what is being sent. Those who wait are told kUnavailable.
  void stop();

 private:
  Result<hooks::HookAnswer> exchange(const hooks::HookRequest& request) const;

  const std::string option_;  // by which operators allow more addresses
  OutboundClient client_;
  OutboundThreads threads_;  // last: they stop first
};

}  // namespace syncline::backend
