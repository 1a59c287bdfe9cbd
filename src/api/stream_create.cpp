// Beginning a stream: PUT.
#include <memory>
#include <string>
#include <utility>

#include "api/stream_handlers.h"
#include "streams/content_type.h"
#include "streams/json_messages.h"
#include "streams/stream.h"

namespace syncline::api {

std::unexpected<Error> not_a_stream() {
  return fail(ErrorCode::kConflict, "an object that is no stream has this name");
}

Result<ByteView> stream_content_of(const std::string& body, std::string_view content_type) {
  if (!streams::is_json_type(content_type) || body.empty()) return as_bytes(body);
  const auto messages = streams::json_messages(body);
  if (!messages) return std::unexpected(messages.error());
  return as_bytes(*messages);
}

std::size_t weight_of_stream_body(const std::string& body, std::string_view content_type) {
  constexpr std::size_t kRead = 4;  // JSON is read, and others are copied
  return body.size() * (streams::is_json_type(content_type) ? kRead : 1);
}

namespace {

std::string stream_url(const http::Request& request) {
  const std::string_view host = request.headers.find("Host").value_or("localhost");
  const std::string path = request.target.substr(0, request.target.find('?'));
  return (request.secure ? "https://" : "http://") + std::string(host) + path;
}

Result<Bytes> make_stream(StreamCreation& creation, const merge::Object& now,
                          log::Position position, const StreamClock& clock) {
  const streams::Stream* stream = streams::as_stream(now);
  if (stream == nullptr) return not_a_stream();
  creation.over = stream->exists() && !stream->hidden() &&
                  clock.is_over(stream->config(), stream->written_ms());
  if (creation.over) return fail(ErrorCode::kConflict, "this stream has ended");
  const auto content =
      stream_content_of(creation.call.request.body, creation.wish.config.content_type);
  if (!content) return std::unexpected(content.error());
  const bool inherits = creation.fork && !creation.fork->parts.empty();
  creation.has_content = !content->empty();
  creation.tail = stream->exists() ? stream->tail(position)
                  : inherits       ? creation.fork->parts.back().end()
                                   : 0;
  return streams::encode(streams::CreateStream{.config = creation.wish.config,
                                               .closed = creation.wish.closed,
                                               .fork = creation.fork,
                                               .unix_ms = clock.now_ms,
                                               .content = *content});
}

void begin_anew(std::shared_ptr<StreamCreation> creation) {
  workspace::Deletion wish{.caller = creation->call.caller, .object = creation->call.path.object};
  wish.reason = "the stream has come to the end of its life";
  creation->call.shard.host.get(creation->call.path.workspace)
      .delete_object(std::move(wish), [creation](Result<workspace::Receipt> deleted) {
        if (!deleted) return creation->call.refuse(deleted.error());
        create_stream(creation);
      });
}

}  // namespace

void answer_creation(StreamCreation& creation, const workspace::Receipt& receipt) {
  const bool begun = !receipt.known;
  http::Response response;
  response.status = begun ? 201 : 200;
  response.headers.emplace_back("Content-Type", creation.wish.config.content_type);
  add_offset(response, begun && creation.has_content ? receipt.position : creation.tail);
  add_closed(response, creation.wish.closed);
  if (begun) response.headers.emplace_back("Location", stream_url(creation.call.request));
  creation.call.answer(std::move(response));
}

void create_stream(std::shared_ptr<StreamCreation> creation) {
  Call& call = creation->call;
  workspace::Workspace::Author author{
      .caller = call.caller,
      .type = &streams::stream_type(),
      .reads = weight_of_stream_body(call.request.body, creation->wish.config.content_type)};
  auto make = [creation, clock = StreamClock::of(call, call.path.object)](const merge::Object& now,
                                                                          log::Position position) {
    return make_stream(*creation, now, position, clock);
  };
  call.shard.host.get(call.path.workspace)
      .change(call.path.object, std::move(author), std::move(make),
              [creation](Result<workspace::Receipt> receipt) {
                if (receipt && creation->fork && !receipt->known)
                  return confirm_fork(creation, std::move(*receipt));
                if (receipt) return answer_creation(*creation, *receipt);
                creation->over ? begin_anew(creation) : creation->call.refuse(receipt.error());
              });
}

void put_stream(Call call) {
  auto wish = read_create_wish(call.request);
  if (!wish) return call.refuse(wish.error());
  auto creation =
      std::make_shared<StreamCreation>(StreamCreation{std::move(call), std::move(*wish)});
  if (creation->wish.fork) return create_fork(std::move(creation));
  if (creation->wish.config.content_type.empty())
    creation->wish.config.content_type = streams::kDefaultContentType;
  create_stream(std::move(creation));
}

}  // namespace syncline::api
