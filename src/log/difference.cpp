#include "log/difference.h"

#include <fmt/format.h>

namespace syncline::log {
namespace {

std::unexpected<Difference> made(Check check, const Place& place, Error error) {
  Difference difference;
  static_cast<Error&>(difference) = std::move(error);
  difference.check = check;
  difference.workspace = place.workspace;
  difference.position = place.position;
  difference.object = place.object;
  return std::unexpected(std::move(difference));
}

}  // namespace

std::string_view to_string(Check check) {
  switch (check) {
    case Check::kStorage: return "storage";
    case Check::kRecord: return "record";
    case Check::kChain: return "chain";
    case Check::kTree: return "tree";
    case Check::kCheckpoint: return "checkpoint";
    case Check::kIndex: return "index";
    case Check::kEffect: return "effect";
    case Check::kSnapshot: return "snapshot";
    case Check::kPin: return "pin";
    case Check::kRules: return "rules";
    case Check::kKeys: return "keys";
    case Check::kBundle: return "bundle";
  }
  return "unknown";
}

std::unexpected<Difference> differs(Check check, const Place& place, std::string_view what,
                                    ErrorCode code) {
  std::string message;
  const auto say = [&](std::string part) {
    if (!message.empty()) message += ", ";
    message += part;
  };
  if (!place.workspace.empty()) say(fmt::format("workspace {}", place.workspace));
  if (place.position > 0) say(fmt::format("event {}", place.position));
  if (!place.object.empty()) say(fmt::format("object {}", place.object));
  if (!message.empty()) message += ": ";
  return made(check, place, {code, message.append(what)});
}

std::unexpected<Difference> differs(Check check, const Place& place, const Error& error) {
  return made(check, place, error);
}

}  // namespace syncline::log
