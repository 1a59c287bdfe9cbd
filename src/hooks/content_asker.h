// ContentAsker: asks an application for the first content of an object, and makes the content of its answer
// (api/initial_content.h). Whom it asks, hooks/first_contents.h says.
//
// Thread-safety: any loop may ask.
#pragma once

#include <functional>
#include <string>

#include "base/scheduler.h"
#include "hooks/hook_sender.h"
#include "identity/caller.h"
#include "workspace/first_content.h"

namespace syncline::hooks {

struct ContentQuestion {
  std::string workspace;  // its name within the server
  std::string object;
  std::string principal;  // who opens it
};

class ContentAsker {
 public:
  using Done = workspace::FirstContent::Done;
  // Sends the request, after it has named its receiver and signed it as the message of that id.
  using Send = std::move_only_function<void(const std::string& message, HookRequest request,
                                            HookSender::Done done)>;

  virtual ~ContentAsker() = default;

  virtual const identity::Caller& author() const = 0;
  // Whether the operator has named whom to ask for objects of all workspaces.
  virtual bool asks_for_all() const = 0;
  // Answers on `loop`, in a later turn, within a bounded time. `send`: empty to ask whom the operator has named.
  virtual void ask(const ContentQuestion& question, Scheduler& loop, Send send, Done done) = 0;
};

}  // namespace syncline::hooks
