#include "policy/every_change.h"

namespace syncline::policy {

const merge::Effect& every_change() {
  static const merge::Effect effect = [] {
    merge::Effect all;
    for (const auto operation :
         {merge::Operation::kInsert, merge::Operation::kDelete, merge::Operation::kFormat,
          merge::Operation::kSetKey, merge::Operation::kDeleteKey}) {
      merge::Touch touch;
      touch.operation = operation;
      touch.extent = merge::Extent::kObject;
      all.touches.push_back(touch);
    }
    return all;
  }();
  return effect;
}

}  // namespace syncline::policy
