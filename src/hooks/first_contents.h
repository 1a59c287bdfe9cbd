// FirstContents: who is asked for the first content of the objects of one loop: the webhook of the workspace that has
// `initial_content`, and else whom the operator has named. A webhook that is disabled is a failure, and no reason to ask
// somebody else: the object would begin with something that the workspace does not want.
//
// Thread-safety: none; it lives on its loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hooks/content_asker.h"
#include "hooks/deliveries.h"
#include "workspace/first_content.h"

namespace syncline::hooks {

class FirstContents final : public workspace::FirstContent {
 public:
  // The asker must outlive it.
  explicit FirstContents(ContentAsker& asker) : asker_(asker) {}

  // From now on the webhooks of the loop are asked. They must outlive it.
  void use(Deliveries& hooks) { hooks_ = &hooks; }

  const identity::Caller& author() const override { return asker_.author(); }
  bool asks(const std::string& workspace, const std::string& object) const override;
  void ask(const std::string& workspace, const std::string& object, const identity::Caller& opens,
           Scheduler& loop, Done done) override;

 private:
  void ask_when_loaded(ContentQuestion question, std::uint64_t waited_ms, Scheduler& loop,
                       Done done);
  void ask_now(const ContentQuestion& question, Scheduler& loop, Done done);

  ContentAsker& asker_;
  Deliveries* hooks_ = nullptr;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::hooks
