// HookService: what webhooks and the hook for first contents need of the operating system: a key, and threads that send. It
// is made from the options of the operator, before the loops.
//
// Thread-safety: make() before any loop asks; the rest from any thread. stop() must come before the loops end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/initial_content.h"
#include "backend/outbound/hook_client.h"
#include "observe/metrics_page.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::backend {

struct HookOptions {
  // Networks besides the public internet to which webhooks may lead (identity/outbound_guard.h).
  std::vector<std::string> allow;
  // Whom the server asks for the content of new objects; "": nobody. And the secret that signs the question.
  std::string content_url;
  std::string content_secret;
};

class HookService {
 public:
  // `outbound`: for requests to addresses that the operator names. kInvalid for options that contradict each other, with
  // the name of the option; the error of a key that cannot be read or made.
  static Result<std::unique_ptr<HookService>> make(const HookOptions& options,
                                                   const std::string& data_dir,
                                                   OutboundOptions outbound, observe::Sink* sink);

  hooks::HookSender& sender() { return *client_; }
  const Bytes& key() const { return key_; }
  hooks::ContentAsker& content() { return *content_; }

  // Ends what is being sent and asked. Needs running loops.
  void stop();

  void add_metrics(observe::MetricsPage& page) const;

 private:
  HookService() = default;

  Bytes key_;
  std::unique_ptr<HookClient> client_;
  std::unique_ptr<HookClient> content_client_;
  std::unique_ptr<api::InitialContent> content_;
};

}  // namespace syncline::backend
