#include "api/inner_request.h"

#include <memory>
#include <utility>

#include "api/dispatch.h"
#include "syncline/bytes.h"

namespace syncline::api {
namespace {

// Collects the answer. On the loop of the outer request alone.
class Collector final : public http::Exchange {
 public:
  Collector(Scheduler& loop, std::size_t most, std::shared_ptr<const std::atomic<bool>> abandoned,
            std::move_only_function<void(InnerAnswer)> done)
      : loop_(loop), most_(most), abandoned_(std::move(abandoned)), done_(std::move(done)) {}

  Scheduler& loop() override { return loop_; }
  void respond(http::Response response) override {
    answer_.head = std::move(response);
    take(answer_.head.body.view());
    answer_.head.body = {};
    finish();
  }
  void begin(http::Response head) override { answer_.head = std::move(head); }
  void write(http::Body piece) override { take(piece.view()); }
  void end() override { finish(); }
  void abort() override {
    answer_.broken_off = !answer_.too_large;
    finish();
  }
  std::size_t queued_bytes() const override { return 0; }
  // Whoever writes then stops.
  bool is_closed() const override { return answer_.too_large; }
  void when_closed(Task task) override {
    if (answer_.too_large)
      loop_.post(std::move(task));
    else
      closed_ = std::move(task);
  }
  std::shared_ptr<const std::atomic<bool>> abandoned() override { return abandoned_; }

 private:
  void take(ByteView bytes) {
    if (answer_.too_large) return;
    if (bytes.size() <= most_ - answer_.body.size()) {
      answer_.body += as_text(bytes);
      return;
    }
    answer_.too_large = true;
    answer_.body = {};
    if (closed_) loop_.post(std::exchange(closed_, {}));
  }

  void finish() {
    if (done_) std::exchange(done_, {})(std::move(answer_));
  }

  Scheduler& loop_;
  const std::size_t most_;
  const std::shared_ptr<const std::atomic<bool>> abandoned_;
  std::move_only_function<void(InnerAnswer)> done_;
  Task closed_;
  InnerAnswer answer_;
};

}  // namespace

void ask_inside(const Call& outer, http::Request request, std::size_t most,
                std::move_only_function<void(InnerAnswer)> done) {
  request.target = request.raw_path + (request.query.empty() ? "" : "?" + request.query);
  request.peer = outer.request.peer;
  request.loop = outer.request.loop;
  request.secure = outer.request.secure;
  request.tenant = outer.request.tenant;
  // What the door looks at besides the token.
  for (const char* name : {"Host", "Origin", "Sec-Fetch-Site", "traceparent"})
    if (const auto value = outer.request.headers.find(name))
      request.headers.add(name, std::string(*value));
  Scheduler& loop = outer.context.shards.loop(request.loop);
  auto collector = std::make_shared<Collector>(loop, most, outer.abandoned, std::move(done));
  dispatch_as(outer.context, outer.caller, std::move(request),
              http::Responder(std::move(collector)));
}

}  // namespace syncline::api
