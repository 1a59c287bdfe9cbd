#include "sim/attacker.h"

#include <fmt/format.h>

#include <utility>

namespace syncline::sim {

class Attacker::Handler final : public session::ConnectionHandler {
 public:
  explicit Handler(std::shared_ptr<Attacker*> attacker) : attacker_(std::move(attacker)) {}

  void on_open(session::Connection& connection) override {
    if (*attacker_ == nullptr) return connection.close(1000, {});
    (*attacker_)->connection_ = &connection;
    (*attacker_)->opened();
  }
  void on_message(ByteView message) override {
    if (*attacker_ != nullptr) (*attacker_)->received(message);
  }
  void on_drained() override {}
  void on_closed(std::uint16_t code) override {
    if (*attacker_ == nullptr) return;
    (*attacker_)->connection_ = nullptr;
    (*attacker_)->closed(code);
    (*attacker_)->connect_later();
  }

 private:
  std::shared_ptr<Attacker*> attacker_;
};

Attacker::Attacker(World& world, Connector& connector, const Nature& nature)
    : world_(world),
      name_(fmt::format("{}{}", nature.kind.front(), nature.number)),
      dice_(world.dice.fork(nature.kind, nature.number)),
      loop_(world.timeline),
      doc_({.client_id = nature.client_id}),
      connector_(connector),
      number_(nature.number),
      every_us_(nature.every_us),
      handle_(std::make_shared<Attacker*>(this)) {
  doc_.on_update(
      [this](const crdt::UpdateEvent& event) { last_update_ = to_bytes(event.update()); });
}

Attacker::~Attacker() {
  *handle_ = nullptr;
  connector_.process_gone(loop_, false);
}

void Attacker::start() {
  if (connects()) connect();
  act_later();
}

void Attacker::stop() {
  stopped_ = true;
  connection_ = nullptr;
  *handle_ = nullptr;
  connector_.process_gone(loop_, true);
}

void Attacker::connect() {
  if (stopped_) return;
  Hello mine = hello();
  mine.client = name_;
  mine.number = number_;
  mine.connection = ++connections_;
  connector_.connect(std::move(mine), loop_, std::make_unique<Handler>(handle_));
}

void Attacker::connect_later() {
  loop_.after(200 + dice_.below(3000), [this] { connect(); });
}

void Attacker::close() {
  if (!connected()) return;
  std::exchange(connection_, nullptr)->close(1000, {});
  *handle_ = nullptr;
  handle_ = std::make_shared<Attacker*>(this);
  connect_later();
}

void Attacker::act_later() {
  loop_.after(1 + dice_.wait(static_cast<double>(every_us_)) / 1000, [this] {
    if (stopped_) return;
    act();
    act_later();
  });
}

void Attacker::send(Bytes message) {
  if (connected()) connection_->send(std::make_shared<const Bytes>(std::move(message)));
}

}  // namespace syncline::sim
