// InitialContent: asks an application for the content of an object that does not exist yet (docs/initial-content.md):
// what users of Hocuspocus know as onLoadDocument.
//
// The question is signed as webhooks are (hooks/signature.h): with the secret of the webhook that is asked, or with one that
// the operator has given. The answer has a form
// that PUT or PATCH of an object take (api/write_forms.h): its Content-Type says which, and its header "Syncline-Put" what a
// request would say in its query. 204 and 404 mean that the object begins empty.
//
// Thread-safety: any loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "hooks/content_asker.h"
#include "hooks/hook_sender.h"
#include "observe/report.h"
#include "workspace/first_content.h"

namespace syncline::api {

class InitialContent final : public hooks::ContentAsker {
 public:
  using Content = workspace::FirstContent::Content;
  static constexpr std::uint64_t kTimeoutMs = 10'000;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20;

  struct Options {
    std::string url;
    Bytes secret;  // the bytes behind "whsec_"
    std::uint64_t timeout_ms = kTimeoutMs;
  };
  struct Counters {
    std::atomic<std::uint64_t> asked = 0;
    std::atomic<std::uint64_t> given = 0;
    std::atomic<std::uint64_t> empty = 0;
    std::atomic<std::uint64_t> failed = 0;
  };

  // kInvalid: the address or the secret ("whsec_" and base64 of 24 to 64 bytes) is none.
  static Result<Options> options_of(const std::string& url, const std::string& secret);

  // `options` and `sender`: whom the operator has named; nullopt: nobody. The sender must outlive it. `reports` may be
  // nullptr.
  InitialContent(std::optional<Options> options, hooks::HookSender* sender, observe::Sink* reports);

  const identity::Caller& author() const override { return author_; }
  bool asks_for_all() const override { return options_.has_value(); }
  void ask(const hooks::ContentQuestion& question, Scheduler& loop, Send send, Done done) override;

  const Counters& counters() const { return counters_; }

 private:
  void send_for_all(const std::string& message, hooks::HookRequest request, Scheduler& loop,
                    hooks::HookSender::Done done);
  Result<Content> content_of(Result<hooks::HookAnswer> answer);
  Result<Content> no_content(std::string why);

  const std::optional<Options> options_;
  hooks::HookSender* const sender_;
  const observe::Reporter reporter_;
  const identity::Caller author_;
  Counters counters_;
};

}  // namespace syncline::api
