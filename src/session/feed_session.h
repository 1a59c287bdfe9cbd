// FeedSession: what all who follow something over HTTP have in common.
//
// Whoever follows is a session like those of editors: it has a place among the connections of its tenant, operators see it
// and end it, and it ends with its token. What it follows, and how it tells that, is for the class that derives from this
// one.
//
// Thread-safety: none; it lives on the loop of its workspace. What it refers to must outlive it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "identity/caller.h"
#include "limits/tenants.h"
#include "session/limits.h"
#include "session/session_table.h"
#include "session/token_life.h"
#include "syncline/error.h"
#include "workspace/host.h"

namespace syncline::session {

class FeedSession : public LiveSession, TokenLife::Holder {
 public:
  FeedSession(workspace::Host& host, SessionTable& sessions, Counters& counters,
              identity::Caller caller, std::string workspace)
      : host_(host),
        caller_(std::move(caller)),
        workspace_(std::move(workspace)),
        counters_(counters),
        seat_(&sessions) {}
  virtual ~FeedSession() = default;

  // kUnavailable: the tenant has as many connections as it may. kUnauthorized: the token is no longer valid.
  Result<void> take_place();

  void kick() override;
  void end_revoked(const identity::Revocations& revocations) override;
  void look_again(const identity::Revocations& outdated) override;

 protected:
  // Ends the session in a later turn, and tells its reader how. It may be called more than once.
  virtual void finish(Result<void> how) = 0;

  bool ended() const { return ended_; }
  // False if it has ended before.
  bool end_now() { return !std::exchange(ended_, true); }

  const identity::Caller& caller() const { return caller_; }
  const std::string& workspace() const { return workspace_; }
  // What operators are shown, of a feed about that object, or about names that begin so.
  SessionInfo info_about(std::string_view protocol, const std::string& object) const;

  workspace::Host& host_;

 private:
  void token_expired() override;

  const identity::Caller caller_;
  const std::string workspace_;
  Counters& counters_;
  limits::Place place_;
  Seat seat_;
  std::unique_ptr<TokenLife> life_;
  bool ended_ = false;
};

}  // namespace syncline::session
