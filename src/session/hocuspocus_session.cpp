#include "session/hocuspocus_session.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "base/mutation.h"
#include "base/qualified_name.h"
#include "identity/names.h"
#include "session/close_code.h"
#include "session/refusals.h"

namespace syncline::session {

using protocol::HocuspocusMessage;
using protocol::SyncKind;
using workspace::Delivery;

namespace {

// Limits before a token, equal to those of the Hocuspocus server.
constexpr std::size_t kMaxEarlyBytes = std::size_t{5} << 20;
constexpr std::size_t kMaxEarlyMessages = 1000;

// The number of unread answers above which reading from the client stops.
constexpr std::size_t kMaxAnswers = 1000;

// The name of a document, a NUL and a session id. Every message to the client repeats it.
constexpr std::size_t kMaxAddressBytes = identity::kMaxObjectIdBytes + 1 + 255;
// With its length before it, this is what is needed of a message that is too large.
static_assert(2 + kMaxAddressBytes <= kBeginningBytes);
// A longer name is refused with its name, up to this length.
constexpr std::size_t kMaxAnswerableBytes = std::size_t{16} << 10;

// The encoding for clients that share an address.
constexpr char kSharedEncoding = 0;
constexpr char kHocuspocusAnswer = 0;  // of answers

// A stateless message of the server, which an application can tell from its own (docs/policy.md).
constexpr std::string_view kWritesLessMessage = R"({"syncline":"rights","write":"in part"})";

bool same_person(const identity::Principal& a, const identity::Principal& b) {
  return a.id == b.id && a.tenant() == b.tenant();
}

// Close codes of Hocuspocus. Its provider reconnects after each of them.
constexpr std::uint16_t kReset = 4205;

}  // namespace

// One document of the connection: its channel, and the address in its messages.
class HocuspocusSession::Document final : public Wire, private TokenLife::Holder {
 public:
  Document(HocuspocusSession& session, std::string address, const identity::Principal& principal,
           SharedAccount account)
      : session_(session),
        address_(std::move(address)),
        own_address_(protocol::split_address(address_).document != address_),
        channel_({.host = session.options_.host,
                  .workspace = session.workspace_,
                  .object = std::string(protocol::split_address(address_).document),
                  .face = protocol::kYjsFace,
                  .caller = {.principal = principal,
                             .rights = principal.rights,
                             .actor = session.options_.actor,
                             .origin = session.options_.origin,
                             .trace = session.options_.trace,
                             .protocol = "hocuspocus",
                             .peer = std::string(session.connection_->peer()),
                             .account = std::move(account)},
                  .limits = session.options_.limits,
                  .counters = session.options_.counters,
                  .meter = session.meter_,
                  .greet = false},
                 *this),
        principal_(principal.id),
        life_(TokenLife::watch(session.options_.host.scheduler(), principal, *this)) {
    report_opened(session.options_.host.reports(), party());
  }

  Party party() const { return session_.party(channel_.object(), principal_); }

  Channel& channel() { return channel_; }
  const identity::Principal& principal() const { return channel_.caller().principal; }

  OpenDocument shown() const {
    return {.object = channel_.object(),
            .principal = principal(),
            .updates_in_flight = channel_.updates_in_flight(),
            .lag = channel_.lag()};
  }

  // A new token of the same principal.
  void renew(const identity::Principal& principal) {
    ++session_.options_.counters.tokens_renewed;
    life_ = TokenLife::watch(session_.options_.host.scheduler(), principal, *this);
    channel_.renew(principal);
    if (retired_) return;
    send_rights(channel_.rights(), true);
  }

  // The provider calls its application, and shows in `authorizedScope` what holds. It knows no scope for a part of the
  // document, and only hands on what it gets as `stateless`.
  void send_rights(RightsNews news, bool) override {
    session_.answer(
        news == RightsNews::kWritesLess
            ? protocol::encode_hocuspocus_stateless(address_, kWritesLessMessage)
            : protocol::encode_hocuspocus_authenticated(address_, news == RightsNews::kReads));
  }

  // The provider sends its token again, or a new one, as when it connects.
  void token_wanted() override {
    if (session_.closing_) return;
    session_.answer(protocol::encode_hocuspocus_token_wanted(address_));
  }

  // It is destroyed in a later turn, and does nothing until then.
  void leave() {
    retired_ = true;
    life_.reset();
    channel_.stop();
  }
  const std::string& address() const { return address_; }
  bool retired() const { return retired_; }

  void send_version(ByteView version) override { send_sync(SyncKind::kStep1, version); }
  void send_answer(const workspace::Diff& diff) override {
    send_diff(SyncKind::kStep2, &kHocuspocusAnswer, diff);
  }
  void send_catch_up(const workspace::Diff& diff) override {
    send_diff(SyncKind::kUpdate, &kSharedEncoding, diff);
  }

  void send_change(const Delivery& change) override {
    send_shared(change, [&] {
      return protocol::encode_hocuspocus_sync(address_, SyncKind::kUpdate, change.payload);
    });
  }

  void send_presence(const Delivery& update) override {
    const auto build = [&] {
      return protocol::encode_hocuspocus_awareness(address_, update.payload);
    };
    session_.connection_->send_soon(own_address_ ? std::make_shared<const Bytes>(build())
                                                 : update.encodings.once(&kSharedEncoding, build));
  }

  void send_message(const Delivery& message) override {
    send_shared(message, [&] {
      return protocol::encode_hocuspocus_stateless(address_, as_text(message.payload));
    });
  }

  void send_saved(std::uint64_t updates) override {
    const auto saved =
        std::make_shared<const Bytes>(protocol::encode_hocuspocus_status(address_, true));
    for (; updates > 0; --updates) session_.connection_->send_ahead(saved);
  }

  void send_refused(const Error&) override {
    session_.send(
        protocol::encode_hocuspocus_status(address_, is_mutated(Mutation::status_of_refused)));
  }

  void close(const Error& error) override {
    report_end(session_.options_.host.reports(), party(), close_code(error.code), error);
    const std::string reason = session_.shown(error);
    if (close_code(error.code) >= 4500) return session_.close(kReset, reason);
    session_.answer(protocol::encode_hocuspocus_close(address_, reason));
    session_.mute(address_);
    session_.retire(*this);
  }

  std::size_t queued_bytes() const override { return session_.connection_->queued_bytes(); }
  bool crowded(std::size_t more) const override { return session_.connection_->crowded(more); }
  void hold_reading() override { session_.hold_reading(); }
  void resume_reading() override { session_.resume_reading(); }

 private:
  void token_expired() override {
    if (session_.closing_) return;
    ++session_.options_.counters.ended_expired;
    channel_.end(expired_token());
  }

  void send_sync(SyncKind kind, ByteView payload) {
    session_.send(protocol::encode_hocuspocus_sync(address_, kind, payload));
  }

  void send_diff(SyncKind kind, workspace::EncodingTag tag, const workspace::Diff& diff) {
    send_encoded(diff.encodings, tag,
                 [&] { return protocol::encode_hocuspocus_sync(address_, kind, diff.change); });
  }

  template <typename Build>
  void send_shared(const Delivery& delivery, Build&& build) {
    send_encoded(delivery.encodings, &kSharedEncoding, build);
  }

  // Clients that send only the name of the document share an address, and so the encoded message.
  template <typename Build>
  void send_encoded(workspace::Encodings& encodings, workspace::EncodingTag tag, Build&& build) {
    if (own_address_) {
      session_.send(build());
    } else {
      session_.connection_->send(encodings.once(tag, build));
    }
  }

  HocuspocusSession& session_;
  const std::string address_;
  const bool own_address_;  // it contains more than the name of the document
  bool retired_ = false;
  Channel channel_;
  const std::string principal_;
  std::unique_ptr<TokenLife> life_;  // null: the token never expires
};

HocuspocusSession::HocuspocusSession(HocuspocusOptions options)
    : options_(std::move(options)),
      meter_(options_.rates, options_.host.scheduler(), options_.counters),
      seat_(options_.sessions) {}

HocuspocusSession::~HocuspocusSession() = default;

Party HocuspocusSession::party(std::string_view object, std::string_view principal) const {
  return {.protocol = "Hocuspocus",
          .workspace = workspace_.empty() ? options_.workspace : workspace_,
          .object = object,
          .principal = principal,
          .peer = connection_->peer()};
}

std::string HocuspocusSession::shown(const Error& error) const {
  return public_text(error.message, split_name(workspace_).tenant);
}

void HocuspocusSession::on_open(Connection& connection) {
  connection_ = &connection;
  ++options_.counters.opened;
  meter_.begin(*this, connection.peer());
  connection.limit_messages(options_.limits.stranger_bytes);
  auth_timer_ = options_.host.scheduler().after(options_.limits.auth_ms,
                                                [this, alive = std::weak_ptr(alive_)] {
                                                  if (!alive.expired() && !ever_authenticated_)
                                                    close(kAuthTimeout, "Connection Timeout");
                                                });
}

void HocuspocusSession::on_message(ByteView bytes) {
  if (closing_) return;
  meter_.received(bytes.size());
  auto message = protocol::decode_hocuspocus(bytes);
  if (!message) return close(kReset, message.error().message);
  if (message->address.size() > kMaxAddressBytes) return refuse_address(*message);
  switch (message->kind) {
    case HocuspocusMessage::Kind::kPing:
      return answer(message->address.empty() ? Bytes{10}
                                             : protocol::encode_hocuspocus_pong(message->address));
    case HocuspocusMessage::Kind::kPong: return;
    default: break;
  }
  if (Document* document = find(message->address)) {
    deliver(*document, *message, connection_);
  } else if (message->kind == HocuspocusMessage::Kind::kToken) {
    authenticate(*message);
  } else if (message->kind != HocuspocusMessage::Kind::kClose) {
    hold(message->address, bytes);
  }
}

// No document can have this name, so later messages for it are ignored, too.
void HocuspocusSession::refuse_address(const HocuspocusMessage& message) {
  if (message.address.size() > kMaxAnswerableBytes) {
    return close(kReset, "the name of a document is too long");
  }
  if (message.kind == HocuspocusMessage::Kind::kToken) {
    const auto valid = identity::check_object_id(protocol::split_address(message.address).document);
    answer(protocol::encode_hocuspocus_denied(
        message.address,
        valid ? "the session id of a document is too long" : valid.error().message));
  }
}

// If not even a name can be read, the message belongs to no document, and the connection ends.
bool HocuspocusSession::on_too_large(ByteView beginning, std::size_t limit) {
  if (closing_) return true;
  on_input_end();
  ByteReader in(beginning);
  const std::string_view address = in.var_string();
  const Error error{ErrorCode::kTooLarge, "a message is larger than " + std::to_string(limit) +
                                              " bytes, the most that this server takes"};
  if (!in.ok() || address.size() > kMaxAddressBytes) {
    close(kReset, error.message);
  } else if (Document* document = find(address)) {
    document->channel().stop();
    document->close(error);
  } else if (muted_.contains(address)) {
    return true;  // it was told
  } else if (!ever_authenticated_) {
    close(kReset, "before a token, a message has at most " + std::to_string(limit) + " bytes");
  } else {
    answer(protocol::encode_hocuspocus_close(address, error.message));
    mute(address);
  }
  return true;
}

HocuspocusSession::Document* HocuspocusSession::find(std::string_view address) {
  auto found = documents_.find(address);
  if (found == documents_.end()) found = documents_.find(protocol::split_address(address).document);
  return found == documents_.end() ? nullptr : found->second.get();
}

void HocuspocusSession::authenticate(const HocuspocusMessage& message) {
  if (!options_.admission) return deny(message.address, options_.admission.error());
  const std::string_view name = protocol::split_address(message.address).document;
  if (auto valid = identity::check_object_id(name); !valid) {
    return deny(message.address, valid.error());
  }
  const bool is_open = documents_.contains(message.address);
  if (!is_open && documents_.size() + judged_.size() >= options_.limits.documents) {
    return deny(message.address, {ErrorCode::kTooLarge, "too many documents on one connection"});
  }
  std::string address(message.address);
  if (!judged_.insert(address).second) return;
  // What follows the token waits for it.
  if (const auto muted = muted_.find(address); muted != muted_.end()) muted_.erase(muted);
  const std::string_view token = message.text.empty() ? options_.token : message.text;
  options_.access.authenticate({.token = token,
                                .workspace = options_.workspace,
                                .object = name,
                                .peer = connection_->peer(),
                                .tenant = options_.tenant},
                               options_.host.scheduler(),
                               [this, alive = std::weak_ptr(alive_), address = std::move(address),
                                guessed = !token.empty()](Result<identity::Principal> principal) {
                                 if (!alive.expired() && !closing_)
                                   authenticated(address, guessed, std::move(principal));
                               });
}

void HocuspocusSession::authenticated(const std::string& address, bool guessed,
                                      Result<identity::Principal> principal) {
  judged_.erase(address);
  // Judging took a while, or happened elsewhere.
  if (principal)
    if (auto valid = seat_.check(*principal, options_.host.scheduler()); !valid)
      principal = std::unexpected(std::move(valid.error()));
  if (const auto found = documents_.find(address); found != documents_.end())
    return renewed(*found->second, guessed, std::move(principal));
  if (!principal) return refused(address, guessed, principal.error());
  open(address, *principal);
}

// The provider sends its token when it is asked to, and whenever its application likes. A document that is shared
// by several providers gets one from each.
void HocuspocusSession::renewed(Document& document, bool guessed,
                                Result<identity::Principal> principal) {
  // The present token is valid for some time yet. If nobody can judge the new one until then, that ends it.
  if (!principal && principal.error().code == ErrorCode::kUnavailable) return;
  if (principal && same_person(*principal, document.principal())) return document.renew(*principal);
  on_input_end();
  const std::string address = document.address();
  if (principal) {
    return document.channel().end(
        {ErrorCode::kForbidden, "the new token is of another principal; open the document again"});
  }
  retire(document);
  refused(address, guessed, principal.error());
}

void HocuspocusSession::refused(const std::string& address, bool guessed, const Error& error) {
  const bool wrong = guessed && error.code == ErrorCode::kUnauthorized;
  wrong ? deny_token(address, error) : deny(address, error);
}

SessionInfo HocuspocusSession::info() const {
  SessionInfo info{.protocol = "hocuspocus",
                   .workspace = options_.workspace,
                   .address = std::string(connection_->peer()),
                   .queued_bytes = connection_->queued_bytes()};
  for (const auto& [address, document] : documents_) info.documents.push_back(document->shown());
  return info;
}

void HocuspocusSession::kick() {
  if (closing_) return;
  ++options_.counters.ended_kicked;
  close(kReset, kicked().message);
}

void HocuspocusSession::end_revoked(const identity::Revocations& revocations) {
  // A document that ends leaves the map, but stays alive until a later turn.
  std::vector<Document*> all;
  for (auto& [address, document] : documents_) all.push_back(document.get());
  for (Document* document : all) {
    if (closing_) return;
    const auto valid = revocations.check(document->principal());
    if (valid) continue;
    ++options_.counters.ended_revoked;
    document->channel().end(valid.error());
  }
}

// The other documents of the connection, and edits that are under way, are not disturbed.
void HocuspocusSession::look_again(const identity::Revocations& outdated) {
  for (auto& [address, document] : documents_) {
    if (closing_) return;
    if (!outdated.check(document->principal())) document->token_wanted();
  }
}

Result<void> HocuspocusSession::enter(const identity::Principal& principal) {
  std::string workspace = qualified(principal.tenant(), options_.workspace);
  if (!workspace_.empty()) {
    if (workspace_ == workspace) return {};
    return fail(ErrorCode::kForbidden, "this connection is of another tenant");
  }
  auto place = options_.host.take_place(workspace);
  if (!place) return std::unexpected(std::move(place.error()));
  place_ = *std::move(place);
  meter_.belongs_to(place_.use().get());
  workspace_ = std::move(workspace);
  return {};
}

void HocuspocusSession::open(const std::string& address, const identity::Principal& principal) {
  drop_denial(address);
  if (auto entered = enter(principal); !entered) {
    const bool for_now = entered.error().code == ErrorCode::kUnavailable;
    return for_now ? close(kReset, entered.error().message) : deny(address, entered.error());
  }
  auto account = options_.host.account_of(principal, connection_->peer());
  if (!std::exchange(ever_authenticated_, true)) {
    connection_->limit_messages(std::numeric_limits<std::size_t>::max());
    connection_->belongs_to(account);  // whoever comes first on it
    meter_.belongs_to(principal);
    connection_->works_on(workspace_);
  }
  if (auto denied = muted_.find(address); denied != muted_.end()) muted_.erase(denied);
  answer(protocol::encode_hocuspocus_authenticated(address,
                                                   !principal.rights.has(identity::Right::kWrite)));
  seat_.take(*this);
  auto document = std::make_unique<Document>(*this, address, principal, std::move(account));
  Document& joined = *documents_.emplace(address, std::move(document)).first->second;
  meter_.joined();
  joined.channel().join();

  for (const Bytes& bytes : take_early(address)) {
    if (joined.retired() || closing_) return;
    if (auto held = protocol::decode_hocuspocus(bytes)) deliver(joined, *held, nullptr);
  }
}

void HocuspocusSession::deny(std::string_view address, const Error& error) {
  if (error.code == ErrorCode::kUnauthorized) ++options_.counters.denied;
  report_end(options_.host.reports(), party(protocol::split_address(address).document),
             close_code(error.code), error);
  answer(protocol::encode_hocuspocus_denied(address, error.message));
  mute(address);
}

// A name is denied once at a time, so the limit of muted names bounds the denials that wait.
void HocuspocusSession::deny_token(std::string_view address, const Error& error) {
  if (options_.failed_tokens == nullptr) return deny(address, error);
  Scheduler& loop = options_.host.scheduler();
  const auto verdict = options_.failed_tokens->note(connection_->peer(), loop.monotonic_ms());
  const std::uint64_t wait_ms = denial_wait_ms(verdict);
  if (wait_ms == 0) return deny(address, error);
  mute(address);
  if (closing_ || waiting_denials_.contains(address)) return;
  if (waiting_denials_.empty()) hold_reading();
  const auto timer = loop.after(wait_ms, [this, address = std::string(address), error] {
    drop_denial(address);
    deny(address, error);
  });
  waiting_denials_.emplace(address, timer);
}

void HocuspocusSession::drop_denial(std::string_view address) {
  const auto found = waiting_denials_.find(address);
  if (found == waiting_denials_.end()) return;
  options_.host.scheduler().cancel(found->second);
  waiting_denials_.erase(found);
  if (waiting_denials_.empty()) resume_reading();
}

void HocuspocusSession::mute(std::string_view address) {
  take_early(address);
  if (muted_.size() >= options_.limits.documents && !muted_.contains(address)) {
    return close(kReset, "too many documents were refused on one connection");
  }
  muted_.emplace(address);
}

std::vector<Bytes> HocuspocusSession::take_early(std::string_view address) {
  const auto found = early_.find(address);
  if (found == early_.end()) return {};
  std::vector<Bytes> messages = std::move(found->second);
  early_.erase(found);
  early_messages_ -= messages.size();
  for (const Bytes& message : messages) early_bytes_ -= message.size();
  return messages;
}

void HocuspocusSession::hold(std::string_view address, ByteView message) {
  if (muted_.contains(address)) return;
  const std::size_t most = ever_authenticated_ ? kMaxEarlyBytes : options_.limits.stranger_bytes;
  if (early_bytes_ + message.size() > most || early_messages_ >= kMaxEarlyMessages) {
    return close(kReset, "too much was sent before a token");
  }
  early_bytes_ += message.size();
  ++early_messages_;
  early_[std::string(address)].push_back(to_bytes(message));
}

void HocuspocusSession::on_input_end() {
  if (Document* document = std::exchange(gathering_, nullptr))
    document->channel().submit_gathered();
}

void HocuspocusSession::deliver(Document& document, const HocuspocusMessage& message,
                                Connection* carrier) {
  if (gathering_ != &document) on_input_end();
  Channel& channel = document.channel();
  switch (message.kind) {
    case HocuspocusMessage::Kind::kSync:
      if (message.sync == SyncKind::kStep1) return channel.ask(message.payload);
      gathering_ = connection_->more_follows() ? &document : nullptr;
      return channel.change(message.payload, gathering_ != nullptr, carrier);
    case HocuspocusMessage::Kind::kAwareness: return channel.presence(message.payload);
    case HocuspocusMessage::Kind::kQueryAwareness: return channel.query_presence();
    // Hocuspocus passes a stateless message to a hook. Here it goes to the other clients of the
    // document.
    case HocuspocusMessage::Kind::kStateless: return channel.message(message.text, false);
    case HocuspocusMessage::Kind::kBroadcast: return channel.message(message.text, true);
    case HocuspocusMessage::Kind::kClose:
      on_input_end();
      answer(protocol::encode_hocuspocus_close(document.address(), "provider_initiated"));
      return retire(document);
    case HocuspocusMessage::Kind::kToken: return authenticate(message);
    case HocuspocusMessage::Kind::kPing:
    case HocuspocusMessage::Kind::kPong:
    case HocuspocusMessage::Kind::kUnknown: return;
  }
}

void HocuspocusSession::retire(Document& document) {
  auto found = documents_.find(document.address());
  if (found == documents_.end() || found->second.get() != &document) return;
  if (gathering_ == &document) gathering_ = nullptr;
  document.leave();
  retired_.push_back(std::move(found->second));
  documents_.erase(found);
  options_.host.scheduler().post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) retired_.clear();
  });
}

void HocuspocusSession::on_drained() {
  if (std::exchange(answers_, 0) >= kMaxAnswers) resume_reading();
  // A channel that fails during this loop leaves the map, but stays alive until a later turn.
  std::vector<Document*> all;
  for (auto& [address, document] : documents_) all.push_back(document.get());
  for (Document* document : all) document->channel().drained();
  // What all of them owe may be far more than the queue should hold, so each gets its turn.
  std::ranges::rotate(all, std::ranges::upper_bound(all, last_served_, {}, &Document::address));
  for (Document* document : all) {
    if (closing_ || connection_->queued_bytes() > options_.limits.queue_bytes) return;
    if (document->retired()) continue;
    last_served_ = document->address();
    document->channel().send_owed();
  }
}

void HocuspocusSession::on_closed(std::uint16_t) {
  ++options_.counters.closed;
  on_input_end();
  closing_ = true;
  seat_.leave();
  options_.host.scheduler().cancel(auth_timer_);
  for (const auto& [address, timer] : std::exchange(waiting_denials_, {}))
    options_.host.scheduler().cancel(timer);
  documents_.clear();
  retired_.clear();
  meter_.stop();
}

void HocuspocusSession::close(std::uint16_t code, std::string_view reason) {
  if (std::exchange(closing_, true)) return;
  seat_.leave();
  report_end(options_.host.reports(), party({}), code, {ErrorCode::kInvalid, std::string(reason)});
  connection_->close(code, reason);
}

void HocuspocusSession::send(Bytes message) {
  connection_->send(std::make_shared<const Bytes>(std::move(message)));
}

void HocuspocusSession::answer(Bytes message) {
  send(std::move(message));
  if (connection_->queued_bytes() > 0 && ++answers_ == kMaxAnswers) hold_reading();
}

void HocuspocusSession::hold_reading() {
  if (holds_++ == 0) connection_->set_reading(false);
}

void HocuspocusSession::resume_reading() {
  if (--holds_ == 0) connection_->set_reading(true);
}

}  // namespace syncline::session
