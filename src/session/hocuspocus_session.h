// HocuspocusSession: a Hocuspocus connection with many documents. A token opens each of them.
//
// Messages for a document that arrive before its token are held, up to a limit, until the token has
// been checked. If a token is refused, the connection stays open for other documents. The same
// holds if a document fails, for example because a message was too large. The client is told, and
// its messages for this document are ignored until it sends a token again: the published provider
// neither reconnects for it nor stops sending. If many tokens are wrong, the denials come later and
// later (limits/failed_tokens.h). A violation of the protocol itself closes the
// connection with Hocuspocus's own close codes, after which the provider reconnects about once a
// second.
//
// Some time before the token of a document expires, the client is asked for a new one, in a way that the published
// provider understands. A token that comes for an open document is judged like the first one, and replaces it. A
// document whose token expires, or is revoked, is closed with the reason; the others stay.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "identity/authenticator.h"
#include "limits/failed_tokens.h"
#include "protocol/hocuspocus.h"
#include "session/channel.h"
#include "session/connection.h"
#include "session/session_report.h"
#include "session/session_table.h"
#include "session/token_life.h"
#include "syncline/error.h"

namespace syncline::session {

struct HocuspocusOptions {
  workspace::Host& host;
  std::string workspace;  // its public name
  std::string tenant =
      {};  // that the address names (limits/tenants.h); "": that of the first token
  // An error (of the workspace's name) is sent for every document for which a token arrives.
  Result<void> admission = {};
  const identity::Authenticator& access;
  std::string token = {};  // of the handshake: that of messages with an empty one
  limits::FailedTokens* failed_tokens = nullptr;  // nullptr: wrong tokens are answered at once
  SessionTable* sessions = nullptr;               // nullptr: nobody sees or ends the session
  std::string actor;
  std::string origin = {};  // of the web page that connects; "" outside of browsers
  std::string trace = {};
  const Limits& limits;
  limits::NetworkRates* rates = nullptr;  // nullptr: nothing is slowed down
  Counters& counters;
};

class HocuspocusSession final : public ConnectionHandler, private Reading, private LiveSession {
 public:
  explicit HocuspocusSession(HocuspocusOptions options);
  ~HocuspocusSession() override;

  void on_open(Connection& connection) override;
  void on_message(ByteView message) override;
  void on_input_end() override;
  void on_control(std::size_t bytes) override { meter_.received(bytes); }
  bool on_too_large(ByteView beginning, std::size_t limit) override;
  void on_drained() override;
  void on_closed(std::uint16_t code) override;

 private:
  class Document;

  SessionInfo info() const override;
  void kick() override;
  void end_revoked(const identity::Revocations& revocations) override;
  void look_again(const identity::Revocations& outdated) override;

  // `object` and `principal` are empty for the connection as a whole.
  Party party(std::string_view object, std::string_view principal = {}) const;
  // The reason as the client may see it.
  std::string shown(const Error& error) const;

  // The document to which messages with this address belong. Session-aware clients use one address
  // each; older clients send only the name of the document.
  Document* find(std::string_view address);
  void authenticate(const protocol::HocuspocusMessage& message);
  void authenticated(const std::string& address, bool guessed,
                     Result<identity::Principal> principal);
  // A token came for a document that is open.
  void renewed(Document& document, bool guessed, Result<identity::Principal> principal);
  void refused(const std::string& address, bool guessed, const Error& error);
  void open(const std::string& address, const identity::Principal& principal);
  // Puts the connection into the tenant of its first principal. The others must be of the same.
  Result<void> enter(const identity::Principal& principal);
  void refuse_address(const protocol::HocuspocusMessage& message);
  void deny(std::string_view address, const Error& error);
  // Denies a wrong token, perhaps later. Until then, nothing is read from the client.
  void deny_token(std::string_view address, const Error& error);
  // Forgets a denial that waits; reads on after the last one.
  void drop_denial(std::string_view address);
  // Ignores messages for an address until a token for it arrives.
  void mute(std::string_view address);
  void hold(std::string_view address, ByteView message);
  // Removes and returns the messages that were held for an address.
  std::vector<Bytes> take_early(std::string_view address);
  // `carrier`: the message is its present one; nullptr: it was held.
  void deliver(Document& document, const protocol::HocuspocusMessage& message, Connection* carrier);
  // Ends one document. It is destroyed in a later turn.
  void retire(Document& document);
  void close(std::uint16_t code, std::string_view reason);
  void send(Bytes message);
  // Sends an answer to a message of the client. If the client does not read its answers, reading
  // from it stops above a limit.
  void answer(Bytes message);

  void hold_reading() override;
  void resume_reading() override;

  HocuspocusOptions options_;
  std::string
      workspace_;        // within the server (base/qualified_name.h); "" before the first principal
  limits::Place place_;  // in its tenant
  Meter meter_;
  Connection* connection_ = nullptr;
  Seat seat_;
  bool closing_ = false;
  int holds_ = 0;
  std::size_t answers_ = 0;  // queued since the queue was last empty
  bool ever_authenticated_ = false;
  std::map<std::string, Scheduler::TimerId, std::less<>> waiting_denials_;  // by address
  std::uint64_t auth_timer_ = 0;
  std::map<std::string, std::unique_ptr<Document>, std::less<>> documents_;  // by address
  std::vector<std::unique_ptr<Document>> retired_;
  Document* gathering_ = nullptr;  // its channel may hold changes back until on_input_end()
  std::string last_served_;  // the address of the document that last got its turn in on_drained()

  // Addresses whose token is being judged. Further tokens for them are ignored until then.
  std::set<std::string, std::less<>> judged_;

  // Addresses whose last token was refused, or whose document failed. Messages for them are ignored
  // until another token arrives.
  std::set<std::string, std::less<>> muted_;

  // Messages that arrived before their document's token.
  std::map<std::string, std::vector<Bytes>, std::less<>> early_;
  std::size_t early_bytes_ = 0;
  std::size_t early_messages_ = 0;

  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::session
