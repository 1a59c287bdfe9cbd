#include "node/known_types.h"

namespace syncline::node {

const merge::TypeRegistry& known_types() {
  static const merge::TypeRegistry types{&merge::doc_type()};
  return types;
}

}  // namespace syncline::node
