// Shared by the handlers of the HTTP API: errors, parameters, pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/streaming.h"
#include "http/exchange.h"
#include "log/event_log.h"
#include "syncline/error.h"

namespace syncline::api {

inline constexpr std::size_t kMaxPage = 1000;

http::Response to_response(const Error& error);
http::Response method_not_allowed(std::string_view allowed);
http::Response no_content();  // 204
http::Response plain_text(std::string text);

// kUnsupported, for something that the serving process does not provide: "imports".
Error not_here(std::string_view what);

Result<std::uint64_t> parse_number(std::string_view text, std::string_view what);
// A whole number from the query; `fallback` if it is absent, an error if it is malformed.
Result<std::uint64_t> number(const http::Request& request, std::string_view name,
                             std::uint64_t fallback);
// The parameter "limit": 100 by default, at most `most`.
Result<std::size_t> page_size(const http::Request& request, std::size_t most = kMaxPage);

// {"workspaces":["a","b"],"next":"b"}; next is null on the last page.
http::Response name_page(std::string_view what, const std::vector<std::string>& names,
                         const std::optional<std::string>& next);
log::Done<std::vector<std::string>> answer_names(std::string_view what, std::size_t limit,
                                                 http::Responder responder);

// Answers with what `body` makes of the result, or with its error. The result may arrive on any
// loop or thread.
template <typename T, typename Body>
log::Done<T> answer_with(http::Responder responder, Body body) {
  return [responder = std::move(responder), body = std::move(body)](Result<T> result) mutable {
    responder.respond(result ? body(*result) : to_response(result.error()));
  };
}

// The same for what may be large: `body` makes an Answer of the result, or an error.
template <typename T, typename Body>
log::Done<T> send_with(http::Responder responder, Sending sending, Body body) {
  return [responder = std::move(responder), sending = std::move(sending),
          body = std::move(body)](Result<T> result) mutable {
    if (!result) return responder.respond(to_response(result.error()));
    Result<Answer> answer = body(std::move(*result));
    if (!answer) return responder.respond(to_response(answer.error()));
    send(std::move(responder), std::move(*answer), std::move(sending));
  };
}

}  // namespace syncline::api
