// HookSender: sends the requests of webhooks. The server does it with sockets (backend/outbound/hook_client.h); the
// simulator and the tests have receivers of their own.
//
// Thread-safety: any loop may call it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/scheduler.h"
#include "hooks/signature.h"
#include "syncline/error.h"

namespace syncline::hooks {

struct HookRequest {
  std::string url;
  std::string body;  // JSON
  HeaderLines headers = {};
  std::string accept = "*/*";
  std::uint64_t timeout_ms = 15'000;               // for all of it
  std::size_t most_bytes = std::size_t{64} << 10;  // of the body of the answer
};

struct HookAnswer {
  int status = 0;
  std::string content_type = {};
  std::uint64_t retry_after_ms = 0;  // what the receiver asks for; 0: nothing
  std::string put_query = {};        // its header "Syncline-Put" (api/initial_content.h)
  std::string body = {};
};

class HookSender {
 public:
  using Done = std::move_only_function<void(Result<HookAnswer>)>;

  virtual ~HookSender() = default;

  // Posts one request, follows no redirect, and answers on `loop` in a later turn, with whatever status the receiver has
  // answered.
  //   kUnavailable  it cannot be reached, does not answer in time, or too much is being sent
  //   kForbidden    its address is not one that the server may connect to
  //   kUnauthorized, kTooLarge, kMalformed  its certificate, or its answer
  virtual void send(HookRequest request, Scheduler& loop, Done done) = 0;
};

}  // namespace syncline::hooks
