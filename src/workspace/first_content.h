// FirstContent: who is asked for the content of an object that has none, when the first client opens it
// (api/initial_content.h).
//
// Thread-safety: each loop has its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/scheduler.h"
#include "identity/caller.h"
#include "log/event.h"
#include "merge/object.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::workspace {

class FirstContent {
 public:
  // Makes the intent of the first change of the object, as that replica; may run on a worker.
  using Make = std::move_only_function<Result<Bytes>(const merge::Object&, std::uint64_t replica)>;
  struct Content {
    Make make;              // empty: the object begins empty
    std::size_t reads = 0;  // as Workspace::Author::reads
  };
  using Done = std::move_only_function<void(Result<Content>)>;

  virtual ~FirstContent() = default;

  // Who the author of what it answers is.
  virtual const identity::Caller& author() const = 0;

  // Whether anybody would be asked. Called on the loop of the workspace, as is ask().
  virtual bool asks(const std::string& workspace, const std::string& object) const = 0;

  // Answers on `loop`, in a later turn, within a bounded time. `opens`: who opens the object.
  //   kUnavailable  there is no answer that can be used
  virtual void ask(const std::string& workspace, const std::string& object,
                   const identity::Caller& opens, Scheduler& loop, Done done) = 0;
};

}  // namespace syncline::workspace
