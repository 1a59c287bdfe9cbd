#include "sim/api_user.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/percent.h"
#include "http/exchange.h"
#include "http/parser.h"
#include "sim/invariants.h"

namespace syncline::sim {
namespace {

// As the answer of a server that is short of memory says.
constexpr std::uint64_t kAskAgainMs = 5'000;

// The loop of a process as a connection sees it. It may outlive both, because requests that the
// disk had not answered when the process ended still hold it.
class HomeLoop final : public Scheduler {
 public:
  HomeLoop(Server::Process& process, std::size_t loop)
      : alive_(process.alive), loop_(*process.loops()[loop]) {}

  bool is_alive() const { return !alive_.expired(); }
  void post(Task task) override {
    if (!alive_.expired()) loop_.post(std::move(task));
  }
  bool is_current() const override { return !alive_.expired() && loop_.is_current(); }
  TimerId after(std::uint64_t delay_ms, Task task) override {
    return alive_.expired() ? 0 : loop_.after(delay_ms, std::move(task));
  }
  void cancel(TimerId timer) override {
    if (!alive_.expired()) loop_.cancel(timer);
  }
  std::uint64_t monotonic_ms() const override {
    return alive_.expired() ? 0 : loop_.monotonic_ms();
  }
  std::uint64_t unix_ms() const override { return alive_.expired() ? 0 : loop_.unix_ms(); }

 private:
  const std::weak_ptr<const int> alive_;
  Loop& loop_;
};

// Collects an answer. Reports nothing after the process has ended.
class Collected final : public http::Exchange {
 public:
  Collected(Server::Process& process, std::size_t loop, ApiUser::Done done,
            std::shared_ptr<const std::atomic<bool>> left, std::shared_ptr<ApiUser::Reader> reader)
      : loop_(process, loop),
        done_(std::move(done)),
        left_(std::move(left)),
        reader_(std::move(reader)) {}

  Scheduler& loop() override { return loop_; }
  void respond(http::Response response) override {
    answer_.status = response.status;
    answer_.headers = std::move(response.headers);
    answer_.body = as_text(response.body.view());
    end();
  }
  void begin(http::Response head) override {
    answer_.status = head.status;
    answer_.headers = std::move(head.headers);
  }
  void write(http::Body piece) override {
    if (reader_ != nullptr) return reader_->take(as_text(piece.view()));
    answer_.body += as_text(piece.view());
  }
  void end() override {
    if (auto json = crdt::from_json(answer_.body)) answer_.json = std::move(*json);
    done_(answer_);
  }
  // An answer that is broken off does not count; its reader asks again.
  void abort() override {
    answer_.whole = false;
    if (reader_ != nullptr && loop_.is_alive()) done_(answer_);
  }
  std::size_t queued_bytes() const override {
    return reader_ == nullptr ? 0 : reader_->queued_bytes();
  }
  bool is_closed() const override { return reader_ != nullptr && reader_->has_left(); }
  void when_closed(Task) override {}
  std::shared_ptr<const std::atomic<bool>> abandoned() override { return left_; }

 private:
  HomeLoop loop_;
  ApiUser::Done done_;
  const std::shared_ptr<const std::atomic<bool>> left_;
  const std::shared_ptr<ApiUser::Reader> reader_;  // may be nullptr
  ApiUser::Answer answer_;
};

}  // namespace

std::string text_in(const crdt::Any& json, std::string_view key) {
  const crdt::Any* value = json.find(key);
  const auto* text = value ? std::get_if<std::string>(&value->value()) : nullptr;
  return text ? *text : std::string();
}

std::uint64_t number_in(const crdt::Any& json, std::string_view key) {
  const crdt::Any* value = json.find(key);
  const auto* number = value ? std::get_if<double>(&value->value()) : nullptr;
  return number && *number >= 0 ? static_cast<std::uint64_t>(*number) : 0;
}

std::string ApiUser::Answer::code() const {
  const crdt::Any* error = json.find("error");
  return error ? text_in(*error, "code") : std::string();
}

std::string ApiUser::Answer::message() const {
  const crdt::Any* error = json.find("error");
  return error ? text_in(*error, "message") : std::string();
}

std::string ApiUser::Answer::header(std::string_view name) const {
  for (const auto& [each, value] : headers)
    if (each == name) return value;
  return {};
}

std::uint64_t ApiUser::Answer::number(std::string_view name) const {
  const std::string text = header(name);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string workspace_target(std::string_view workspace) {
  return "/v1/workspaces/" + percent_encode(workspace);
}

std::string object_target(std::string_view workspace, std::string_view object) {
  return workspace_target(workspace) + "/objects/" + percent_encode(object, true);
}

struct ApiUser::Asked {
  World& world;
  Server::Process& process;
  const std::weak_ptr<const int> alive;  // expires with the process
  const http::Request request;
  Done done;
  Task first;
  const std::shared_ptr<const std::atomic<bool>> left;
  const std::shared_ptr<Reader> reader;

  bool waits() const { return left == nullptr || !left->load(); }
  void take(const Answer& answer) {
    if (!waits()) return;
    if (answer.code() == "internal")
      return world.violated(std::string(kLiveness),
                            fmt::format("a request was not answered: {} {}: {}", request.method,
                                        request.path, answer.message()));
    done(answer);
  }
};

void ApiUser::ask(std::string_view method, std::string target, Done done, Task first,
                  std::string body, std::shared_ptr<const std::atomic<bool>> left) {
  const bool update = method == "PATCH";
  ask({.method = method,
       .target = std::move(target),
       .headers = update ? "Content-Type: application/vnd.yjs.update\r\n" : "",
       .body = std::move(body),
       .first = std::move(first),
       .left = std::move(left)},
      std::move(done));
}

void ApiUser::ask(Question question, Done done) {
  Server::Process* process = server_.process();
  if (process == nullptr) return;
  std::string lines =
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n", question.method, question.target);
  if (!token_.empty()) lines += fmt::format("Authorization: Bearer {}\r\n", token_);
  lines += question.headers;
  if (!origin_.empty()) lines += fmt::format("Origin: {}\r\n", origin_);
  auto head = http::parse_request_head(lines + "\r\n", {});
  SYNCLINE_ASSERT(head.has_value());
  head->request.body = std::move(question.body);
  head->request.body_source = std::move(question.source);
  head->request.loop = process->next_loop();
  Loop& loop = *process->loops()[head->request.loop];
  auto asked = std::make_shared<Asked>(world_, *process, process->alive, std::move(head->request),
                                       std::move(done), std::move(question.first),
                                       std::move(question.left), std::move(question.reader));
  loop.post([asked = std::move(asked)] { serve(asked); });
}

void ApiUser::serve(std::shared_ptr<Asked> asked) {
  if (!asked->waits()) return;
  if (asked->first) asked->first();
  const bool full = asked->process.memory != nullptr && asked->process.memory->full();
  auto taken = [asked, full](const Answer& answer) {
    if (!full || answer.status != 503 || asked->alive.expired()) return asked->take(answer);
    asked->world.hit(Probe::request_put_off);
    asked->process.loops()[asked->request.loop]->after(kAskAgainMs, [asked] { serve(asked); });
  };
  asked->process.serve(asked->request, http::Responder(std::make_shared<Collected>(
                                           asked->process, asked->request.loop, std::move(taken),
                                           asked->left, asked->reader)));
}

}  // namespace syncline::sim
