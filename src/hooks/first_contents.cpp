#include "hooks/first_contents.h"

#include <utility>

namespace syncline::hooks {
namespace {

// While a server starts, its webhooks are read.
constexpr std::uint64_t kLookAgainMs = 20;
constexpr std::uint64_t kMostWaitMs = 5'000;

}  // namespace

bool FirstContents::asks(const std::string& workspace, const std::string& object) const {
  if (asker_.asks_for_all()) return true;
  if (hooks_ == nullptr) return false;
  return !hooks_->loaded() || hooks_->content_hook(workspace, object) != nullptr;
}

void FirstContents::ask(const std::string& workspace, const std::string& object,
                        const identity::Caller& opens, Scheduler& loop, Done done) {
  ask_when_loaded({workspace, object, opens.principal.id}, 0, loop, std::move(done));
}

void FirstContents::ask_when_loaded(ContentQuestion question, std::uint64_t waited_ms,
                                    Scheduler& loop, Done done) {
  if (hooks_ == nullptr || hooks_->loaded()) return ask_now(question, loop, std::move(done));
  loop.after(kLookAgainMs, [this, question = std::move(question), waited_ms, &loop,
                            done = std::move(done), alive = std::weak_ptr(alive_)]() mutable {
    if (alive.expired()) return;
    if (waited_ms >= kMostWaitMs)
      return done(fail(ErrorCode::kUnavailable, "the webhooks are still being read; try again"));
    ask_when_loaded(std::move(question), waited_ms + kLookAgainMs, loop, std::move(done));
  });
}

void FirstContents::ask_now(const ContentQuestion& question, Scheduler& loop, Done done) {
  const Delivery* const hook =
      hooks_ == nullptr ? nullptr : hooks_->content_hook(question.workspace, question.object);
  if (hook == nullptr && asker_.asks_for_all())
    return asker_.ask(question, loop, {}, std::move(done));
  if (hook == nullptr || hook->stopped()) {
    const bool disabled = hook != nullptr;
    loop.post([disabled, done = std::move(done)]() mutable {
      if (!disabled) return done(workspace::FirstContent::Content{});
      done(fail(ErrorCode::kUnavailable,
                "the first content of this document cannot be had now: the webhook that gives it "
                "is disabled"));
    });
    return;
  }
  asker_.ask(
      question, loop,
      [this, endpoint = hook->endpoint()](const std::string& message, HookRequest request,
                                          HookSender::Done answered) {
        hooks_->ask(endpoint, message, std::move(request), std::move(answered));
      },
      std::move(done));
}

}  // namespace syncline::hooks
