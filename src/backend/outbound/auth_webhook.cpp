#include "backend/outbound/auth_webhook.h"

#include <chrono>
#include <utility>

namespace syncline::backend {
namespace {

template <typename Clock>
std::uint64_t ms_of() {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
          .count());
}

}  // namespace

AuthWebhook::AuthWebhook(Options options, observe::Reporter reporter)
    : options_(std::move(options)),
      client_(options_.outbound),
      reporter_(reporter),
      threads_(options_.threads, kMaxQueued) {}

AuthWebhook::~AuthWebhook() {
  stop();
}

void AuthWebhook::stop() {
  client_.stop();
  threads_.stop();
  std::unique_lock lock(mutex_);
  auto waiters = answers_.give_up();
  lock.unlock();
  for (auto& waiter : waiters) waiter(fail(ErrorCode::kUnavailable, "the server is shutting down"));
}

void AuthWebhook::authenticate(const identity::Credential& credential, Scheduler& loop,
                               Done done) const {
  if (credential.token.size() > identity::WebhookAnswers::kMaxTokenBytes)
    return done(fail(ErrorCode::kUnauthorized, "the token is too long"));
  const auto question = identity::WebhookAnswers::question_of(credential);
  std::unique_lock lock(mutex_);
  if (auto known = answers_.find(question, ms_of<std::chrono::steady_clock>())) {
    lock.unlock();
    ++counters_.remembered;
    return done(std::move(*known));
  }
  if (!credential.may_ask) {
    lock.unlock();
    return done(fail(ErrorCode::kUnavailable, "the token has not been judged yet"));
  }
  auto later = [&loop, done = std::move(done)](Result<identity::Principal> said) mutable {
    loop.post(
        [done = std::move(done), said = std::move(said)]() mutable { done(std::move(said)); });
  };
  const bool asks = answers_.wait(question, std::move(later));
  lock.unlock();
  if (!asks) return;
  Asked asked{std::string(credential.token), std::string(credential.workspace),
              std::string(credential.object)};
  const bool queued =
      threads_.post([this, question, asked = std::move(asked)] { ask(question, asked); });
  if (!queued)
    end(question,
        {fail(ErrorCode::kUnavailable, "too many tokens are being judged; come back later")});
}

void AuthWebhook::ask(const identity::WebhookAnswers::Question& question,
                      const Asked& asked) const {
  const identity::Credential credential{
      .token = asked.token, .workspace = asked.workspace, .object = asked.object};
  OutboundClient::Headers headers;
  if (!options_.secret.empty()) headers.emplace_back("Authorization", "Bearer " + options_.secret);
  const auto answer = client_.post_json(options_.url, identity::webhook_question(credential),
                                        headers, kMaxAnswerBytes);
  const int status = answer ? answer->status : 0;
  const auto verdict =
      identity::webhook_verdict(credential, status, answer ? answer->body : std::string(),
                                ms_of<std::chrono::system_clock>());
  const bool failed = !verdict.answer && verdict.answer.error().code == ErrorCode::kUnavailable;
  ++(verdict.answer ? counters_.accepted : failed ? counters_.failed : counters_.refused);
  if (failed)
    reporter_.warn("the application did not judge a token",
                   {{"status", static_cast<std::uint64_t>(status)},
                    {"reason", answer ? std::string("its answer is not understood")
                                      : answer.error().message}});
  end(question, verdict);
}

void AuthWebhook::end(const identity::WebhookAnswers::Question& question,
                      const identity::WebhookVerdict& verdict) const {
  std::unique_lock lock(mutex_);
  auto waiters =
      answers_.ended(question, verdict.answer, verdict.kept_ms, ms_of<std::chrono::steady_clock>());
  lock.unlock();
  for (auto& waiter : waiters) waiter(verdict.answer);
}

}  // namespace syncline::backend
