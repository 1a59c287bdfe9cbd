#include "hooks/deliveries.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "hooks/signature.h"
#include "identity/random_text.h"

namespace syncline::hooks {
namespace {

constexpr std::size_t kPage = 256;
constexpr std::size_t kIdChars = 20;
constexpr std::uint64_t kMakersMs = 10'000;
constexpr std::uint64_t kLoadAgainMs = 5'000;

std::unexpected<Error> no_such_hook(std::string_view id) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no webhook {}", id));
}

}  // namespace

Deliveries::Deliveries(HookServices services, std::function<bool(std::string_view)> owns,
                       observe::Sink* reports)
    : services_(std::move(services)),
      owns_(std::move(owns)),
      reporter_(reports, observe::Area::kWorkspace) {
  if (!enabled()) return;
  load({});
  look_at_makers();
}

Deliveries::~Deliveries() {
  services_.host.scheduler().cancel(timer_);
}

void Deliveries::stop() {
  stopped_ = true;
  endpoints_.clear();
}

// ---- what is stored

void Deliveries::load(std::string after) {
  services_.directory.list_entries(
      log::DirectoryKind::kHook, "", after, kPage,
      [this, after, alive = std::weak_ptr(alive_)](Result<std::vector<log::DirectoryEntry>> page) {
        if (alive.expired() || stopped_) return;
        if (page) return take_page(std::move(*page));
        reporter_.error("the webhooks cannot be read", {{"reason", page.error().message}});
        services_.host.scheduler().after(kLoadAgainMs, [this, after, alive] {
          if (!alive.expired()) load(after);
        });
      });
}

void Deliveries::take_page(std::vector<log::DirectoryEntry> page) {
  for (const log::DirectoryEntry& entry : page) {
    auto endpoint = decode_endpoint(entry.id, entry.value);
    if (!endpoint)
      reporter_.error("a webhook cannot be read", {{"reason", endpoint.error().message}});
    else if (owns_(endpoint->workspace))
      load_progress(*std::move(endpoint));
  }
  if (page.size() == kPage) return load(page.back().id);
  loaded_ = true;
}

void Deliveries::load_progress(Endpoint endpoint) {
  std::string key = endpoint_key(endpoint.workspace, endpoint.id);
  services_.directory.load_entry(
      log::DirectoryKind::kHookProgress, std::move(key),
      [this, endpoint = std::move(endpoint),
       alive = std::weak_ptr(alive_)](Result<std::optional<Bytes>> value) mutable {
        if (alive.expired() || stopped_) return;
        auto progress = !value   ? std::unexpected(value.error())
                        : *value ? decode_progress(**value)
                                 : Result<Progress>(Progress{});
        if (!progress) {
          reporter_.error("a webhook cannot be read", {{"reason", progress.error().message}});
          progress = Progress{.disabled_ms = services_.host.scheduler().unix_ms(),
                              .reason = "how far it had come cannot be read: make a new one"};
        }
        begin(std::move(endpoint), *std::move(progress));
      });
}

void Deliveries::begin(Endpoint endpoint, Progress progress) {
  Key key{endpoint.workspace, endpoint.id};
  auto [made, first] = endpoints_.try_emplace(
      std::move(key),
      std::make_unique<Delivery>(services_, counters_, std::move(endpoint), std::move(progress)));
  if (first) made->second->begin();
}

// Whoever was revoked is looked for, because the revocation may be forgotten before the next event.
void Deliveries::look_at_makers() {
  timer_ = services_.host.scheduler().after(kMakersMs, [this] {
    for (const auto& [key, delivery] : endpoints_) delivery->look_at_maker();
    look_at_makers();
  });
}

// ---- looking

std::vector<const Delivery*> Deliveries::list(std::string_view workspace) const {
  std::vector<const Delivery*> found;
  for (auto at = endpoints_.lower_bound(Key(workspace, ""));
       at != endpoints_.end() && at->first.first == workspace; ++at)
    found.push_back(at->second.get());
  return found;
}

const Delivery* Deliveries::content_hook(std::string_view workspace,
                                         std::string_view object) const {
  const Delivery* best = nullptr;
  for (auto at = endpoints_.lower_bound(Key(workspace, ""));
       at != endpoints_.end() && at->first.first == workspace; ++at) {
    const Endpoint& each = at->second->endpoint();
    if (!each.initial_content || !object.starts_with(each.prefix)) continue;
    if (best == nullptr || each.prefix.size() > best->endpoint().prefix.size())
      best = at->second.get();
  }
  return best;
}

Delivery* Deliveries::find(std::string_view workspace, std::string_view id) const {
  const auto found = endpoints_.find(Key(workspace, id));
  return found == endpoints_.end() ? nullptr : found->second.get();
}

std::string Deliveries::secret_of(const Endpoint& endpoint) const {
  return secret_text(
      hooks::secret_of(services_.key, endpoint.workspace, endpoint.id, endpoint.secret));
}

std::size_t Deliveries::disabled() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(endpoints_, [](const auto& entry) { return entry.second->stopped(); }));
}

std::size_t Deliveries::late() const {
  std::size_t total = 0;
  for (const auto& [key, delivery] : endpoints_)
    total +=
        static_cast<std::size_t>(std::ranges::count_if(delivery->progress().late, &Late::pending));
  return total;
}

// ---- changing

void Deliveries::add(Endpoint endpoint, log::Done<std::string> done) {
  if (auto valid = check_endpoint(endpoint); !valid)
    return done(std::unexpected(std::move(valid.error())));
  if (!loaded_)
    return done(fail(ErrorCode::kUnavailable, "the webhooks are still being read; try again"));
  const std::string workspace = endpoint.workspace;
  std::size_t& adding = adding_[workspace];
  if (list(workspace).size() + adding >= kMostEndpoints)
    return done(fail(ErrorCode::kTooLarge,
                     fmt::format("a workspace has at most {} webhooks", kMostEndpoints)));
  ++adding;
  endpoint.id = identity::random_text(services_.random, kIdChars);
  endpoint.key_mark = mark_of_key(services_.key);
  const auto end = [this, workspace] {
    const auto entry = adding_.find(workspace);
    if (--entry->second == 0) adding_.erase(entry);
  };
  services_.host.log().head(
      workspace, [this, end, endpoint = std::move(endpoint), done = std::move(done),
                  alive = std::weak_ptr(alive_)](Result<log::Head> head) mutable {
        if (alive.expired()) return;
        if (!head) {
          end();
          return done(std::unexpected(std::move(head.error())));
        }
        Progress progress{.after = head->last_position};
        const std::string key = endpoint_key(endpoint.workspace, endpoint.id);
        std::vector<log::DirectoryChange> changes;
        changes.push_back({log::DirectoryKind::kHook, key, encode_endpoint(endpoint)});
        changes.push_back({log::DirectoryKind::kHookProgress, key, encode_progress(progress)});
        services_.directory.change_directory(
            std::move(changes),
            [this, end, endpoint = std::move(endpoint), progress = std::move(progress),
             done = std::move(done), alive](Result<void> stored) mutable {
              if (alive.expired()) return;
              end();
              if (!stored) return done(std::unexpected(std::move(stored.error())));
              std::string id = endpoint.id;
              if (!stopped_) begin(std::move(endpoint), std::move(progress));
              done(std::move(id));
            });
      });
}

// What was given up goes with it: a page at a time, and the endpoint at last.
void Deliveries::remove(std::string_view workspace, std::string_view id, log::Done<void> done) {
  if (endpoints_.erase(Key(workspace, id)) == 0) return done(no_such_hook(id));
  const std::string key = endpoint_key(workspace, id);
  services_.directory.list_entries(
      log::DirectoryKind::kHookDead, dead_prefix(workspace, id), "", kMostDead,
      [this, key, done = std::move(done),
       alive = std::weak_ptr(alive_)](Result<std::vector<log::DirectoryEntry>> dead) mutable {
        if (alive.expired()) return;
        std::vector<log::DirectoryChange> changes;
        if (dead)
          for (log::DirectoryEntry& entry : *dead)
            changes.push_back({log::DirectoryKind::kHookDead, std::move(entry.id), std::nullopt});
        changes.push_back({log::DirectoryKind::kHookProgress, key, std::nullopt});
        changes.push_back({log::DirectoryKind::kHook, key, std::nullopt});
        services_.directory.change_directory(std::move(changes), std::move(done));
      });
}

Result<void> Deliveries::forget(std::string_view workspace) {
  if (enabled() && !loaded_)
    return fail(ErrorCode::kUnavailable, "the webhooks are still being read; try again");
  std::erase_if(endpoints_, [&](const auto& entry) { return entry.first.first == workspace; });
  return {};
}

void Deliveries::rotate(std::string_view workspace, std::string_view id, log::Done<void> done) {
  const Delivery* const found = find(workspace, id);
  if (found == nullptr) return done(no_such_hook(id));
  Endpoint endpoint = found->endpoint();
  const std::string mark = mark_of_key(services_.key);
  // Nobody has a secret before this one under another key.
  endpoint.rotated_ms = endpoint.key_mark == mark ? services_.host.scheduler().unix_ms() : 0;
  endpoint.key_mark = mark;
  ++endpoint.secret;
  put(std::move(endpoint), std::move(done));
}

void Deliveries::put(Endpoint endpoint, log::Done<void> done) {
  std::vector<log::DirectoryChange> changes;
  changes.push_back({log::DirectoryKind::kHook, endpoint_key(endpoint.workspace, endpoint.id),
                     encode_endpoint(endpoint)});
  services_.directory.change_directory(
      std::move(changes), [this, endpoint = std::move(endpoint), done = std::move(done),
                           alive = std::weak_ptr(alive_)](Result<void> stored) mutable {
        if (alive.expired()) return;
        if (Delivery* const delivery = find(endpoint.workspace, endpoint.id); stored && delivery)
          delivery->take(std::move(endpoint));
        done(std::move(stored));
      });
}

void Deliveries::test(std::string_view workspace, std::string_view id, HookSender::Done done) {
  const Delivery* const found = find(workspace, id);
  if (found == nullptr) return done(no_such_hook(id));
  const Endpoint& endpoint = found->endpoint();
  const std::uint64_t now_ms = services_.host.scheduler().unix_ms();
  const std::string message = fmt::format("msg_{}_test_{}", endpoint.id, now_ms);
  HookRequest request{.url = endpoint.url, .body = hook_body(endpoint, "test", now_ms, "{}")};
  request.headers = signed_headers(services_.key, endpoint, message, now_ms, request.body);
  services_.sender->send(std::move(request), services_.host.scheduler(), std::move(done));
}

void Deliveries::ask(const Endpoint& endpoint, const std::string& message, HookRequest request,
                     HookSender::Done done) {
  request.url = endpoint.url;
  request.headers = signed_headers(services_.key, endpoint, message,
                                   services_.host.scheduler().unix_ms(), request.body);
  services_.sender->send(std::move(request), services_.host.scheduler(), std::move(done));
}

// ---- what was given up

void Deliveries::list_dead(std::string_view workspace, std::string_view id, log::Position after,
                           std::size_t limit, log::Done<std::vector<Dead>> done) {
  if (find(workspace, id) == nullptr) return done(no_such_hook(id));
  services_.directory.list_entries(
      log::DirectoryKind::kHookDead, dead_prefix(workspace, id), dead_key(workspace, id, after),
      limit, [done = std::move(done)](Result<std::vector<log::DirectoryEntry>> page) mutable {
        if (!page) return done(std::unexpected(std::move(page.error())));
        std::vector<Dead> found;
        for (const log::DirectoryEntry& entry : *page) {
          auto dead = decode_dead(entry.value);
          if (!dead) return done(std::unexpected(std::move(dead.error())));
          found.push_back(*std::move(dead));
        }
        done(std::move(found));
      });
}

void Deliveries::replay(std::string_view workspace, std::string_view id, log::Position position,
                        log::Done<std::size_t> done) {
  const log::Position after = position == 0 ? 0 : position - 1;
  list_dead(workspace, id, after, position == 0 ? kMostDead : 1,
            [this, key = Key(workspace, id), position, done = std::move(done),
             alive = std::weak_ptr(alive_)](Result<std::vector<Dead>> dead) mutable {
              if (alive.expired()) return;
              if (!dead) return done(std::unexpected(std::move(dead.error())));
              std::vector<log::Position> positions;
              for (const Dead& each : *dead)
                if (position == 0 || each.position == position) positions.push_back(each.position);
              if (position != 0 && positions.empty())
                return done(fail(ErrorCode::kNotFound, "no event at this position was given up"));
              const std::size_t count = positions.size();
              if (Delivery* const delivery = find(key.first, key.second))
                delivery->replay(std::move(positions));
              done(count);
            });
}

}  // namespace syncline::hooks
