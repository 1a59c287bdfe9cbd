// What somebody asks of Workspace::delete_object(), undelete_object() and rename_object().
//
// Thread-safety: a plain value.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "identity/caller.h"
#include "log/event.h"
#include "merge/object.h"
#include "syncline/error.h"
#include "workspace/actors.h"

namespace syncline::workspace {

// The wish to delete an object, to undo that, or to rename it.
struct Deletion {
  identity::Caller caller;
  std::string object;
  std::string to = {};  // the new name
  std::string reason = {};
  bool erase = false;    // at once, without a time in which it can be undone
  bool dry_run = false;  // nothing is done; the answer has the present position
  // Asked with the object as it is at present, and its position; an error refuses it. May be empty.
  std::move_only_function<Result<void>(const merge::Object&, log::Position)> allow = {};
  // As of Workspace::Author, for a wish that may be sent again.
  std::shared_ptr<NamedActor> named = nullptr;
  std::uint64_t actor_seq = 0;
};

}  // namespace syncline::workspace
