#include "sim/name_watch.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "sim/invariants.h"
#include "sim/rights.h"

namespace syncline::sim {
namespace {

// In every name of a person, and in nothing else.
constexpr std::string_view kMark = "Person-named-";
constexpr std::string_view kClaim = "Guest-called-";

std::string person_name(std::size_t number) {
  return fmt::format("{}{}.", kMark, number);
}

std::string guest_name(std::size_t number) {
  return fmt::format("{}{}.", kClaim, number);
}

// The number in "p7", and in the actor "c7#2".
std::optional<std::size_t> number_in_id(std::string_view id) {
  std::size_t number = 0;
  if (id.empty()) return std::nullopt;
  const auto parsed = std::from_chars(id.data() + 1, id.data() + id.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

NameWatch::NameWatch(World& world, Server& server, NameSettings settings, std::size_t people,
                     std::vector<ObjectName> objects)
    : world_(world),
      server_(server),
      settings_(settings),
      people_(people),
      objects_(std::move(objects)),
      operator_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("names")) {}

std::shared_ptr<const identity::Identity> NameWatch::identity_of(std::size_t number) {
  if (number % 3 == 2) return nullptr;
  return std::make_shared<identity::Identity>(
      identity::Identity{.source = identity::Identity::Source::kJwt, .name = person_name(number)});
}

std::string NameWatch::claim_of(std::size_t number, std::size_t of) {
  return fmt::format(R"({{"name":"{}","id":"p{}","verified":true}})", guest_name(number), of);
}

void NameWatch::start() {
  if (!settings_.on || people_ == 0 || objects_.empty()) return;
  read_later();
  erase_later();
}

void NameWatch::rolled_back() {
  ++past_;
  erased_.clear();
}

void NameWatch::violated(const std::string& what) {
  world_.violated(std::string(kNames), what);
}

// ---- the operator

void NameWatch::read_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.read_every_us)), [this] {
    read();
    read_later();
  });
}

void NameWatch::read() {
  if (server_.process() == nullptr) return;
  const auto& [workspace, object] = objects_[dice_.below(objects_.size())];
  const std::string target = [&, base = workspace_target(workspace)]() -> std::string {
    switch (dice_.below(6)) {
      case 0: return base + "/log?limit=1000";
      case 1: return base + "/changes?limit=50";
      case 2: return base + "/blame/" + object;
      case 3: return base + "/guests";
      case 4: return base + "/export";
      default: return "/v1/people";
    }
  }();
  operator_.ask("GET", target,
                [this, target, erased = erased_, past = past_](const ApiUser::Answer& answer) {
                  if (answer.ok() && past == past_) check_answer(target, answer, erased);
                });
}

void NameWatch::erase_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(settings_.erase_every_us)), [this] {
    erase();
    erase_later();
  });
}

void NameWatch::erase() {
  if (server_.process() == nullptr) return;
  const std::size_t number = dice_.below(people_);
  operator_.ask("DELETE", fmt::format("/v1/people/p{}?forget=1", number),
                [this, number, past = past_](const ApiUser::Answer& answer) {
                  if (!answer.ok() || past != past_) return;
                  world_.hit(Probe::name_erased);
                  erased_.insert(number);
                });
}

// ---- the oracle

// `erased`: the names that were erased when it was asked for.
void NameWatch::check_answer(const std::string& target, const ApiUser::Answer& answer,
                             const std::set<std::size_t>& erased) {
  for (const std::size_t number : erased)
    if (answer.body.find(person_name(number)) != answer.body.npos)
      return violated(fmt::format("{} shows the name of p{}, which was erased", target, number));
  if (target.ends_with("/export")) {
    if (answer.body.find(kMark) != answer.body.npos) violated(target + " contains a name");
    return;
  }
  if (!answer.json.is_undefined()) return check_shown(answer.json, target);
  // Lines of JSON.
  for (std::string_view rest = answer.body; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (const auto line = crdt::from_json(rest.substr(0, end))) check_shown(*line, target);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void NameWatch::check_shown(const crdt::Any& value, const std::string& target) {
  if (const auto* list = std::get_if<crdt::Any::Array>(&value.value())) {
    for (const crdt::Any& each : *list) check_shown(each, target);
    return;
  }
  const auto* members = std::get_if<crdt::Any::Object>(&value.value());
  if (members == nullptr) return;
  for (const auto& [key, member] : *members) check_shown(member, target);
  const crdt::Any* verified = value.find("verified");
  if (verified == nullptr || value.find("principal") == nullptr) return;
  const std::string name = text_in(value, "name");
  const bool known = *verified == crdt::Any(true);
  const std::string whose = text_in(value, known ? "principal" : "actor");
  const auto number = number_in_id(whose);
  const bool guest = !known && number && identity_of(*number) == nullptr;
  const bool right =
      number && (known ? name == person_name(*number) : guest && name == guest_name(*number));
  if (!right) return violated(fmt::format("{} shows {} as {}", target, whose, name));
  world_.hit(known ? Probe::person_shown : Probe::guest_shown);
}

void NameWatch::look(const std::vector<std::unique_ptr<Client>>& clients) {
  if (!settings_.on) return;
  for (const auto& client : clients)
    for (const Replica& replica : client->replicas())
      for (const auto& [id, shown] : replica.awareness.clients())
        if (id != replica.presence_id && !shown.state.empty()) check_state(*client, shown.state);
}

void NameWatch::check_state(const Client& viewer, std::string_view state) {
  const auto json = crdt::from_json(state);
  const crdt::Any* user = json ? json->find("user") : nullptr;
  const crdt::Any* verified = user == nullptr ? nullptr : user->find("verified");
  if (!server_.settings().stamp_presence) {
    if (verified != nullptr)
      violated(fmt::format("{} is shown somebody who only claims to be verified: {}", viewer.name(),
                           state));
    return;
  }
  if (verified == nullptr)
    return violated(fmt::format("{} is shown a state without a stamp: {}", viewer.name(), state));
  const std::string id = text_in(*user, "id");
  const auto number = number_in_id(id);
  const auto identity = number ? identity_of(*number) : nullptr;
  if ((*verified == crdt::Any(true)) != (identity != nullptr))
    return violated(fmt::format("{} is shown a wrong stamp: {}", viewer.name(), state));
  if (identity != nullptr && text_in(*user, "name") != identity->name)
    violated(fmt::format("{} is shown {} under another name: {}", viewer.name(), id, state));
}

// No name is anywhere but in the records of people.
void NameWatch::check(const store::Tables& tables) {
  if (!settings_.on) return;
  for (std::size_t family = 0; family < store::kFamilies; ++family) {
    const auto cursor = tables.cursor(static_cast<store::Family>(family));
    for (cursor->seek(""); cursor->valid(); cursor->next()) {
      if (cursor->key().starts_with("d/p")) continue;
      if (cursor->value().find(kMark) != std::string_view::npos)
        return violated("the store has a name outside of the records of people");
    }
  }
}

}  // namespace syncline::sim
