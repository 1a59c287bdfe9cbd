// AuthWebhook: asks the application whose token this is (--auth-webhook). identity/webhook_answers.h says what is asked,
// what the answers mean, and how long they are kept.
//
// Thread-safety: any. stop() must come while the loops that asked still run.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "backend/outbound/outbound_client.h"
#include "backend/outbound/outbound_threads.h"
#include "identity/authenticator.h"
#include "identity/webhook_answers.h"
#include "observe/report.h"

namespace syncline::backend {

class AuthWebhook final : public identity::Authenticator {
 public:
  struct Options {
    std::string url;
    std::string secret = {};  // sent as "Authorization: Bearer"; "": none
    OutboundOptions outbound = {};
    std::size_t threads = 8;  // questions at once
  };
  struct Counters {
    std::atomic<std::uint64_t> accepted = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::atomic<std::uint64_t> failed = 0;      // no answer that can be understood
    std::atomic<std::uint64_t> remembered = 0;  // answered without asking
  };

  AuthWebhook(Options options, observe::Reporter reporter);
  ~AuthWebhook() override;

  bool open() const override { return false; }
  void authenticate(const identity::Credential& credential, Scheduler& loop,
                    Done done) const override;

  // Ends the questions that are asked. Those who wait are told kUnavailable.
  void stop();

  const Counters& counters() const { return counters_; }

 private:
  static constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
  static constexpr std::size_t kMaxQueued = 1024;

  // Whom to let in where, as Credential.
  struct Asked {
    std::string token;
    std::string workspace;
    std::string object;
  };

  void ask(const identity::WebhookAnswers::Question& question, const Asked& asked) const;
  void end(const identity::WebhookAnswers::Question& question,
           const identity::WebhookVerdict& verdict) const;

  const Options options_;
  OutboundClient client_;
  const observe::Reporter reporter_;
  mutable Counters counters_;
  mutable std::mutex mutex_;
  mutable identity::WebhookAnswers answers_;
  mutable OutboundThreads threads_;  // last: they stop first
};

}  // namespace syncline::backend
