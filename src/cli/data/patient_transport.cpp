#include "cli/data/patient_transport.h"

#include <algorithm>

namespace syncline::cli {
namespace {

constexpr std::uint64_t kUsualWaitMs = 1000;      // where a refusal does not say how long
constexpr std::uint64_t kLongestWaitMs = 10'000;  // whatever it says

std::uint64_t wait_ms_of(const ApiAnswer& refused) {
  if (!refused.retry_after_s) return kUsualWaitMs;
  return std::min(*refused.retry_after_s, kLongestWaitMs / 1000) * 1000;
}

}  // namespace

Result<ApiAnswer> PatientTransport::ask(const ApiRequest& request) {
  for (;;) {
    auto answer = transport_->ask(request);
    if (!answer || (answer->status != 429 && answer->status != 503)) return answer;
    // A server that says 0 is asked again, but not in a loop without any wait.
    const std::uint64_t wait_ms = std::max<std::uint64_t>(wait_ms_of(*answer), 100);
    if (wait_ms > patience_ms_) return answer;
    patience_ms_ -= wait_ms;
    sleep_(wait_ms);
  }
}

}  // namespace syncline::cli
