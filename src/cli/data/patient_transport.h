// PatientTransport: asks again when a server says that it has no time now.
//
// A server that is over its budgets answers 429 or 503, and `Retry-After` says when to come back. This
// transport waits so long and sends the request again, until another answer comes or its patience, the
// time of all waits together, is used up. Then it returns the refusal like any other answer.
//
// Calls block. Thread-safety: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "cli/data/transport.h"

namespace syncline::cli {

class PatientTransport final : public Transport {
 public:
  using Sleep = std::function<void(std::uint64_t ms)>;

  PatientTransport(std::unique_ptr<Transport> transport, std::uint64_t patience_ms, Sleep sleep)
      : transport_(std::move(transport)), patience_ms_(patience_ms), sleep_(std::move(sleep)) {}

  Result<ApiAnswer> ask(const ApiRequest& request) override;

  std::string name() const override { return transport_->name(); }
  bool live() const override { return transport_->live(); }
  Result<void> refresh() override { return transport_->refresh(); }

 private:
  std::unique_ptr<Transport> transport_;
  std::uint64_t patience_ms_;  // what is left of it
  Sleep sleep_;
};

}  // namespace syncline::cli
