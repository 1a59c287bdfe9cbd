// YSession: a y-websocket connection. It has one document, named by the path of the connection.
#pragma once

#include <memory>
#include <optional>

#include "protocol/y_sync.h"
#include "session/channel.h"
#include "session/connection.h"
#include "session/refusals.h"
#include "session/session_report.h"
#include "session/session_table.h"
#include "session/token_life.h"
#include "syncline/error.h"

namespace syncline::session {

struct YSessionOptions {
  workspace::Host& host;
  std::string workspace;
  std::string object;
  // If this is an error (of the token or of a name), the client is told in its own protocol, and
  // the connection is closed, both after `refused_for_ms`.
  Result<identity::Principal> principal;
  std::uint64_t refused_for_ms = 0;
  std::string actor;
  std::string origin = {};  // of the web page that connects; "" outside of browsers
  std::string trace = {};
  bool wants_saved = false;          // protocol/y_sync.h, `saved`
  bool wants_status = false;         // `status`
  std::uint64_t generation = 0;      // as of ChannelOptions
  Refusals* refusals = nullptr;      // nullptr: close every refused connection at once
  SessionTable* sessions = nullptr;  // nullptr: nobody sees or ends the session
  ClientKey client = 0;              // in `refusals`
  const Limits& limits;
  limits::NetworkRates* rates = nullptr;  // nullptr: nothing is slowed down
  Counters& counters;
};

class YSession final : public ConnectionHandler,
                       private Wire,
                       private LiveSession,
                       private TokenLife::Holder {
 public:
  explicit YSession(YSessionOptions options);
  ~YSession() override;

  void on_open(Connection& connection) override;
  void on_message(ByteView frame) override;
  void on_input_end() override;
  void on_control(std::size_t bytes) override { meter_.received(bytes); }
  bool on_too_large(ByteView beginning, std::size_t limit) override;
  void on_drained() override;
  void on_closed(std::uint16_t code) override;

 private:
  SessionInfo info() const override;
  void kick() override;
  void end_revoked(const identity::Revocations& revocations) override;
  void look_again(const identity::Revocations& outdated) override;
  void token_expired() override;

  Party party() const;
  void refuse();
  std::string shown(const Error& error) const;
  void deliver(const protocol::YMessage& message, bool more);
  void send_version(ByteView version) override;
  void send_answer(const workspace::Diff& diff) override;
  void send_catch_up(const workspace::Diff& diff) override;
  void send_change(const workspace::Delivery& change) override;
  void send_presence(const workspace::Delivery& update) override;
  void send_saved(std::uint64_t updates) override;
  void send_refused(const Error& error) override;
  void send_rights(RightsNews news, bool changed) override;
  void send_notice(const Error& error) override;
  void close(const Error& error) override;
  void refuse_later();
  void join_later(std::uint64_t wait_ms);
  void close_later(const Error& error, std::uint64_t wait_ms);
  std::size_t queued_bytes() const override { return connection_->queued_bytes(); }
  bool crowded(std::size_t more) const override { return connection_->crowded(more); }
  void hold_reading() override;
  void resume_reading() override;

  void send(Bytes message) { connection_->send(std::make_shared<const Bytes>(std::move(message))); }

  limits::Place place_;  // in its tenant
  // What is needed as long as the connection lives. The rest moves into the channel, because connections are many.
  workspace::Host& host_;
  Counters& counters_;
  Refusals* const refusals_;
  const ClientKey client_;
  Meter meter_;
  Seat seat_;
  std::unique_ptr<YSessionOptions> options_;  // null once there is a channel
  Connection* connection_ = nullptr;
  std::unique_ptr<TokenLife> life_;  // null: the token never expires
  std::optional<Channel> channel_;
  const bool wants_saved_;
  const bool wants_status_;
  bool closing_ = false;
  int holds_ = 0;
  Scheduler::TimerId timer_ = 0;  // not 0: it joins later, or closes later
};

}  // namespace syncline::session
