// The handlers of the requests about streams (api/streams.cpp), and what they need of each other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/route.h"
#include "api/stream_request.h"
#include "api/stream_state.h"
#include "streams/change.h"

namespace syncline::api {

void put_stream(Call call);      // stream_create.cpp
void post_stream(Call call);     // stream_append.cpp
void delete_stream(Call call);   // stream_delete.cpp
void get_stream(Call call);      // stream_read.cpp
void get_log_stream(Call call);  // stream_log.cpp

// What to store of a body: of JSON, its messages. kMalformed: it is not JSON.
Result<ByteView> stream_content_of(const std::string& body, std::string_view content_type);
// Making that takes about as long as walking over so many bytes.
std::size_t weight_of_stream_body(const std::string& body, std::string_view content_type);
// An object that is no stream has the name.
std::unexpected<Error> not_a_stream();

// A stream that is to begin.
struct StreamCreation {
  Call call;
  CreateWish wish;
  std::optional<streams::Fork> fork = {};

  // What is found when it is made. That may be on a worker; the loop looks at it only afterwards.
  bool over = false;         // there is one that has come to the end of its life
  bool has_content = false;  // it begins with content of its own
  streams::Offset tail = 0;  // without such content
};
// Begins the stream, if nobody has begun another one, and answers.
void create_stream(std::shared_ptr<StreamCreation> creation);
// It has begun.
void answer_creation(StreamCreation& creation, const workspace::Receipt& receipt);

// Finds out what the fork begins with, has its sources remember it, and begins it. stream_fork.cpp
void create_fork(std::shared_ptr<StreamCreation> creation);
// It has begun: its sources learn that, and it is answered. If one of them was deleted meanwhile, the fork is deleted.
void confirm_fork(std::shared_ptr<StreamCreation> creation, workspace::Receipt receipt);

// Whether forks that exist need the stream.
void is_needed(std::shared_ptr<Call> call, std::string object, StreamFacts facts,
               log::Done<bool> done);
// A fork is deleted: deletes those of its sources that were only hidden for it. `done` is called when that is over.
void release_sources(std::shared_ptr<Call> call, const streams::Fork& fork, Task done);

// The answer to a reader who follows. stream_live.cpp
void follow_stream(Call call, const ReadWish& wish, const StreamFacts& facts);

}  // namespace syncline::api
