// The types of objects that the tests know: documents, and the two toys.
#pragma once

#include "merge/type_registry.h"
#include "support/toy_list.h"
#include "support/toy_register.h"

namespace syncline::test {

inline const merge::TypeRegistry& test_types() {
  static const merge::TypeRegistry types{&merge::doc_type(), &toy_list(), &toy_register()};
  return types;
}

}  // namespace syncline::test
