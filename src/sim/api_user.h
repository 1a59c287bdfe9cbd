// ApiUser: an actor that uses the HTTP API of the simulated server. Its requests go through the
// real dispatcher and handlers; only the network in between is left out.
//
//   I7 rights     a request with the right is not refused, and one without it is
//   I12 liveness  every request is answered, unless its process ends first
//
// Thread-safety: none. The server must outlive it, and so must the objects that its callbacks use.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "http/body_source.h"
#include "sim/server.h"
#include "syncline/crdt/any.h"

namespace syncline::sim {

class ApiUser {
 public:
  struct Answer {
    int status = 0;
    std::string body;  // without what a reader was given
    crdt::Any json;  // the body as JSON; undefined if it is not JSON
    std::vector<std::pair<std::string, std::string>> headers;
    bool whole = true;  // false: it was broken off

    bool ok() const { return status / 100 == 2; }
    // The code and message of a refusal, as docs/openapi.json defines them: "not_found", "there was
    // no object x at 7".
    std::string code() const;
    std::string message() const;
    // "" and 0 if there is no such header.
    std::string header(std::string_view name) const;
    std::uint64_t number(std::string_view name) const;
  };
  using Done = std::move_only_function<void(const Answer&)>;

  // Gets an answer in pieces while it comes, on the other side of a network.
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void take(std::string_view piece) = 0;
    virtual std::size_t queued_bytes() const = 0;  // that it was given and has not taken yet
    virtual bool has_left() const = 0;
  };

  struct Question {
    std::string_view method = "GET";
    std::string target;
    std::string headers = {};  // lines, each with its end
    std::string body = {};
    // The body piece by piece, in place of `body`; may be nullptr.
    std::shared_ptr<http::BodySource> source = nullptr;
    // Runs in the turn in which the request is served, before it is served.
    Task first = {};
    // True when the user does not wait any more; then `done` is not called. May be nullptr.
    std::shared_ptr<const std::atomic<bool>> left = nullptr;
    // May be nullptr. With it, `done` is called without a body, also when the answer was broken off.
    std::shared_ptr<Reader> reader = nullptr;
  };

  // `token`: "" for none. `origin`: of the web page that asks, "" outside of browsers.
  ApiUser(World& world, Server& server, std::string token, std::string origin = {})
      : world_(world), server_(server), token_(std::move(token)), origin_(std::move(origin)) {}

  // Sends a request to the present process. `done` gets the answer, unless the process ends first. A request that is
  // refused because memory is short is sent again after the time that the answer names.
  void ask(Question question, Done done);

  // The same, for most questions. An update is sent as what it is.
  void ask(std::string_view method, std::string target, Done done, Task first = {},
           std::string body = {}, std::shared_ptr<const std::atomic<bool>> left = nullptr);

 private:
  struct Asked;

  static void serve(std::shared_ptr<Asked> asked);

  World& world_;
  Server& server_;
  const std::string token_;
  const std::string origin_;
};

// "/v1/workspaces/NAME", percent-encoded.
std::string workspace_target(std::string_view workspace);
std::string object_target(std::string_view workspace, std::string_view object);

// Members of an answer; "" and 0 if there is no such member.
std::string text_in(const crdt::Any& json, std::string_view key);
std::uint64_t number_in(const crdt::Any& json, std::string_view key);

}  // namespace syncline::sim
