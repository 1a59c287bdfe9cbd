#include "merge/object.h"

#include <utility>

namespace syncline::merge {

std::unexpected<Error> json_too_large(std::size_t most) {
  return fail(ErrorCode::kTooLarge, "as JSON, this is larger than " + std::to_string(most) +
                                        " bytes: ask for a part of it, or for the update");
}

Result<std::string> Object::to_json_within(std::size_t most) const {
  std::string json = to_json();
  if (json.size() > most) return json_too_large(most);
  return json;
}

Result<std::optional<Prepared>> Object::prepare_within(ByteView intent, std::uint64_t) const {
  auto prepared = prepare(intent);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  return std::move(*prepared);
}

}  // namespace syncline::merge
std::uint64_t Object::weigh(ByteView, std::uint64_t) const {
  return 0;
}

