#include "session/y_session.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/qualified_name.h"
#include "protocol/y_sync.h"
#include "session/close_code.h"

namespace syncline::session {

using protocol::SyncKind;
using protocol::YMessage;
using protocol::YStatus;
using workspace::Delivery;

namespace {

// The encodings of broadcasts and of answers, which all connections share.
constexpr char kEncoding = 0;
constexpr char kAnswerEncoding = 0;

constexpr std::string_view kWritesLess =
    "you may write less of this document than before: some changes will be refused";

YStatus status_of(RightsNews news) {
  switch (news) {
    case RightsNews::kReads: return YStatus::kReads;
    case RightsNews::kWrites: return YStatus::kWrites;
    case RightsNews::kWritesLess: break;
  }
  return YStatus::kWritesLess;
}

// These codes are final: y-websocket 3 does not reconnect, and other clients have no reason to.
bool is_refusal(std::uint16_t code) {
  return code >= 4400 && code < 4500;
}

}  // namespace

YSession::YSession(YSessionOptions options)
    : host_(options.host),
      counters_(options.counters),
      refusals_(options.refusals),
      client_(options.client),
      meter_(options.rates, host_.scheduler(), counters_),
      seat_(options.sessions),
      wants_saved_(options.wants_saved),
      wants_status_(options.wants_status) {
  options_ = std::make_unique<YSessionOptions>(std::move(options));
}

YSession::~YSession() {
  host_.scheduler().cancel(timer_);
}

void YSession::on_open(Connection& connection) {
  connection_ = &connection;
  ++counters_.opened;
  meter_.begin(*this, connection.peer());
  // The token was judged on another loop, with the handshake.
  if (options_->principal) {
    if (auto valid = seat_.check(*options_->principal, host_.scheduler()); !valid)
      options_->principal = std::unexpected(std::move(valid.error()));
  }
  if (!options_->principal) return refuse();
  auto place = host_.take_place(options_->workspace);
  if (!place) return close(place.error());
  place_ = *std::move(place);
  meter_.belongs_to(place_.use().get());
  seat_.take(*this);
  life_ = TokenLife::watch(host_.scheduler(), *options_->principal, *this);
  const auto options = std::move(options_);
  const identity::Rights rights = options->principal->rights;
  const auto account = host_.account_of(*options->principal, connection.peer());
  connection.belongs_to(account);
  meter_.belongs_to(*options->principal);
  connection.works_on(options->workspace);
  channel_.emplace(ChannelOptions{.host = host_,
                                  .workspace = std::move(options->workspace),
                                  .object = std::move(options->object),
                                  .face = protocol::kYjsFace,
                                  .caller = {.principal = *std::move(options->principal),
                                             .rights = rights,
                                             .actor = std::move(options->actor),
                                             .origin = std::move(options->origin),
                                             .trace = std::move(options->trace),
                                             .protocol = "y-websocket",
                                             .peer = std::string(connection.peer()),
                                             .account = account},
                                  .limits = options->limits,
                                  .counters = counters_,
                                  .meter = meter_,
                                  .generation = options->generation},
                   static_cast<Wire&>(*this));
  report_opened(host_.reports(), party());
  if (const std::uint64_t wait_ms = meter_.joined(); wait_ms > 0) return join_later(wait_ms);
  channel_->join();
}

void YSession::refuse() {
  if (options_->principal.error().code == ErrorCode::kUnauthorized) ++counters_.denied;
  options_->refused_for_ms > 0 ? refuse_later() : close(options_->principal.error());
}

SessionInfo YSession::info() const {
  return {.protocol = "y-websocket",
          .workspace = std::string(split_name(channel_->workspace_name()).workspace),
          .address = std::string(connection_->peer()),
          .queued_bytes = connection_->queued_bytes(),
          .documents = {{.object = channel_->object(),
                         .principal = channel_->caller().principal,
                         .updates_in_flight = channel_->updates_in_flight(),
                         .lag = channel_->lag()}}};
}

void YSession::kick() {
  if (closing_) return;
  ++counters_.ended_kicked;
  channel_->end(kicked());
}

void YSession::end_revoked(const identity::Revocations& revocations) {
  if (closing_) return;
  const auto valid = revocations.check(channel_->caller().principal);
  if (valid) return;
  ++counters_.ended_revoked;
  channel_->end(valid.error());
}

void YSession::look_again(const identity::Revocations& outdated) {
  if (closing_ || outdated.check(channel_->caller().principal)) return;
  ++counters_.ended_outdated;
  channel_->end(outdated_token());
}

void YSession::token_expired() {
  if (closing_) return;
  ++counters_.ended_expired;
  channel_->end(expired_token());
}

// Nothing is read meanwhile.
void YSession::join_later(std::uint64_t wait_ms) {
  timer_ = host_.scheduler().after(wait_ms, [this] {
    timer_ = 0;
    if (!closing_) channel_->join();
  });
}

// The client learns nothing before, not even that its token is wrong.
void YSession::refuse_later() {
  ++counters_.kept_waiting;
  connection_->set_reading(false);
  timer_ = host_.scheduler().after(options_->refused_for_ms, [this] {
    timer_ = 0;
    close(options_->principal.error());
  });
}

Party YSession::party() const {
  Party party{};
  party.protocol = "y-websocket";
  party.peer = connection_->peer();
  if (channel_) {
    party.workspace = channel_->workspace_name();
    party.object = channel_->object();
    party.principal = channel_->caller().principal.id;
  } else {
    party.workspace = options_->workspace;
    party.object = options_->object;
    if (options_->principal) party.principal = options_->principal->id;
  }
  return party;
}

void YSession::on_message(ByteView frame) {
  if (closing_ || !channel_) return;
  meter_.received(frame.size());
  if (auto whole = protocol::check_y_frame(frame); !whole) return close(whole.error());
  do {
    const YMessage message = *protocol::take_y_message(frame);
    deliver(message, !frame.empty() || connection_->more_follows());
  } while (!closing_ && !frame.empty());
  if (!closing_ && !connection_->more_follows()) channel_->submit_gathered();
}

void YSession::on_input_end() {
  if (channel_) channel_->submit_gathered();
}

void YSession::deliver(const YMessage& message, bool more) {
  switch (message.kind) {
    case YMessage::Kind::kSync:
      return message.sync == SyncKind::kStep1
                 ? channel_->ask(message.payload)
                 : channel_->change(message.payload, more, connection_);
    case YMessage::Kind::kAwareness: return channel_->presence(message.payload);
    case YMessage::Kind::kQueryAwareness: return channel_->query_presence();
    case YMessage::Kind::kUnknown: return;
  }
}

bool YSession::on_too_large(ByteView, std::size_t limit) {
  close({ErrorCode::kTooLarge, "a message is larger than " + std::to_string(limit) +
                                   " bytes, the most that this server takes"});
  return true;
}

void YSession::on_drained() {
  if (!channel_ || closing_) return;
  channel_->drained();
  channel_->send_owed();
}

void YSession::on_closed(std::uint16_t) {
  ++counters_.closed;
  on_input_end();
  closing_ = true;
  seat_.leave();
  life_.reset();
  host_.scheduler().cancel(std::exchange(timer_, 0));
  channel_.reset();
  meter_.stop();
}

void YSession::send_version(ByteView version) {
  send(protocol::encode_y_sync(SyncKind::kStep1, version));
}

void YSession::send_answer(const workspace::Diff& diff) {
  connection_->send(diff.encodings.once(
      &kAnswerEncoding, [&] { return protocol::encode_y_sync(SyncKind::kStep2, diff.change); }));
}

void YSession::send_catch_up(const workspace::Diff& diff) {
  connection_->send(diff.encodings.once(
      &kEncoding, [&] { return protocol::encode_y_sync(SyncKind::kUpdate, diff.change); }));
}

void YSession::send_change(const Delivery& change) {
  connection_->send(change.encodings.once(
      &kEncoding, [&] { return protocol::encode_y_sync(SyncKind::kUpdate, change.payload); }));
}

void YSession::send_presence(const Delivery& update) {
  connection_->send_soon(update.encodings.once(
      &kEncoding, [&] { return protocol::encode_y_awareness(update.payload); }));
}

void YSession::send_saved(std::uint64_t updates) {
  if (wants_saved_)
    connection_->send_ahead(std::make_shared<const Bytes>(protocol::encode_y_saved(updates)));
}

void YSession::send_refused(const Error& error) {
  send(wants_status_ ? protocol::encode_y_status(YStatus::kRefusedChange, shown(error))
                     : protocol::encode_y_denied(shown(error)));
}

void YSession::send_notice(const Error& error) {
  send(wants_status_ ? protocol::encode_y_status(YStatus::kDropped, shown(error))
                     : protocol::encode_y_denied(shown(error)));
}

// The reason as the client may see it.
std::string YSession::shown(const Error& error) const {
  return public_text(error.message, split_name(party().workspace).tenant);
}

// The published protocol has no word for it. Clients that may only read come back, and find what they may do then;
// those that may write less are told as of a refusal, which they log.
void YSession::send_rights(RightsNews news, bool changed) {
  if (wants_status_) return send(protocol::encode_y_status(status_of(news), {}));
  if (news == RightsNews::kWritesLess) return send(protocol::encode_y_denied(kWritesLess));
  if (changed && news == RightsNews::kReads)
    channel_->end({ErrorCode::kUnavailable, "you may only read this document now; connect again"});
}

void YSession::close(const Error& error) {
  if (std::exchange(closing_, true)) return;
  seat_.leave();  // whoever is told later that it was refused is no session any more
  host_.scheduler().cancel(std::exchange(timer_, 0));
  const std::uint16_t code = close_code(error.code);
  report_end(host_.reports(), party(), code, error);
  // Clients show or log this message. Not all of them show the reason of a close.
  if (is_refusal(code)) send(protocol::encode_y_denied(shown(error)));
  const std::uint64_t wait_ms = is_refusal(code) && refusals_ != nullptr
                                    ? refusals_->note(client_, host_.scheduler().monotonic_ms())
                                    : 0;
  if (wait_ms > 0) return close_later(error, wait_ms);
  connection_->close(code, shown(error));
}

void YSession::close_later(const Error& error, std::uint64_t wait_ms) {
  ++counters_.kept_waiting;
  if (channel_) channel_->stop();
  timer_ = host_.scheduler().after(wait_ms, [this, error] {
    timer_ = 0;
    connection_->close(close_code(error.code), shown(error));
  });
}

void YSession::hold_reading() {
  if (holds_++ == 0) connection_->set_reading(false);
}

void YSession::resume_reading() {
  if (--holds_ == 0) connection_->set_reading(true);
}

}  // namespace syncline::session
