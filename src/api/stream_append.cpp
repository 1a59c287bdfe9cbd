// Appending to a stream, and closing it: POST.
#include <memory>
#include <string>
#include <utility>

#include "api/stream_handlers.h"
#include "api/support.h"
#include "base/mutation.h"
#include "streams/content_type.h"
#include "streams/stream.h"

namespace syncline::api {
namespace {

using streams::AppendVerdict;

struct StreamAppend {
  Call call;
  streams::Append append;
  std::string content_type;

  // What is found when it is made. That may be on a worker; the loop looks at it only afterwards.
  bool judged = false;
  AppendVerdict verdict = {};
  streams::Offset tail = 0;  // before it
  bool closed = false;       // the stream is closed afterwards
};

Result<Bytes> make_append(StreamAppend& wanted, const merge::Object& now, log::Position position,
                          const StreamClock& clock) {
  const streams::Stream* stream = streams::as_stream(now);
  if (stream == nullptr && position > 0) return not_a_stream();
  if (stream == nullptr || !stream->exists()) return std::unexpected(no_such_stream());
  if (stream->hidden()) return std::unexpected(gone_stream());
  if (clock.is_over(stream->config(), stream->written_ms()))
    return std::unexpected(no_such_stream());

  // Whether there is content, not what it is, decides how the stream judges it.
  streams::Append& append = wanted.append;
  append.content = as_bytes(wanted.call.request.body);
  wanted.verdict = stream->judge(append, wanted.content_type);
  wanted.judged = true;
  wanted.tail = stream->tail(position);
  wanted.closed = stream->closed() || append.closes;
  const AppendVerdict::Kind kind = wanted.verdict.kind;
  const bool known =
      kind == AppendVerdict::Kind::kDuplicate || kind == AppendVerdict::Kind::kClosedBefore;
  if (kind != AppendVerdict::Kind::kAccepted && !known)
    return fail(ErrorCode::kConflict, "the stream does not take this append");
  if (!known && !append.content.empty()) {
    const auto content = stream_content_of(wanted.call.request.body, wanted.content_type);
    if (!content) return std::unexpected(content.error());
    if (content->empty()) return fail(ErrorCode::kInvalid, "an empty array appends nothing");
    append.content = *content;
  }
  append.tail = wanted.tail;
  append.unix_ms = stream->config().ttl_s ? clock.now_ms : 0;
  return streams::encode(append);
}

// ---- answers

void add_number(http::Response& response, const char* name, std::uint64_t value) {
  response.headers.emplace_back(name, std::to_string(value));
}

http::Response accepted(const StreamAppend& wanted, const workspace::Receipt& receipt) {
  const bool known = receipt.known;
  const auto& producer = wanted.append.producer;
  http::Response response;
  response.status = producer && !known && !wanted.append.content.empty() ? 200 : 204;
  add_offset(response, !known && !wanted.append.content.empty() ? receipt.position : wanted.tail);
  add_closed(response, wanted.closed);
  if (producer) {
    add_number(response, "Producer-Epoch", producer->epoch);
    add_number(response, "Producer-Seq", known ? wanted.verdict.producer.last_seq : producer->seq);
  }
  return response;
}

http::Response refused(const StreamAppend& wanted) {
  const AppendVerdict& verdict = wanted.verdict;
  http::Response response;
  switch (verdict.kind) {
    case AppendVerdict::Kind::kAccepted:
    case AppendVerdict::Kind::kDuplicate:
    case AppendVerdict::Kind::kClosedBefore: break;
    case AppendVerdict::Kind::kClosed:
      response = http::error_response(409, "conflict", "this stream is closed");
      add_closed(response, true);
      add_offset(response, wanted.tail);
      return response;
    case AppendVerdict::Kind::kOtherType:
      return http::error_response(409, "conflict", "this stream has another content type");
    case AppendVerdict::Kind::kNotBehind:
      return http::error_response(409, "conflict",
                                  "this Stream-Seq is not behind that of the last append");
    case AppendVerdict::Kind::kStaleEpoch:
      response = http::error_response(403, "forbidden", "a later epoch of this producer has begun");
      add_number(response, "Producer-Epoch", verdict.producer.epoch);
      return response;
    case AppendVerdict::Kind::kBadFirst:
      return http::error_response(400, "invalid", "an epoch begins with the Producer-Seq 0");
    case AppendVerdict::Kind::kGap:
      response = http::error_response(409, "conflict",
                                      "appends of this producer before this one have not come");
      add_number(response, "Producer-Expected-Seq", verdict.producer.expected);
      add_number(response, "Producer-Received-Seq", wanted.append.producer->seq);
      return response;
  }
  return http::error_response(409, "conflict", "the stream does not take this append");
}

void answer_append(StreamAppend& wanted, const Result<workspace::Receipt>& receipt) {
  if (receipt && is_mutated(Mutation::append_told_early)) return;
  if (receipt) return wanted.call.answer(accepted(wanted, *receipt));
  using Kind = AppendVerdict::Kind;
  const bool by_stream = wanted.judged && receipt.error().code == ErrorCode::kConflict &&
                         wanted.verdict.kind != Kind::kAccepted;
  by_stream ? wanted.call.answer(refused(wanted)) : wanted.call.refuse(receipt.error());
}

}  // namespace

void post_stream(Call call) {
  auto append = read_append_wish(call.request);
  if (!append) return call.refuse(append.error());
  std::string content_type = content_type_of(call.request);
  const bool empty = call.request.body.empty();
  if (empty && !append->closes)
    return call.refuse({ErrorCode::kInvalid, "there is nothing to append"});
  if (!empty && content_type.empty())
    return call.refuse({ErrorCode::kInvalid, "the Content-Type is missing"});
  auto wanted = std::make_shared<StreamAppend>(
      StreamAppend{std::move(call), std::move(*append), std::move(content_type)});
  const Call& asked = wanted->call;
  workspace::Workspace::Author author{
      .caller = asked.caller,
      .reads = weight_of_stream_body(asked.request.body, wanted->content_type)};
  auto make = [wanted, clock = StreamClock::of(asked, asked.path.object)](const merge::Object& now,
                                                                          log::Position position) {
    auto made = make_append(*wanted, now, position, clock);
    if (made && is_mutated(Mutation::append_told_early))
      wanted->call.answer(accepted(*wanted, {.position = position + 1}));
    return made;
  };
  asked.shard.host.get(asked.path.workspace)
      .change(asked.path.object, std::move(author), std::move(make),
              [wanted](Result<workspace::Receipt> receipt) { answer_append(*wanted, receipt); });
}

}  // namespace syncline::api
