#include "api/readable.h"

#include <memory>
#include <utility>

#include "log/rules.h"

namespace syncline::api {
namespace {

using identity::Right;

class AskingReadable : public std::enable_shared_from_this<AskingReadable> {
 public:
  AskingReadable(workspace::Host& host, identity::Caller caller, std::string workspace,
                 std::vector<std::string> objects, log::Done<std::vector<Readable>> done)
      : host_(host),
        caller_(std::move(caller)),
        workspace_(std::move(workspace)),
        objects_(std::move(objects)),
        done_(std::move(done)) {}

  void begin() {
    host_.is_ruled(workspace_, [self = shared_from_this()](Result<bool> ruled) {
      if (!ruled) return self->done_(std::unexpected(std::move(ruled.error())));
      self->ruled_ = *ruled;
      self->go_on();
    });
  }

 private:
  void go_on() {
    while (answers_.size() < objects_.size()) {
      const std::string& object = objects_[answers_.size()];
      if (ruled_ || log::is_system_object(object)) return ask(object);
      // The door has checked the scope of the token.
      answers_.push_back({.state = caller_.rights.has(Right::kRead),
                          .history = caller_.rights.has(Right::kHistory)});
    }
    done_(std::move(answers_));
  }

  void ask(const std::string& object) {
    host_.foresee(caller_, workspace_, object, {{Right::kRead}, {Right::kHistory}},
                  [self = shared_from_this()](Result<std::vector<Result<void>>> may) {
                    if (!may) return self->done_(std::unexpected(std::move(may.error())));
                    const bool reads = may->front().has_value();
                    self->answers_.push_back({reads, reads && may->back().has_value()});
                    self->go_on();
                  });
  }

  workspace::Host& host_;
  const identity::Caller caller_;
  const std::string workspace_;
  const std::vector<std::string> objects_;
  log::Done<std::vector<Readable>> done_;
  bool ruled_ = true;
  std::vector<Readable> answers_;
};

}  // namespace

void ask_readable(workspace::Host& host, const identity::Caller& caller,
                  const std::string& workspace, std::vector<std::string> objects,
                  log::Done<std::vector<Readable>> done) {
  std::make_shared<AskingReadable>(host, caller, workspace, std::move(objects), std::move(done))
      ->begin();
}

}  // namespace syncline::api
