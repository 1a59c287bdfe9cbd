#include "node/known_types.h"

#include "state/audit_object.h"
#include "state/file_object.h"
#include "state/rules_object.h"
#include "streams/stream.h"

namespace syncline::node {

const merge::TypeRegistry& known_types() {
  static const merge::TypeRegistry types{&merge::doc_type(), &state::rules_type(),
                                         &state::audit_type(), &state::file_type(),
                                         &streams::stream_type()};
  return types;
}

}  // namespace syncline::node
