// Pull: gets one document from a running server of Yjs documents, as the client side of the protocol that it speaks.
//
// It asks for everything, collects the answer and what others write meanwhile, and writes nothing itself. A server of
// y-websocket may answer before its store has loaded the document, and sends the content as an update afterwards. So
// whoever drives this asks a second time after a pause: ask(), and again until nothing new came.
//
// Pure: bytes in, bytes out; the driver has the connection and the time. Thread-safety: none.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "migrate/stored_update.h"
#include "syncline/error.h"

namespace syncline::migrate {

class Pull {
 public:
  virtual ~Pull() = default;

  // What to send when the connection is open.
  virtual std::vector<Bytes> begin() = 0;

  // Takes a message of the server. kForbidden: it refuses the document, with its reason. kMalformed: it does not speak
  // this protocol.
  virtual Result<void> take(ByteView message) = 0;

  // Asks for everything again.
  virtual Bytes ask() = 0;

  // The messages to send as answers to what was taken; none are left afterwards.
  std::vector<Bytes> take_replies() { return std::exchange(replies_, {}); }

  // How many times the server has answered with the whole document.
  std::size_t answers() const { return answers_; }
  const StoredUpdates& updates() const { return updates_; }

 protected:
  void keep(ByteView update) { updates_.push_back({to_bytes(update)}); }

  std::vector<Bytes> replies_;
  StoredUpdates updates_;
  std::size_t answers_ = 0;
};

// The document that the address of the connection names.
std::unique_ptr<Pull> pull_y_websocket();

// `document` by its name. The token may be empty; the protocol sends one in any case.
std::unique_ptr<Pull> pull_hocuspocus(std::string document, std::string token);

}  // namespace syncline::migrate
