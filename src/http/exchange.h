// Exchange: one HTTP request and its response, as the application sees them. The response may come
// later than the call.
//
// The connection of a request belongs to one loop. The handler is called on that loop. It may
// answer in the same turn or in a later one, from this thread or from another.
//
//   handler: [](http::Request request, http::Responder responder) {
//     responder.respond(http::json_response(200, R"({"ok":true})"));
//   }
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_cell.h"
#include "base/scheduler.h"
#include "http/message.h"

namespace syncline::http {

// The connection's side of an exchange. All functions must be called on the connection's loop.
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
  // As Stream::when_drained. By default, it only lets some time pass.
  virtual void when_drained(std::size_t bytes, Task task);
  // Becomes true when the client has left, so that work on its answer can end. May be read on any
  // thread. nullptr: this is not known.
  virtual std::shared_ptr<const std::atomic<bool>> abandoned() { return nullptr; }
};

// A response that is sent in pieces (server-sent events, exports). Destroying it without end()
// breaks the connection, so that the client notices that the response is incomplete. It must be
// destroyed on its loop. Writes after a close are ignored. If the head states a length, the pieces must
// have exactly as many bytes.
class Stream {
 public:
  explicit Stream(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Stream(Stream&&) = default;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();

  void write(Body piece);
  void end();

  // Bytes that write() has accepted and the operating system has not taken yet. The caller must
  // limit them.
  std::size_t queued_bytes() const { return exchange_ ? exchange_->queued_bytes() : 0; }

  // Runs `task` in a later turn, when at most so many bytes are queued or the client has left. It may
  // come too early, so the task must look again. A second call replaces the first.
  void when_drained(std::size_t bytes, Task task);

  bool is_closed() const { return !exchange_ || exchange_->is_closed(); }

  // True after end(). As long as it is false, the loop of the connection exists.
  bool ended() const { return !exchange_; }

  // Runs `task` in a later turn if the client disconnects before end(). A second call replaces the
  // first.
  void when_closed(Task task);

 private:
  std::shared_ptr<Exchange> exchange_;
};

// The obligation to answer one request. If it is destroyed without an answer, it answers 500.
//
// The owner may be on any thread. A response is passed on to the connection's loop, immediately if
// the caller is already there. Only begin() must be called on that loop.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder();

  // Adds a header to the response, whoever makes the response.
  void add_header(std::string name, std::string value);

  // The reasons of errors are for clients of this tenant (base/qualified_name.h), whoever finds the error. ""
  // changes nothing.
  void speak_to(std::string tenant) { tenant_ = std::move(tenant); }

  // The body of the response is charged there on its way to the connection's loop. There it is queued, and
  // counts as that.
  void charge_to(SharedCell cell) { cell_ = std::move(cell); }

  // Has `gate` look at the status before the response leaves: the response is sent when the task that it gets
  // runs, on whatever thread that is. A response in pieces does not wait for it, and an obligation that is given up
  // does not call it.
  using Gate = std::move_only_function<void(int status, Task send)>;
  void hold(Gate gate) { gate_ = std::move(gate); }

  // Call exactly one of these two, once.
  void respond(Response response);
  Stream begin(Response head);  // ignores the body of `head`

  // The loop of the connection. Must not be called after an answer.
  Scheduler& loop() { return exchange_->loop(); }

  // True when the client has left, as far as is known. Must be called on the connection's loop; the
  // result may be read on any thread.
  std::shared_ptr<const std::atomic<bool>> abandoned() { return exchange_->abandoned(); }

  // Gives up the obligation without an answer, because other code answers.
  void dismiss() { exchange_.reset(); }

 private:
  void give_up();
  Response completed(Response response);

  std::shared_ptr<Exchange> exchange_;
  std::vector<std::pair<std::string, std::string>> headers_;  // from add_header()
  SharedCell cell_;
  std::string tenant_;  // from speak_to()
  Gate gate_;           // from hold(); may be empty
};

using Handler = std::function<void(Request, Responder)>;

}  // namespace syncline::http
