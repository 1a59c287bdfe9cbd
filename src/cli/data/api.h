// Api: the requests that commands send to an HTTP API (docs/openapi.json), with typed results. The
// transport of the client decides whether a running server answers, or a data directory that this
// process serves.
//
// Calls block. Error messages name the request and the server. Thread-safety: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/data/api_client.h"
#include "log/bundle.h"
#include "syncline/bytes.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::cli {

// An event as protocol/event_json.h prints it, and its position, from which the next page
// continues.
struct EventLine {
  std::uint64_t position = 0;
  std::string json;
};

struct ChangeLines {
  std::vector<EventLine> changes;  // with "changes", as api/history_json.h prints them
  std::uint64_t next = 0;          // 0: this is the last page
};

struct RestoreWish {
  std::string at;
  std::string into;     // another workspace
  std::string confirm;  // the name of the workspace itself, to change it in place
  bool dry_run = false;
  bool or_empty = false;  // an object that did not exist then becomes empty
};

// A wish to delete an object, or to undo that.
struct DeletionWish {
  bool undo = false;
  bool begin = false;  // of a workspace that is erased: its name begins anew
  bool erase = false;
  bool dry_run = false;
  std::string reason = {};
};

struct RetentionWish {
  enum Act { kSetRule, kHold, kRelease };
  Act act = kSetRule;
  std::string keep_for;  // for kSetRule
  std::uint64_t keep_last = 0;
  std::string reason;
};

struct ShareWish {
  std::string resource;  // "": the whole workspace
  std::string to;        // as log::parse_grantee reads it
  std::string role;      // not needed to take it back
  std::string reason;
};

// An entry with a name, as JSON.
struct NamedLine {
  std::string name;
  std::string json;
};

// "": any.
struct SessionFilter {
  std::string principal;
  std::string workspace;
  std::string object;
};

// One of the first three is set. "": any issuer, the default tenant.
struct RevocationWish {
  std::string principal;
  std::string token;
  std::string key;
  std::string issuer;
  std::string tenant;
};

struct ObjectState {
  std::uint64_t position = 0;  // the state is that after this event
  std::string json;            // all roots, or the part
};

// The wanted part (merge/object_part.h). Empty: the whole object.
struct WantedPart {
  std::string root;
  std::string range;
};

// Which data of a workspace to export, and what the file already contains.
struct ExportPlan {
  bool all_snapshots = false;
  std::optional<log::BundleHeader> header;  // set together with `from`
  std::optional<log::BundleMark> from;
};

// A bundle that is being made (log/bundle.h). Blocks.
class ExportStream {
 public:
  virtual ~ExportStream() = default;

  // The next bytes of the file, as whole sections; empty at the end.
  virtual Result<Bytes> next() = 0;

  struct At {
    std::uint64_t events = 0;  // exported so far
    std::uint64_t size = 0;    // the number of events in the whole export
  };
  virtual At at() const = 0;
};

inline constexpr std::size_t kPage = 1000;

class Api {
 public:
  explicit Api(ApiClient client) : client_(std::move(client)) {}

  // Names that are greater than `after`, in order, at most a thousand. Empty: no more.
  Result<std::vector<std::string>> workspaces(const std::string& after);
  Result<std::vector<std::string>> objects(const std::string& workspace, const std::string& prefix,
                                           const std::string& after);

  // The same objects with what is known of each, one page as the API answers (docs/openapi.json). `type`: only of this
  // one; `since`: only those that have changed after that moment; "": all. For the next page, pass `next` as `after`.
  struct ObjectFilter {
    std::string prefix;
    std::string type;
    std::string since;
  };
  Result<crdt::Any> object_details(const std::string& workspace, const ObjectFilter& filter,
                                   const std::string& after);

  // The state of an object at a moment (state/moment.h; "": now), whole or a part. kNotFound if
  // nothing had been written to it by then.
  Result<ObjectState> object(const std::string& workspace, const std::string& object,
                             const std::string& at, const WantedPart& part);
  // The state as an update of version 1.
  Result<Bytes> object_update(const std::string& workspace, const std::string& object,
                              const std::string& at);

  // Applies an update of version 1 to an object, which begins with it if there is none. `key`: an
  // idempotency key (api/idempotency.h), so that a request that is sent again changes nothing twice.
  // True: the change waits for others that the server does not have.
  Result<bool> change_object(const std::string& workspace, const std::string& object,
                             ByteView update, const std::string& key);

  // Up to `limit` (at most a thousand) events after `after`; only those of `object` if it is not
  // empty.
  Result<std::vector<EventLine>> events(const std::string& workspace, const std::string& object,
                                        std::uint64_t after, std::size_t limit);

  // What each event between two moments changed; only events of `object` if it is not empty. `from`
  // = "": from the beginning. For the next page, pass the last page's `next` as `after`.
  Result<ChangeLines> changes(const std::string& workspace, const std::string& object,
                              const std::string& from, const std::string& to, std::uint64_t after,
                              std::size_t limit);
  // The texts of the object, each as api/history_json.h prints it.
  Result<std::vector<std::string>> blame(const std::string& workspace, const std::string& object,
                                         const std::string& at);

  // Pins as protocol::pin_to_json prints them, by name.
  Result<std::vector<NamedLine>> pins(const std::string& workspace, const std::string& after);
  // Sets a pin at a moment and returns it as JSON. For a data directory, every function that
  // changes something fails with kUnsupported.
  Result<std::string> set_pin(const std::string& workspace, const std::string& name,
                              const std::string& at);
  Result<void> remove_pin(const std::string& workspace, const std::string& name);

  // The policies of a workspace and its shares, all of them, as the API prints them (docs/openapi.json). The name of a
  // share is its resource. `path`: "" or a folder, whose name ends with '/', for all in it; or one object.
  Result<std::vector<NamedLine>> policies(const std::string& workspace);
  Result<std::vector<NamedLine>> shares(const std::string& workspace, const std::string& path);
  // Both return what they have set as JSON.
  Result<std::string> set_policy(const std::string& workspace, const std::string& name,
                                 const std::string& text, const std::string& reason);
  Result<std::string> share(const std::string& workspace, const ShareWish& wish);
  Result<void> remove_policy(const std::string& workspace, const std::string& name,
                             const std::string& reason);
  Result<void> unshare(const std::string& workspace, const ShareWish& wish);

  // One page each, as the API answers (docs/openapi.json): what other policies would have decided, of `wish`, the body of
  // the request; and who could reach an object. `from` and `to` are moments. For the next page, pass `next` of the last
  // one as `after`.
  Result<crdt::Any> simulate(const std::string& workspace, const std::string& from,
                             const std::string& to, std::uint64_t after, const std::string& wish);
  Result<crdt::Any> access_report(const std::string& workspace, const std::string& object,
                                  const std::string& from, const std::string& to,
                                  std::uint64_t after);

  // Makes a new object that begins with what another one shows at a moment ("": now), and returns the server's answer
  // (docs/openapi.json). kConflict: the new one exists.
  Result<std::string> copy(const std::string& from_workspace, const std::string& from_object,
                           const std::string& to_workspace, const std::string& to_object,
                           const std::string& at);

  // The retention, as protocol/retention_json.h prints it; also returned after a change.
  Result<std::string> retention(const std::string& workspace);
  Result<std::string> change_retention(const std::string& workspace, const RetentionWish& wish);
  // Deletes an object, or undoes that; returns the server's answer (docs/openapi.json).
  Result<std::string> change_deletion(const std::string& workspace, const std::string& object,
                                      const DeletionWish& wish);
  Result<std::string> rename(const std::string& workspace, const std::string& object,
                             const std::string& to, const std::string& reason);
  // The old name of a renamed object leads nowhere any more.
  Result<std::string> remove_redirect(const std::string& workspace, const std::string& object);
  // The same of a whole workspace.
  Result<std::string> change_workspace_deletion(const std::string& workspace,
                                                const DeletionWish& wish);
  // What was deleted, and the rule for that, as the server answers; also after a change of the rule.
  Result<std::string> deletions(const std::string& workspace);
  Result<std::string> set_deletion_rule(const std::string& workspace, const std::string& grace,
                                        const std::string& seeds);

  // Applies the retention rule for one turn; returns the server's answer (docs/openapi.json).
  Result<std::string> run_retention(const std::string& workspace);

  // The objects that the server cannot serve, as it reports them (docs/openapi.json), by id.
  // kUnsupported for a data directory.
  Result<std::vector<NamedLine>> quarantine(const std::string& workspace, const std::string& after);
  // Makes the server try one object again. Fails with the object's error if it still cannot be
  // served.
  Result<void> lift_quarantine(const std::string& workspace, const std::string& object);

  // Workspaces that the server has shut, by name. kUnsupported for a data directory.
  Result<std::vector<NamedLine>> shut(const std::string& after);
  // Makes the server open one again. Fails with the workspace's error if it stays shut.
  Result<void> lift_shut(const std::string& workspace);

  // The entries of the tenant's audit log that follow a position; `limit` counts events, each of which has one or more.
  Result<std::vector<EventLine>> audit(std::uint64_t after, std::size_t limit);

  // Who is connected, by id of session. These are kUnsupported for a data directory.
  Result<std::vector<NamedLine>> sessions(const SessionFilter& filter, const std::string& after);
  Result<void> kick_session(const std::string& session);
  Result<void> revoke_session(const std::string& session);
  Result<void> revoke(const RevocationWish& wish);
  // What is revoked, by its id.
  Result<std::vector<NamedLine>> revocations(const std::string& after);
  // Undoes a revocation.
  Result<void> allow_again(const std::string& revocation);

  // A request about the webhooks of a workspace; `path` follows ".../webhooks". Its answer as JSON; "" if there is none.
  Result<std::string> webhook(const std::string& method, const std::string& workspace,
                              const std::string& path, const std::string& body = {});

  // What the server logs, as text (observe/levels.h); also returned after a change. kUnsupported for
  // a data directory.
  Result<std::string> log_level();
  Result<std::string> set_log_level(const std::string& levels);

  // The people whose names are kept, by principal; entries as the API prints them.
  Result<std::vector<NamedLine>> people(const std::string& after);
  // The guests of a workspace, by actor.
  Result<std::vector<NamedLine>> guests(const std::string& workspace, const std::string& after);
  // Erases a name; with `forget`, no name is kept for this principal again.
  Result<void> erase_person(const std::string& principal, bool forget);
  Result<void> erase_guests(const std::string& workspace);

  // The API keys, by id, without their secrets.
  Result<std::vector<NamedLine>> api_keys(const std::string& after);
  // Makes one of `wish`, the body of the request (docs/openapi.json); returns the answer, with the key.
  Result<std::string> make_api_key(const std::string& wish);
  Result<void> revoke_api_key(const std::string& id);

  // Tenants, as the server reports them (docs/openapi.json), by name. kUnsupported for a data directory.
  Result<std::vector<NamedLine>> tenants(const std::string& after);
  // The same for one; for "POST" and "PUT" after a change, whose query begins with '?'.
  Result<std::string> tenant(std::string_view method, const std::string& name,
                             const std::string& query = {});
  // Removes one. Returns "" if it is gone, or the tenant as it is closed for good.
  Result<std::string> delete_tenant(const std::string& name, bool with_data);

  // Restores a past state on the server; returns the server's answer (docs/openapi.json).
  Result<std::string> restore(const std::string& workspace, const std::string& object,
                              const RestoreWish& wish);

  // The latest signed checkpoint of the log, as a note.
  Result<std::string> checkpoint(const std::string& workspace);
  // A proof that the event at `position` is in the log of checkpoint(). The checkpoint is at its
  // end.
  Result<std::string> proof(const std::string& workspace, std::uint64_t position);
  // The verification keys, one per line, the newest last.
  Result<std::string> keys();

  // kNotFound if there is no such workspace. The Api must outlive the result.
  Result<std::unique_ptr<ExportStream>> export_workspace(const std::string& workspace,
                                                         const ExportPlan& plan);

  // Makes later writes visible. A server always shows them.
  Result<void> refresh() { return client_.transport().refresh(); }

 private:
  Result<std::string> get(std::string path, std::string accept) const;
  Result<std::string> ask_line(std::string_view method, std::string path) const;
  Result<void> remove(std::string path) const;
  Result<void> end_sessions(std::string path) const;
  Result<std::string> ask_log_level(std::string_view method, const std::string& query);
  Result<std::vector<EventLine>> event_lines(const std::string& path);
  Result<crdt::Any> get_array(std::string path, std::string_view array) const;
  Result<crdt::Any> ask_page(ApiRequest request, std::string_view array, std::uint64_t after) const;
  Result<std::vector<NamedLine>> named_lines(std::string path, std::string_view array,
                                             std::string_view key, const std::string& after) const;
  Result<std::vector<std::string>> names(const std::string& path, std::string_view array,
                                         std::string after) const;
  std::string present(const std::string& at) const;

  ApiClient client_;
};

// Calls `each` for every name, page by page, until it returns false.
using EachName = std::function<bool(const std::string&)>;
Result<void> each_workspace(Api& api, const EachName& each);
Result<void> each_object(Api& api, const std::string& workspace, const std::string& prefix,
                         const EachName& each);

// The error for a workspace without events, which was never written to: kNotFound, with a hint at
// similar names.
Error no_such_workspace(Api& api, const std::string& workspace);

}  // namespace syncline::cli
