// InitialContent: asks the application for the content of an object that does not exist yet (docs/initial-content.md):
// what users of Hocuspocus know as onLoadDocument.
//
// The question is signed as webhooks are (hooks/signature.h), with a secret that the operator has given. The answer has a form
// that PUT or PATCH of an object take (api/write_forms.h): its Content-Type says which, and its header "Syncline-Put" what a
// request would say in its query. 204 and 404 mean that the object begins empty.
//
// Thread-safety: any loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "hooks/hook_sender.h"
#include "observe/report.h"
#include "workspace/first_content.h"

namespace syncline::api {

class InitialContent final : public workspace::FirstContent {
 public:
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

  // The sender must outlive it. `reports` may be nullptr.
  InitialContent(Options options, hooks::HookSender& sender, observe::Sink* reports);

  const identity::Caller& author() const override { return author_; }
  void ask(const std::string& workspace, const std::string& object, const identity::Caller& opens,
           Scheduler& loop, Done done) override;

  const Counters& counters() const { return counters_; }

 private:
  Result<Content> content_of(Result<hooks::HookAnswer> answer);
  Result<Content> no_content(std::string why);

  const Options options_;
  hooks::HookSender& sender_;
  const observe::Reporter reporter_;
  const identity::Caller author_;
  Counters counters_;
};

}  // namespace syncline::api
