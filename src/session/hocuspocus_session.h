// A Hocuspocus connection: many documents, each opened by a token sent for it.
//
// A document's messages before its token are held, within bounds, until the token is judged. A
// token that is refused leaves the connection open for other documents; so does a document that
// fails, such as one for which a message was too large. Its client is told, and not heard any more
// until it sends a token again: the published provider neither reconnects for it nor stops sending.
// What breaks the protocol itself closes the connection, with Hocuspocus's own close codes, after
// which the provider reconnects about once a second.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "policy/access.h"
#include "protocol/hocuspocus.h"
#include "session/channel.h"
#include "session/connection.h"
#include "syncline/error.h"

namespace syncline::session {

struct HocuspocusOptions {
  workspace::Host& host;
  std::string workspace;
  // An error (of the workspace's name) is told for every document that a token is sent for.
  Result<void> admission = {};
  const policy::Access& access;
  std::string actor;
  std::string trace = {};
  const Limits& limits;
  Counters& counters;
};

class HocuspocusSession final : public ConnectionHandler {
 public:
  explicit HocuspocusSession(HocuspocusOptions options);
  ~HocuspocusSession() override;

  void on_open(Connection& connection) override;
  void on_message(ByteView message) override;
  bool on_too_large(ByteView beginning, std::size_t limit) override;
  void on_drained() override;
  void on_closed(std::uint16_t code) override;

 private:
  class Document;

  // The document that messages with this address go to. Session-aware clients use one address each;
  // older ones name only the document.
  Document* find(std::string_view address);
  void authenticate(const protocol::HocuspocusMessage& message);
  void refuse_address(const protocol::HocuspocusMessage& message);
  void deny(std::string_view address, const Error& error);
  // Hears nothing more for an address until a token comes for it.
  void mute(std::string_view address);
  void hold(std::string_view address, ByteView message);
  // The messages that were held for an address, which are forgotten.
  std::vector<Bytes> take_early(std::string_view address);
  void deliver(Document& document, const protocol::HocuspocusMessage& message);
  // Ends one document; its place is cleared in a later turn.
  void retire(Document& document);
  void close(std::uint16_t code, std::string_view reason);
  void send(Bytes message);
  // The same for what answers a message of the client. Past a bound, one that does not read its
  // answers is not read either.
  void answer(Bytes message);

  void hold_reading();
  void resume_reading();

  HocuspocusOptions options_;
  Connection* connection_ = nullptr;
  bool closing_ = false;
  int holds_ = 0;
  std::size_t answers_ = 0;  // queued since the queue was last empty
  bool ever_authenticated_ = false;
  std::uint64_t auth_timer_ = 0;
  std::map<std::string, std::unique_ptr<Document>, std::less<>> documents_;  // by address
  std::vector<std::unique_ptr<Document>> retired_;
  std::string last_served_;  // the address whose document was last to send what it owed

  // Addresses of which the last token was refused, or whose document has failed. Its client goes on
  // sending, unheard, until it sends another token.
  std::set<std::string, std::less<>> muted_;

  // Messages that came before their document's token.
  std::map<std::string, std::vector<Bytes>, std::less<>> early_;
  std::size_t early_bytes_ = 0;
  std::size_t early_messages_ = 0;

  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::session
