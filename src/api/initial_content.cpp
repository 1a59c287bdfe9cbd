#include "api/initial_content.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "api/write_forms.h"
#include "base/base64.h"
#include "base/qualified_name.h"
#include "hooks/endpoint.h"
#include "hooks/signature.h"
#include "merge/facets.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kLeastSecretBytes = 24;
constexpr std::size_t kMostSecretBytes = 64;
constexpr std::size_t kWeight = 64;  // of the heaviest form

// The answer as a request that puts its body. The form is that of PUT, or else that of PATCH: updates are patches.
std::optional<http::Request> as_request(hooks::HookAnswer answer) {
  http::Request request;
  request.headers.add("Content-Type", answer.content_type);
  request.query = std::move(answer.put_query);
  request.body = std::move(answer.body);
  for (const char* const method : {"PUT", "PATCH"}) {
    request.method = method;
    const WriteForm* const form = write_form_of(request);
    if (form != nullptr) return request;
  }
  return std::nullopt;
}

Result<Bytes> first_intent(const http::Request& request, const merge::Object& object,
                           std::uint64_t replica) {
  auto wanted = write_form_of(request)->read(request);
  if (!wanted) return std::unexpected(std::move(wanted.error()));
  if (const auto* edit = std::get_if<merge::Edit>(&*wanted))
    return merge::edit(object, *edit, replica);
  return std::move(std::get<Bytes>(*wanted));
}

identity::Caller content_author() {
  return {.principal = {.id = "hook:initial-content"},
          .rights = identity::Rights::writing(),
          .protocol = "http"};
}

}  // namespace

Result<InitialContent::Options> InitialContent::options_of(const std::string& url,
                                                           const std::string& secret) {
  if (auto valid = hooks::check_hook_url(url); !valid)
    return fail(ErrorCode::kInvalid, "--initial-content-url: " + valid.error().message);
  auto bytes = secret.starts_with(kSecretPrefix)
                   ? from_base64(std::string_view(secret).substr(kSecretPrefix.size()))
                   : Result<Bytes>(Bytes());
  if (!bytes || bytes->size() < kLeastSecretBytes || bytes->size() > kMostSecretBytes)
    return fail(
        ErrorCode::kInvalid,
        "--initial-content-url needs a secret in SYNCLINE_INITIAL_CONTENT_SECRET: whsec_ and "
        "the base64 of 24 to 64 bytes");
  return Options{.url = url, .secret = *std::move(bytes)};
}

InitialContent::InitialContent(std::optional<Options> options, hooks::HookSender* sender,
                               observe::Sink* reports)
    : options_(std::move(options)),
      sender_(sender),
      reporter_(reports, observe::Area::kWorkspace),
      author_(content_author()) {}

void InitialContent::ask(const hooks::ContentQuestion& question, Scheduler& loop, Send send,
                         Done done) {
  const std::uint64_t number = ++counters_.asked;
  const auto [tenant, name] = split_name(question.workspace);
  const std::uint64_t now_ms = loop.unix_ms();
  const std::uint64_t timeout_ms = options_ ? options_->timeout_ms : kTimeoutMs;
  hooks::HookRequest request{
      .url = {},
      .body = fmt::format(
          R"({{"type":"initial-content","timestamp":"{}","tenant":{},"workspace":{},)"
          R"("data":{{"object":{},"principal":{}}}}})",
          protocol::time_text(now_ms), protocol::json_string(tenant), protocol::name_json(name),
          protocol::name_json(question.object), protocol::name_json(question.principal)),
      .timeout_ms = timeout_ms,
      .most_bytes = kMostBytes};
  const std::string message = fmt::format("content_{}_{}", now_ms, number);
  // A sender that is busy may take longer than the request.
  auto waiting = std::make_shared<std::optional<Done>>(std::move(done));
  const auto answer = [this, waiting](Result<hooks::HookAnswer> got) {
    if (auto told = std::exchange(*waiting, std::nullopt)) (*told)(content_of(std::move(got)));
  };
  const Scheduler::TimerId timer = loop.after(timeout_ms, [answer] {
    answer(fail(ErrorCode::kUnavailable, "it does not answer in time"));
  });
  const auto answered = [answer, timer, &loop](Result<hooks::HookAnswer> got) {
    loop.cancel(timer);
    answer(std::move(got));
  };
  if (send)
    send(message, std::move(request), answered);
  else
    send_for_all(message, std::move(request), loop, answered);
}

void InitialContent::send_for_all(const std::string& message, hooks::HookRequest request,
                                  Scheduler& loop, hooks::HookSender::Done done) {
  const std::uint64_t now_s = loop.unix_ms() / 1000;
  request.url = options_->url;
  request.headers = {
      {"webhook-id", message},
      {"webhook-timestamp", std::to_string(now_s)},
      {"webhook-signature", hooks::signature(options_->secret, message, now_s, request.body)}};
  sender_->send(std::move(request), loop, std::move(done));
}

Result<InitialContent::Content> InitialContent::content_of(Result<hooks::HookAnswer> answer) {
  if (!answer) return no_content(answer.error().message);
  if (answer->status == 204 || answer->status == 404) {
    ++counters_.empty;
    return Content{};
  }
  if (answer->status != 200) return no_content(fmt::format("it answers {}", answer->status));
  auto request = as_request(*std::move(answer));
  if (!request) return no_content("its answer has a Content-Type that is not known");
  ++counters_.given;
  const std::size_t reads = kWeight * request->body.size();
  return Content{
      .make = [request = std::make_shared<const http::Request>(*std::move(request))](
                  const merge::Object& object,
                  std::uint64_t replica) { return first_intent(*request, object, replica); },
      .reads = reads};
}

// The operator's log says why; clients are told that it failed.
Result<InitialContent::Content> InitialContent::no_content(std::string why) {
  ++counters_.failed;
  reporter_.warn("the application gave no first content of a document", {{"reason", why}});
  return fail(ErrorCode::kUnavailable,
              "the first content of this document cannot be had now; try again later");
}

}  // namespace syncline::api
