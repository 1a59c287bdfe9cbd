// The questions that commands ask of an HTTP API (docs/openapi.json), typed. Whether a running server answers or a data
// directory that is served within this process, is the business of the client's transport.
//
// Calls block. Errors say what was asked of whom. Thread-safety: one thread.
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

// An event as protocol/event_json.h prints it, and the fields that reading on needs.
struct EventLine {
  std::uint64_t position = 0;
  std::string json;
};

struct ChangeLines {
  std::vector<EventLine> changes;  // with "changes", as api/history_json.h prints it
  std::uint64_t next = 0;          // 0: there are no more
};

struct RestoreWish {
  std::string at;
  std::string into;     // another workspace
  std::string confirm;  // the workspace's own name, to change it in place
  bool dry_run = false;
  bool or_empty = false;  // what did not exist then becomes empty
};

struct RetentionWish {
  enum Act { kSetRule, kHold, kRelease };
  Act act = kSetRule;
  std::string keep_for;  // of kSetRule
  std::uint64_t keep_last = 0;
  std::string reason;
};

// Something by its name, as JSON.
struct NamedLine {
  std::string name;
  std::string json;
};

struct ObjectState {
  std::uint64_t position = 0;  // after this event
  std::string json;            // all roots, or the part
};

// merge/object_part.h. Empty: the whole.
struct WantedPart {
  std::string root;
  std::string range;
};

// What of a workspace is to be exported, and what a file has of it already.
struct ExportPlan {
  bool all_snapshots = false;
  std::optional<log::BundleHeader> header;  // both, or none
  std::optional<log::BundleMark> from;
};

// A bundle in the making (log/bundle.h). Blocks.
class ExportStream {
 public:
  virtual ~ExportStream() = default;

  // The next bytes of the file, whole sections; none when it is whole.
  virtual Result<Bytes> next() = 0;

  struct At {
    std::uint64_t events = 0;  // so far
    std::uint64_t size = 0;    // of them in the end
  };
  virtual At at() const = 0;
};

inline constexpr std::size_t kPage = 1000;

class Api {
 public:
  explicit Api(ApiClient client) : client_(std::move(client)) {}

  // Greater than `after`, in order; empty: no more. Pages hold at most a thousand names.
  Result<std::vector<std::string>> workspaces(const std::string& after);
  Result<std::vector<std::string>> objects(const std::string& workspace, const std::string& prefix,
                                           const std::string& after);

  // As it was at a moment (state/moment.h; "": now). kNotFound if nothing was written there by then.
  // All of it, or a part.
  Result<ObjectState> object(const std::string& workspace, const std::string& object,
                             const std::string& at, const WantedPart& part);
  // Its state as an update of version 1.
  Result<Bytes> object_update(const std::string& workspace, const std::string& object,
                              const std::string& at);

  // Up to `limit` (at most a thousand) events after `after`; of one object if named.
  Result<std::vector<EventLine>> events(const std::string& workspace, const std::string& object,
                                        std::uint64_t after, std::size_t limit);

  // What each event between two moments changed, of one object if named ("" of `from`: the
  // beginning); reading on goes by `after`, the last page's `next`.
  Result<ChangeLines> changes(const std::string& workspace, const std::string& object,
                              const std::string& from, const std::string& to, std::uint64_t after,
                              std::size_t limit);
  // The object's texts, each as api/history_json.h prints it.
  Result<std::vector<std::string>> blame(const std::string& workspace, const std::string& object,
                                         const std::string& at);

  // Pins as protocol::pin_to_json prints them, by name.
  Result<std::vector<NamedLine>> pins(const std::string& workspace, const std::string& after);
  // Sets a pin at a moment; gives it as JSON. What changes something is kUnsupported for a data directory.
  Result<std::string> set_pin(const std::string& workspace, const std::string& name,
                              const std::string& at);
  Result<void> remove_pin(const std::string& workspace, const std::string& name);

  // What is kept, as protocol/retention_json.h prints it, also after a change.
  Result<std::string> retention(const std::string& workspace);
  Result<std::string> change_retention(const std::string& workspace, const RetentionWish& wish);
  // One turn of carrying out the rule, as the server answers (docs/openapi.json).
  Result<std::string> run_retention(const std::string& workspace);

  // Objects that the server cannot serve, as it answers (docs/openapi.json), by id. kUnsupported for
  // a data directory.
  Result<std::vector<NamedLine>> quarantine(const std::string& workspace, const std::string& after);
  // Has one tried again; its error if it cannot be served still.
  Result<void> lift_quarantine(const std::string& workspace, const std::string& object);

  // Workspaces that the server has shut, by name. kUnsupported for a data directory.
  Result<std::vector<NamedLine>> shut(const std::string& after);
  // Has one opened again; its error if it stays shut.
  Result<void> lift_shut(const std::string& workspace);

  // Brings back a past state, on the server; gives what it answered (docs/openapi.json).
  Result<std::string> restore(const std::string& workspace, const std::string& object,
                              const RestoreWish& wish);

  // What was signed of the log last, as a note.
  Result<std::string> checkpoint(const std::string& workspace);
  // That the event at `position` is in the log of checkpoint(), which stands at the end.
  Result<std::string> proof(const std::string& workspace, std::uint64_t position);
  // Verification keys, one a line, the newest last.
  Result<std::string> keys();

  // kNotFound: there is no such workspace. The API outlives the result.
  Result<std::unique_ptr<ExportStream>> export_workspace(const std::string& workspace,
                                                         const ExportPlan& plan);

  // Sees what was written since; a server always does.
  Result<void> refresh() { return client_.transport().refresh(); }

 private:
  Result<std::string> get(std::string path, std::string accept) const;
  Result<std::string> ask_line(std::string_view method, std::string path) const;
  Result<void> remove(std::string path) const;
  Result<crdt::Any> get_array(std::string path, std::string_view array) const;
  Result<std::vector<NamedLine>> named_lines(std::string path, std::string_view array,
                                             std::string_view key, const std::string& after) const;
  Result<std::vector<std::string>> names(std::string path, std::string_view array) const;
  std::string present(const std::string& at) const;

  ApiClient client_;
};

// Every name, page by page; false from `each` stops.
using EachName = std::function<bool(const std::string&)>;
Result<void> each_workspace(Api& api, const EachName& each);
Result<void> each_object(Api& api, const std::string& workspace, const std::string& prefix,
                         const EachName& each);

// The workspace holds no events, and so was never written to: kNotFound with a hint at near names.
Error no_such_workspace(Api& api, const std::string& workspace);

}  // namespace syncline::cli
