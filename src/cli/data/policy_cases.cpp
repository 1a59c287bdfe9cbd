#include "cli/data/policy_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "cedar/extensions.h"
#include "cli/json.h"
#include "identity/link.h"
#include "log/rules.h"
#include "policy/access_schema.h"

namespace syncline::cli {
namespace {

using crdt::Any;

std::vector<std::string> texts_of(const Any::Array& array) {
  std::vector<std::string> texts;
  for (const Any& each : array) texts.push_back(text_of(each));
  return texts;
}

bool is_known(std::string_view member, std::initializer_list<std::string_view> known) {
  return std::ranges::find(known, member) != known.end();
}

// A member that is misspelled would be a case that tests nothing.
Result<void> check_members(const Any& object, std::initializer_list<std::string_view> known) {
  const auto* members = std::get_if<Any::Object>(&object.value());
  if (members == nullptr) return fail(ErrorCode::kMalformed, "a JSON object is missing");
  for (const auto& [name, value] : *members)
    if (!is_known(name, known))
      return fail(ErrorCode::kInvalid, fmt::format("'{}' means nothing here", name));
  return {};
}

Result<void> read_policies(const Any& json, log::HeldRules& rules) {
  const auto* members = std::get_if<Any::Object>(&member(json, "policies").value());
  if (members == nullptr) return {};
  for (const auto& [name, text] : *members) {
    log::SetPolicy act{name, text_of(text)};
    if (auto fits = policy::check_policy_text(name, act.text); !fits) return fits;
    if (auto done = log::carry_out(rules, {std::move(act), "", "", 0}); !done) return done;
  }
  return {};
}

Result<void> read_shares(const Any& json, log::HeldRules& rules) {
  const Any::Array* shares = array_member(json, "shares");
  if (shares == nullptr) return {};
  for (const Any& each : *shares) {
    if (auto known = check_members(each, {"resource", "to", "role"}); !known) return known;
    auto to = log::parse_grantee(text_member(each, "to"));
    if (!to) return std::unexpected(std::move(to.error()));
    const auto role = log::share_role_named(text_member(each, "role"));
    if (!role)
      return fail(ErrorCode::kInvalid, "the role of a share is viewer, annotator, editor or owner");
    log::Share act{text_member(each, "resource"), std::move(*to), *role};
    if (auto done = log::carry_out(rules, {std::move(act), "", "", 0}); !done) return done;
  }
  return {};
}

Result<PolicyCase> read_case(const Any& json) {
  if (auto known =
          check_members(json, {"name", "workspace", "principal", "groups", "rights", "action",
                               "object", "path", "address", "size", "time", "allowed", "reasons"});
      !known)
    return std::unexpected(std::move(known.error()));
  PolicyCase asked{.name = text_member(json, "name"), .action = text_member(json, "action")};
  const auto take = [&](std::string_view name, std::string& into) {
    if (std::string text = text_member(json, name); !text.empty()) into = std::move(text);
  };
  take("workspace", asked.workspace);
  take("principal", asked.principal);
  take("rights", asked.rights);
  take("object", asked.object);
  take("address", asked.address);
  if (!member(json, "path").is_undefined()) asked.path = text_member(json, "path");
  if (const auto* groups = array_member(json, "groups")) asked.groups = texts_of(*groups);
  if (const auto* reasons = array_member(json, "reasons")) asked.reasons = texts_of(*reasons);
  asked.size = number_member(json, "size");
  if (const std::string time = text_member(json, "time"); !time.empty()) {
    const auto ms = cedar::parse_datetime(time);
    if (!ms || *ms < 0) return fail(ErrorCode::kInvalid, fmt::format("'{}' is no time", time));
    asked.unix_ms = static_cast<std::uint64_t>(*ms);
  }
  const auto* allowed = std::get_if<bool>(&member(json, "allowed").value());
  if (allowed == nullptr) return fail(ErrorCode::kInvalid, "`allowed` is true or false");
  asked.allowed = *allowed;
  return asked;
}

policy::ResourceName resource_of(const PolicyCase& asked) {
  if (!asked.path) return policy::ResourceName::of_share(asked.object);
  return {policy::ResourceName::Kind::kPath, asked.object, *asked.path};
}

}  // namespace

Result<PolicyCases> read_policy_cases(std::string_view json) {
  const auto read = crdt::from_json(json);
  if (!read) return std::unexpected(read.error());
  if (auto known = check_members(*read, {"policies", "shares", "cases"}); !known)
    return std::unexpected(std::move(known.error()));
  PolicyCases made;
  if (auto ok = read_policies(*read, made.rules); !ok)
    return std::unexpected(std::move(ok.error()));
  if (auto ok = read_shares(*read, made.rules); !ok) return std::unexpected(std::move(ok.error()));
  const Any::Array* cases = array_member(*read, "cases");
  if (cases == nullptr || cases->empty()) return fail(ErrorCode::kInvalid, "there are no cases");
  for (const Any& each : *cases) {
    auto asked = read_case(each);
    if (!asked)
      return fail(asked.error().code,
                  fmt::format("case {}: {}", made.cases.size() + 1, asked.error().message));
    made.cases.push_back(std::move(*asked));
  }
  return made;
}

Result<policy::WorkspacePolicy::Explained> decide_case(const policy::WorkspacePolicy& policy,
                                                       const PolicyCase& asked) {
  const auto rights = identity::rights_named(asked.rights);
  if (!rights)
    return fail(ErrorCode::kInvalid,
                fmt::format("'{}' are no rights: they are read, write or admin", asked.rights));
  using Source = identity::Identity::Source;
  const bool by_link = identity::is_link(asked.principal);
  identity::Identity identity{.source = by_link ? Source::kTicket : Source::kJwt,
                              .groups = asked.groups};
  const identity::Caller caller{
      .principal = {.id = asked.principal,
                    .rights = *rights,
                    .identity = std::make_shared<const identity::Identity>(std::move(identity))},
      .rights = *rights,
      .peer = asked.address.empty() ? "" : "[" + asked.address + "]:1"};
  return policy.explain({.caller = caller,
                         .right = identity::Right::kRead,
                         .workspace = asked.workspace,
                         .object = asked.object,
                         .type = asked.path ? "doc" : "",
                         .size = asked.size,
                         .unix_ms = asked.unix_ms},
                        asked.action, resource_of(asked));
}

}  // namespace syncline::cli
