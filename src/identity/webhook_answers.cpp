#include "identity/webhook_answers.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "identity/claim_rules.h"
#include "syncline/crdt/any.h"

namespace syncline::identity {
namespace {

constexpr std::size_t kMaxReasonBytes = 200;

std::unexpected<Error> no_verdict() {
  return fail(ErrorCode::kUnavailable, "the token cannot be judged now");
}

// The application's words for the client.
std::string reason_in(std::string_view body) {
  const auto json = crdt::from_json(body);
  const crdt::Any* const reason = json ? json->find("reason") : nullptr;
  const auto* const text = reason == nullptr ? nullptr : std::get_if<std::string>(&reason->value());
  const bool plain = text != nullptr && !text->empty() && text->size() <= kMaxReasonBytes &&
                     std::ranges::all_of(*text, [](char c) {
                       return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
                     });
  return plain ? *text : "the application refuses the token";
}

WebhookVerdict accepted(const Credential& question, std::string_view body,
                        std::uint64_t now_unix_ms) {
  const auto json = crdt::from_json(body);
  if (!json) return {no_verdict()};
  const bool has_tenant = json->find("tenant") != nullptr;
  auto mapped = map_claims(
      *json, {.id = "principal", .tenant = has_tenant ? "tenant" : "", .rights = "rights"});
  if (!mapped) return {no_verdict()};
  Identity& identity = mapped->identity;
  identity.source = Identity::Source::kWebhook;
  identity.workspace = question.workspace;
  identity.object = question.object;
  std::uint64_t kept_ms = WebhookAnswers::kKeptMs;
  if (const crdt::Any* const lifetime = json->find("expires_in")) {
    const auto* const seconds = std::get_if<double>(&lifetime->value());
    constexpr double kMostSeconds = 1e9;
    if (seconds == nullptr || !(*seconds > 0 && *seconds <= kMostSeconds)) return {no_verdict()};
    kept_ms = static_cast<std::uint64_t>(*seconds * 1000);
    identity.expires_ms = now_unix_ms + kept_ms;
  }
  return {Principal{.id = std::move(mapped->id),
                    .rights = mapped->rights,
                    .identity = std::make_shared<const Identity>(std::move(identity))},
          std::min(kept_ms, WebhookAnswers::kMostKeptMs)};
}

}  // namespace

WebhookAnswers::Question WebhookAnswers::question_of(const Credential& credential) {
  Sha256 hash;
  // Each part by its own hash, so that no two questions are the same text.
  for (const std::string_view part : {credential.token, credential.workspace, credential.object})
    hash.update(sha256(as_bytes(part)));
  return hash.finish();
}

std::optional<Result<Principal>> WebhookAnswers::find(const Question& question,
                                                      std::uint64_t now_ms) const {
  const auto found = answers_.find(question);
  if (found == answers_.end() || now_ms >= found->second.ends_ms) return std::nullopt;
  return found->second.said;
}

bool WebhookAnswers::wait(const Question& question, Waiter waiter) {
  if (waiters_ >= kMaxWaiters) {
    waiter(fail(ErrorCode::kUnavailable, "too many tokens are being judged"));
    return false;
  }
  auto& waiters = waiting_[question];
  waiters.push_back(std::move(waiter));
  ++waiters_;
  return waiters.size() == 1;
}

std::vector<WebhookAnswers::Waiter> WebhookAnswers::ended(const Question& question,
                                                          const Result<Principal>& answer,
                                                          std::uint64_t kept_ms,
                                                          std::uint64_t now_ms) {
  if (kept_ms > 0) {
    if (answers_.insert_or_assign(question, Answer{answer, now_ms + kept_ms}).second)
      order_.push_back(question);
    if (order_.size() > kMaxAnswers) {
      answers_.erase(order_.front());
      order_.pop_front();
    }
  }
  auto waiting = waiting_.extract(question);
  if (waiting.empty()) return {};
  waiters_ -= waiting.mapped().size();
  return std::move(waiting.mapped());
}

std::vector<WebhookAnswers::Waiter> WebhookAnswers::give_up() {
  std::vector<Waiter> all;
  for (auto& [question, waiters] : std::exchange(waiting_, {}))
    std::ranges::move(waiters, std::back_inserter(all));
  waiters_ = 0;
  return all;
}

std::string webhook_question(const Credential& credential) {
  const auto text = [](std::string_view part) { return crdt::Any(std::string(part)); };
  return crdt::to_json(crdt::Any::Object{{"token", text(credential.token)},
                                         {"workspace", text(credential.workspace)},
                                         {"object", text(credential.object)}});
}

WebhookVerdict webhook_verdict(const Credential& question, int status, std::string_view body,
                               std::uint64_t now_unix_ms) {
  if (status == 200) return accepted(question, body, now_unix_ms);
  if (status == 401)
    return {fail(ErrorCode::kUnauthorized, reason_in(body)), WebhookAnswers::kRefusalMs};
  if (status == 403)
    return {fail(ErrorCode::kForbidden, reason_in(body)), WebhookAnswers::kRefusalMs};
  return {no_verdict()};
}

}  // namespace syncline::identity
