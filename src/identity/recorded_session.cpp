#include "identity/recorded_session.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

namespace syncline::identity {
namespace {

constexpr std::array kSources = {Identity::Source::kShared, Identity::Source::kJwt,
                                 Identity::Source::kKey, Identity::Source::kTicket,
                                 Identity::Source::kWebhook};
// What a caller may come over: a Caller refers to a constant.
constexpr std::array<std::string_view, 3> kProtocols = {"y-websocket", "hocuspocus", "http"};

std::string_view constant_of(std::string_view protocol) {
  const auto found = std::ranges::find(kProtocols, protocol);
  return found == kProtocols.end() ? std::string_view() : *found;
}

}  // namespace

log::SessionRecord record_of(const Caller& caller) {
  log::SessionRecord record;
  for (std::size_t i = 0; i < std::size(kRightNames); ++i)
    if (caller.rights.has(static_cast<Right>(i))) record.rights.emplace_back(kRightNames[i]);
  record.source = name_of(Identity::Source::kShared);
  if (const Identity* identity = caller.principal.identity.get()) {
    record.groups = identity->groups;
    record.source = name_of(identity->source);
    record.issuer = identity->issuer;
    record.token = identity->token;
    record.issued_ms = identity->issued_ms;
    record.expires_ms = identity->expires_ms;
  }
  record.address = caller.peer.substr(0, caller.peer.rfind(':'));
  record.origin = caller.origin.str();
  record.protocol = caller.protocol;
  return record;
}

Caller caller_of(const log::SessionRecord& record, std::string principal, std::string tenant) {
  Identity identity{.groups = record.groups,
                    .tenant = std::move(tenant),
                    .issuer = record.issuer,
                    .token = record.token,
                    .issued_ms = record.issued_ms,
                    .expires_ms = record.expires_ms};
  for (const Identity::Source source : kSources)
    if (name_of(source) == record.source) identity.source = source;
  Rights rights = Rights::none();
  for (const std::string& name : record.rights) {
    const auto* const found = std::ranges::find(kRightNames, name);
    if (found != std::end(kRightNames))
      rights = rights.with(static_cast<Right>(found - std::begin(kRightNames)));
  }
  Caller caller{.principal = {.id = std::move(principal),
                              .rights = rights,
                              .identity = std::make_shared<const Identity>(std::move(identity))},
                .rights = rights,
                .protocol = constant_of(record.protocol)};
  caller.origin = record.origin;
  if (!record.address.empty()) caller.peer = record.address + ":0";
  return caller;
}

}  // namespace syncline::identity
