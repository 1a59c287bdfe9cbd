#include "protocol/json_text.h"

#include "syncline/crdt/any.h"

namespace syncline::protocol {

std::string json_string(std::string_view text) {
  return crdt::to_json(std::string(text));
}

}  // namespace syncline::protocol
