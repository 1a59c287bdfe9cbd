// What the handlers of the HTTP API have in common: errors, parameters, pages, loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/net/event_loop.h"
#include "backend/server/routes.h"
#include "http/exchange.h"
#include "log/event_log.h"
#include "syncline/error.h"

namespace syncline::backend {

inline constexpr std::size_t kMaxPage = 1000;

http::Response to_response(const Error& error);
http::Response method_not_allowed(std::string_view allowed);
http::Response plain_text(std::string text);

Result<std::uint64_t> parse_number(std::string_view text, std::string_view what);
// A whole number from the query; `fallback` when absent, an error when it is none.
Result<std::uint64_t> number(const http::Request& request, std::string_view name,
                             std::uint64_t fallback);
// "limit": 100 unless said otherwise, at most `most`.
Result<std::size_t> page_size(const http::Request& request, std::size_t most = kMaxPage);

// {"workspaces":["a","b"],"next":"b"}; next is null on the last page.
log::Done<std::vector<std::string>> answer_names(std::string_view what, std::size_t limit,
                                                 http::Responder responder);

// Answers with what `body` makes of the result, or with its error.
template <typename T, typename Body>
log::Done<T> answer_with(http::Responder responder, Body body) {
  return [responder = std::move(responder), body = std::move(body)](Result<T> result) mutable {
    responder.respond(result ? body(*result) : to_response(result.error()));
  };
}

// The same where the result comes on another loop or thread: `body` is called, and the answer given,
// on the request's loop.
template <typename T, typename Body>
log::Done<T> answer_at_home(http::Responder responder, Body body) {
  return [&home = responder.loop(), answer = answer_with<T>(std::move(responder), std::move(body))](
             Result<T> result) mutable {
    home.post([answer = std::move(answer), result = std::move(result)]() mutable {
      answer(std::move(result));
    });
  };
}

// Calls `use` with what the workspace's loop owns, on that loop.
template <typename Use>
void on_its_loop(RouteContext& context, std::string_view workspace, Use use) {
  const std::size_t owner = loop_of(context, workspace);
  context.loops[owner].post(
      [&shard = *context.shards[owner], use = std::move(use)]() mutable { use(shard); });
}

}  // namespace syncline::backend
