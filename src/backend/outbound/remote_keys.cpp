#include "backend/outbound/remote_keys.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "syncline/crdt/any.h"

namespace syncline::backend {
namespace {

std::uint64_t clock_ms() {
  using std::chrono::steady_clock;
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch())
          .count());
}

// The body of an answer with status 200.
Result<std::string> body_of(Result<HttpClientResponse> answer, const std::string& url) {
  if (!answer) return fail(answer.error().code, fmt::format("{}: {}", url, answer.error().message));
  if (answer->status != 200)
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}: status {}{}", url, answer->status,
                            answer->status / 100 == 3 ? "; redirects are not followed" : ""));
  return std::move(answer->body);
}

std::string text_member(const crdt::Any& object, std::string_view key) {
  const crdt::Any* const member = object.find(key);
  const auto* const text = member == nullptr ? nullptr : std::get_if<std::string>(&member->value());
  return text == nullptr ? std::string() : *text;
}

}  // namespace

RemoteKeys::RemoteKeys(Place place, OutboundOptions outbound, observe::Reporter reporter,
                       const identity::KeyCache::Times& times)
    : place_(std::move(place)),
      client_(std::move(outbound)),
      reporter_(reporter),
      cache_(times),
      thread_(1, 1) {}

RemoteKeys::~RemoteKeys() {
  stop();
}

void RemoteKeys::stop() {
  client_.stop();
  thread_.stop();
  end(fail(ErrorCode::kUnavailable, "the server is shutting down"));
}

identity::Keys RemoteKeys::keys() {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t now_ms = clock_ms();
  if (cache_.is_due(now_ms)) {
    cache_.began(now_ms);
    start();
  }
  return cache_.keys(now_ms);
}

void RemoteKeys::ask(const identity::Keys& known, Scheduler& loop, identity::KeyCache::Done done) {
  // Answered in a later turn, because this one holds the lock.
  auto later = [&loop, done = std::move(done)](Result<identity::Keys> keys) mutable {
    loop.post(
        [done = std::move(done), keys = std::move(keys)]() mutable { done(std::move(keys)); });
  };
  const std::scoped_lock lock(mutex_);
  if (cache_.ask(clock_ms(), known, std::move(later))) start();
}

// There is one fetch at a time, so the queue has room, unless the server stops.
void RemoteKeys::start() {
  thread_.post([this] { fetch(); });
}

void RemoteKeys::fetch() {
  ++counters_.fetches;
  auto keys = fetched();
  if (keys) {
    reporter_.info("keys for tokens fetched", {{"keys", keys->keys().size()}});
  } else {
    ++counters_.failures;
    reporter_.warn("keys for tokens cannot be fetched", {{"reason", keys.error().message}});
  }
  end(std::move(keys));
}

void RemoteKeys::end(Result<jose::KeySet> keys) {
  identity::KeyCache::Told told;
  {
    const std::scoped_lock lock(mutex_);
    told = cache_.ended(clock_ms(), std::move(keys));
  }
  for (auto& waiter : told.waiters) waiter(told.answer);
}

// The document names the address of the keys; its issuer must be the one that we trust, to the letter.
Result<std::string> RemoteKeys::discovered() const {
  std::string url = place_.issuer;
  while (url.ends_with('/')) url.pop_back();
  url += "/.well-known/openid-configuration";
  const auto body = body_of(client_.get(url, jose::kMaxKeySetBytes), url);
  if (!body) return std::unexpected(body.error());
  const auto document = crdt::from_json(*body);
  if (!document) return fail(ErrorCode::kMalformed, url + ": this is no JSON");
  if (const std::string issuer = text_member(*document, "issuer"); issuer != place_.issuer)
    return fail(ErrorCode::kInvalid, url + ": it is of another issuer");
  std::string keys = text_member(*document, "jwks_uri");
  if (keys.empty()) return fail(ErrorCode::kInvalid, url + ": there is no jwks_uri");
  return keys;
}

Result<jose::KeySet> RemoteKeys::fetched() const {
  const auto url = place_.jwks_url.empty() ? discovered() : Result<std::string>(place_.jwks_url);
  if (!url) return std::unexpected(url.error());
  const auto body = body_of(client_.get(*url, jose::kMaxKeySetBytes), *url);
  if (!body) return std::unexpected(body.error());
  // A published set holds public keys; a secret in it would be no secret.
  auto keys = jose::KeySet::from_json(*body, jose::KeySet::Secrets::kIgnored);
  if (!keys) return fail(keys.error().code, fmt::format("{}: {}", *url, keys.error().message));
  return keys;
}

}  // namespace syncline::backend
