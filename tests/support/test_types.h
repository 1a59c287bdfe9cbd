// The types of objects that the tests know: documents, rules, and the two toys.
#pragma once

#include "merge/type_registry.h"
#include "state/rules_object.h"
#include "support/toy_list.h"
#include "support/toy_register.h"

namespace syncline::test {

inline const merge::TypeRegistry& test_types() {
  static const merge::TypeRegistry types{&merge::doc_type(), &state::rules_type(), &toy_list(),
                                         &toy_register()};
  return types;
}

}  // namespace syncline::test
