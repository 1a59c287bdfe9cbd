// WebhookAnswers: what an application said about tokens that the server does not know itself, and who waits for its
// answer. A state machine over the time that its callers pass; somebody else asks.
//
// The question is a token together with a workspace and an object. Equal questions share one request. An answer is
// kept for as long as the application says, at most kMostKeptMs; a refusal for kRefusalMs. A failure to ask is not
// kept, and lets nobody in.
//
// Thread-safety: none. Times are milliseconds of a clock that never goes back, if not said otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "identity/authenticator.h"

namespace syncline::identity {

class WebhookAnswers {
 public:
  static constexpr std::uint64_t kKeptMs = 60'000;  // if the application does not say how long
  static constexpr std::uint64_t kMostKeptMs = 600'000;
  static constexpr std::uint64_t kRefusalMs = 10'000;
  static constexpr std::size_t kMaxAnswers = 16 * 1024;
  static constexpr std::size_t kMaxWaiters = 10'000;
  static constexpr std::size_t kMaxTokenBytes = 16 * 1024;  // longer ones are not asked about

  using Question = Hash256;
  using Waiter = std::move_only_function<void(Result<Principal>)>;

  static Question question_of(const Credential& credential);

  // What is known; nullopt: nothing.
  std::optional<Result<Principal>> find(const Question& question, std::uint64_t now_ms) const;

  // Waits for the answer. True if the caller must ask the application now. If too many wait already, the waiter is
  // told kUnavailable before this returns.
  bool wait(const Question& question, Waiter waiter);

  // The application answered, or could not be asked. Returns those who are to be told.
  std::vector<Waiter> ended(const Question& question, const Result<Principal>& answer,
                            std::uint64_t kept_ms, std::uint64_t now_ms);

  // No answer will come any more: all who wait.
  std::vector<Waiter> give_up();

 private:
  struct Answer {
    Result<Principal> said;
    std::uint64_t ends_ms;
  };

  std::map<Question, Answer> answers_;
  std::deque<Question> order_;  // the oldest first
  std::map<Question, std::vector<Waiter>> waiting_;
  std::size_t waiters_ = 0;
};

// The body of the request: {"token", "workspace", "object"}.
std::string webhook_question(const Credential& credential);

// What an answer with this status and body means:
//   200  {"principal", "rights"} and perhaps "name", "groups", "tenant", "expires_in" (seconds)
//   401, 403  refused (kUnauthorized, kForbidden), perhaps with a "reason" for the client
//   everything else  kUnavailable
// The principal is let in to what the question named, and nowhere else. `now_unix_ms` is the wall clock.
struct WebhookVerdict {
  Result<Principal> answer;
  std::uint64_t kept_ms = 0;
};
WebhookVerdict webhook_verdict(const Credential& question, int status, std::string_view body,
                               std::uint64_t now_unix_ms);

}  // namespace syncline::identity
