// One exchange as the application sees it: a whole request in, a response out, now or later.
//
// The connection behind a request lives on one loop. A handler is called on that loop and may answer in the
// same turn or a later one, from this thread or another.
//
//   handler: [](http::Request request, http::Responder responder) {
//     responder.respond(http::json_response(200, R"({"ok":true})"));
//   }
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "http/message.h"

namespace syncline::http {

// What a responder speaks to; implemented by the connection. All on the connection's loop.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual Scheduler& loop() = 0;
  virtual void respond(Response response) = 0;
  virtual void begin(Response head) = 0;
  virtual void write(Body piece) = 0;
  virtual void end() = 0;
  virtual void abort() = 0;
  virtual std::size_t queued_bytes() const = 0;
  virtual bool is_closed() const = 0;
  virtual void when_closed(Task task) = 0;
};

// A response that is sent in pieces (server-sent events, exports). Destroying it without end()
// breaks the connection off, so that the client sees that something is missing.
// Must be destroyed on its loop. After a close, writes are ignored.
class Stream {
 public:
  explicit Stream(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Stream(Stream&&) = default;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();

  void write(Body piece);
  void end();

  // Accepted by write() and not yet handed to the operating system; bound it.
  std::size_t queued_bytes() const { return exchange_ ? exchange_->queued_bytes() : 0; }

  bool is_closed() const { return !exchange_ || exchange_->is_closed(); }

  // By end(). Until then the connection's loop is there.
  bool ended() const { return !exchange_; }

  // Runs `task` in a later turn when the client goes away before end(); at most one, the last
  // given.
  void when_closed(Task task);

 private:
  std::shared_ptr<Exchange> exchange_;
};

// The duty to answer one request. Destroyed without an answer it answers 500.
//
// Whoever holds it may be on any thread: what it is given goes to the connection's loop, at once if the caller
// is there. begin() alone must be called on that loop.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // A header that the answer will carry, whoever gives it.
  void add_header(std::string name, std::string value);

  // Exactly one of these, once.
  void respond(Response response);
  Stream begin(Response head);  // the body of `head` is ignored

  // The connection's. Not after an answer.
  Scheduler& loop() { return exchange_->loop(); }

  // Somebody else answers.
  void dismiss() { exchange_.reset(); }

 private:
  void give_up();
  Response completed(Response response);

  std::shared_ptr<Exchange> exchange_;
  std::vector<std::pair<std::string, std::string>> headers_;  // of add_header()
};

using Handler = std::function<void(Request, Responder)>;

}  // namespace syncline::http
