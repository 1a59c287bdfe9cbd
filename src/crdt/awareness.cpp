#include "syncline/crdt/awareness.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "crdt/json_check.h"

namespace syncline::crdt {

namespace {

constexpr std::string_view kNull = "null";

// As JSON: there may be white space around it.
bool is_null(std::string_view state) {
  constexpr std::string_view kSpace = " \t\n\r";
  const std::size_t begin = state.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return false;
  return state.substr(begin, state.find_last_not_of(kSpace) + 1 - begin) == kNull;
}

std::size_t varint_bytes(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// As the entry is written: a client that has left has the state null.
std::string_view told_state(const AwarenessEntry& entry) {
  return entry.gone || entry.state.empty() ? kNull : entry.state;
}

void write_entry(ByteWriter& out, ClientId client, std::uint64_t clock, std::string_view state) {
  out.var_uint(client);
  out.var_uint(clock);
  out.var_string(state.empty() ? kNull : state);
}

}  // namespace

Result<std::vector<AwarenessEntry>> split_awareness(ByteView message,
                                                    const AwarenessLimits& limits) {
  ByteReader in(message);
  std::vector<AwarenessEntry> entries;
  const std::uint64_t count = in.var_uint();
  if (count > limits.max_clients) return fail(ErrorCode::kTooLarge, "awareness: too many clients");
  for (std::uint64_t left = count; left != 0 && in.ok(); --left) {
    AwarenessEntry entry;
    entry.client = in.var_uint();
    entry.clock = in.var_uint();
    entry.state = in.var_string();
    if (entry.state.size() > limits.max_state_bytes)
      return fail(ErrorCode::kTooLarge, "awareness: a state larger than the limit");
    if (!in.ok()) break;
    entry.gone = is_null(entry.state);
    entries.push_back(entry);
  }
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::kMalformed, "awareness: truncated, or bytes behind its end");
  return entries;
}

bool is_awareness_state(std::string_view state) {
  return is_json(state);
}

Result<std::vector<AwarenessEntry>> decode_awareness(ByteView message,
                                                     const AwarenessLimits& limits) {
  auto entries = split_awareness(message, limits);
  if (!entries) return entries;
  for (const AwarenessEntry& entry : *entries)
    if (!is_awareness_state(entry.state))
      return fail(ErrorCode::kMalformed, "awareness: a state that is not JSON");
  return entries;
}

Bytes encode_awareness(std::span<const AwarenessEntry> entries) {
  std::size_t size = varint_bytes(entries.size());
  for (const AwarenessEntry& entry : entries) {
    const std::string_view state = told_state(entry);
    size += varint_bytes(entry.client) + varint_bytes(entry.clock) + varint_bytes(state.size()) +
            state.size();
  }
  // A message for each connection and for each change of it, so it is written in one piece of memory.
  Bytes message(size);
  std::uint8_t* out = ByteWriter::put_var_uint(message.data(), entries.size());
  for (const AwarenessEntry& entry : entries) {
    const std::string_view state = told_state(entry);
    out = ByteWriter::put_var_uint(out, entry.client);
    out = ByteWriter::put_var_uint(out, entry.clock);
    out = ByteWriter::put_var_uint(out, state.size());
    out = std::ranges::copy(as_bytes(state), out).out;
  }
  return message;
}

std::vector<ClientId> AwarenessChange::all() const {
  std::vector<ClientId> clients = added;
  clients.insert(clients.end(), updated.begin(), updated.end());
  clients.insert(clients.end(), removed.begin(), removed.end());
  return clients;
}

Awareness& Awareness::operator=(Awareness&& other) noexcept {
  limits_ = other.limits_;
  clients_ = std::exchange(other.clients_, {});
  first_ = std::exchange(other.first_, nullptr);
  last_ = std::exchange(other.last_, nullptr);
  present_ = std::exchange(other.present_, 0);
  state_bytes_ = std::exchange(other.state_bytes_, 0);
  return *this;
}

Result<AwarenessChange> Awareness::apply(ByteView message, std::uint64_t now_ms) {
  const auto entries = decode_awareness(message, limits_);
  if (!entries) return std::unexpected(entries.error());
  if (auto room = check_room(*entries); !room) return std::unexpected(std::move(room.error()));
  return apply_checked(*entries, now_ms);
}

AwarenessChange Awareness::apply_checked(std::span<const AwarenessEntry> entries,
                                         std::uint64_t now_ms) {
  AwarenessChange change;
  for (const AwarenessEntry& entry : entries)
    if (is_news(entry)) take(entry, now_ms, change);
  return change;
}

Result<AwarenessChange> Awareness::set_local(ClientId client, std::string_view state,
                                             std::uint64_t now_ms) {
  if (client == 0 || client > kMaxClientId || state.empty())
    return fail(ErrorCode::kInvalid, "awareness: no such client id, or no state");
  const auto known = clients_.find(client);
  const std::uint64_t clock = known == clients_.end() ? 0 : known->second.clock;
  // Checks the state as part of a message, because others will get it in a message.
  const AwarenessEntry own{client, clock + 1, state, false};
  const Bytes message = encode_awareness({&own, 1});
  const auto entries = decode_awareness(message, limits_);
  if (!entries && entries.error().code == ErrorCode::kMalformed)
    return fail(ErrorCode::kInvalid, entries.error().message);
  if (!entries) return std::unexpected(entries.error());
  if (auto room = check_room(*entries); !room) return std::unexpected(std::move(room.error()));
  AwarenessChange change;
  take(entries->front(), now_ms, change);
  return change;
}

AwarenessChange Awareness::renew_local(ClientId client, std::uint64_t now_ms) {
  AwarenessChange change;
  const auto known = clients_.find(client);
  if (known == clients_.end() || known->second.state.empty()) return change;
  ++known->second.clock;
  hear(*known, now_ms);
  change.updated.push_back(client);
  return change;
}

// An unknown client counts as having clock 0. So, as in Yjs, the first, empty state of a client is
// ignored. The news that an unknown client is gone is ignored, too.
bool Awareness::is_news(const AwarenessEntry& entry) const {
  const auto it = clients_.find(entry.client);
  if (it == clients_.end()) return entry.clock > 0 && !entry.gone;
  const Client& known = it->second;
  return entry.clock > known.clock ||
         (entry.clock == known.clock && entry.gone && !known.state.empty());
}

// Assumes that every new state adds to the present ones. So a message is never half applied.
Result<void> Awareness::check_room(std::span<const AwarenessEntry> entries) const {
  std::size_t clients = clients_.size();
  std::size_t bytes = state_bytes_;
  for (const AwarenessEntry& entry : entries) {
    if (!is_news(entry)) continue;
    if (!clients_.contains(entry.client)) ++clients;
    bytes += entry.state.size();
  }
  if (clients > limits_.max_clients || bytes > limits_.max_total_bytes)
    return fail(ErrorCode::kTooLarge, "awareness: more than this document may hold");
  return {};
}

void Awareness::take(const AwarenessEntry& entry, std::uint64_t now_ms, AwarenessChange& change) {
  Entry& known = *clients_.try_emplace(entry.client).first;
  Client& client = known.second;
  client.clock = entry.clock;
  hear(known, now_ms);
  if (entry.gone) {
    mark_gone(known, now_ms);
    change.removed.push_back(entry.client);
    return;
  }
  if (client.state.empty()) {
    ++present_;
    change.added.push_back(entry.client);
  } else {
    change.updated.push_back(entry.client);
  }
  state_bytes_ += entry.state.size() - client.state.size();
  client.state = entry.state;
}

// It becomes the last one, because time never goes back.
void Awareness::hear(Entry& entry, std::uint64_t now_ms) {
  entry.second.heard_ms = now_ms;
  if (last_ == &entry) return;
  unlink(entry.second);
  entry.second.earlier_ = last_;
  (last_ == nullptr ? first_ : last_->second.later_) = &entry;
  last_ = &entry;
}

// Ignored if it has no place yet.
void Awareness::unlink(Known& client) {
  Entry* const earlier = std::exchange(client.earlier_, nullptr);
  Entry* const later = std::exchange(client.later_, nullptr);
  if (earlier != nullptr) earlier->second.later_ = later;
  if (later != nullptr) later->second.earlier_ = earlier;
  if (first_ != nullptr && &first_->second == &client) first_ = later;
  if (last_ != nullptr && &last_->second == &client) last_ = earlier;
}

void Awareness::mark_gone(Entry& entry, std::uint64_t now_ms) {
  Client& client = entry.second;
  if (!client.state.empty()) --present_;
  state_bytes_ -= client.state.size();
  client.state = {};
  hear(entry, now_ms);
}

AwarenessChange Awareness::remove(std::span<const ClientId> clients, std::uint64_t now_ms) {
  AwarenessChange change;
  for (const ClientId id : clients) {
    const auto it = clients_.find(id);
    if (it == clients_.end() || it->second.state.empty()) continue;
    mark_gone(*it, now_ms);
    change.removed.push_back(id);
  }
  return change;
}

AwarenessChange Awareness::expire(std::uint64_t now_ms, std::uint64_t timeout_ms,
                                  std::vector<std::pair<ClientId, Client>>* forgotten) {
  std::vector<ClientId> due;
  for (const Entry* each = first_; each != nullptr; each = each->second.later_) {
    if (now_ms - each->second.heard_ms < timeout_ms) break;
    due.push_back(each->first);
  }
  std::ranges::sort(due);
  AwarenessChange change;
  for (const ClientId id : due) {
    const auto it = clients_.find(id);
    if (!it->second.state.empty()) {
      mark_gone(*it, now_ms);
      change.removed.push_back(id);
      continue;
    }
    unlink(it->second);
    if (forgotten != nullptr) forgotten->emplace_back(id, std::move(it->second));
    clients_.erase(it);
  }
  return change;
}

void Awareness::forget(ClientId client) {
  const auto known = clients_.find(client);
  if (known == clients_.end()) return;
  if (!known->second.state.empty()) --present_;
  state_bytes_ -= known->second.state.size();
  unlink(known->second);
  clients_.erase(known);
}

Bytes Awareness::encode(std::span<const ClientId> clients) const {
  std::size_t known = 0;
  for (const ClientId client : clients) known += clients_.count(client);
  ByteWriter out;
  out.var_uint(known);
  for (const ClientId client : clients)
    if (const auto it = clients_.find(client); it != clients_.end())
      write_entry(out, client, it->second.clock, it->second.state);
  return out.take();
}

Bytes Awareness::encode_all() const {
  ByteWriter out;
  out.var_uint(present_);
  for (const auto& [id, client] : clients_)
    if (!client.state.empty()) write_entry(out, id, client.clock, client.state);
  return out.take();
}

std::string_view Awareness::state(ClientId client) const {
  const auto it = clients_.find(client);
  return it == clients_.end() ? std::string_view{} : std::string_view(it->second.state);
}

}  // namespace syncline::crdt
