// Where `ls`, `cat` and `log` read: a data directory, or a running server. The same questions, the
// same answers.
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

#include "cli/command.h"
#include "log/bundle.h"
#include "syncline/bytes.h"
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

class Source {
 public:
  virtual ~Source() = default;

  // Greater than `after`, in order; empty: no more. Pages hold at most a thousand names.
  virtual Result<std::vector<std::string>> workspaces(const std::string& after) = 0;
  virtual Result<std::vector<std::string>> objects(const std::string& workspace,
                                                   const std::string& prefix,
                                                   const std::string& after) = 0;

  // As it was at a moment (state/moment.h; "": now). kNotFound if nothing was written there by then.
  // All of it, or a part.
  virtual Result<ObjectState> object(const std::string& workspace, const std::string& object,
                                     const std::string& at, const WantedPart& part) = 0;
  // Its state as an update of version 1.
  virtual Result<Bytes> object_update(const std::string& workspace, const std::string& object,
                                      const std::string& at) = 0;

  // Up to `limit` (at most a thousand) events after `after`; of one object if named.
  virtual Result<std::vector<EventLine>> events(const std::string& workspace,
                                                const std::string& object, std::uint64_t after,
                                                std::size_t limit) = 0;

  // What each event between two moments changed, of one object if named ("" of `from`: the
  // beginning); reading on goes by `after`, the last page's `next`.
  virtual Result<ChangeLines> changes(const std::string& workspace, const std::string& object,
                                      const std::string& from, const std::string& to,
                                      std::uint64_t after, std::size_t limit) = 0;
  // The object's texts, each as api/history_json.h prints it.
  virtual Result<std::vector<std::string>> blame(const std::string& workspace,
                                                 const std::string& object,
                                                 const std::string& at) = 0;

  // Pins as protocol::pin_to_json prints them, by name.
  virtual Result<std::vector<NamedLine>> pins(const std::string& workspace,
                                              const std::string& after) = 0;
  // Sets a pin at a moment; gives it as JSON. kUnsupported for a data directory: that is read only.
  virtual Result<std::string> set_pin(const std::string& workspace, const std::string& name,
                                      const std::string& at) = 0;
  virtual Result<void> remove_pin(const std::string& workspace, const std::string& name) = 0;

  // What is kept, as protocol/retention_json.h prints it, also after a change.
  virtual Result<std::string> retention(const std::string& workspace) = 0;
  virtual Result<std::string> change_retention(const std::string& workspace,
                                               const RetentionWish& wish) = 0;
  // One turn of carrying out the rule, as the server answers (docs/openapi.json).
  virtual Result<std::string> run_retention(const std::string& workspace) = 0;

  // Objects that the server cannot serve, as it answers (docs/openapi.json), by id. kUnsupported for
  // a data directory.
  virtual Result<std::vector<NamedLine>> quarantine(const std::string& workspace,
                                                    const std::string& after) = 0;
  // Has one tried again; its error if it cannot be served still.
  virtual Result<void> lift_quarantine(const std::string& workspace, const std::string& object) = 0;

  // Brings back a past state, on the server; gives what it answered (docs/openapi.json).
  virtual Result<std::string> restore(const std::string& workspace, const std::string& object,
                                      const RestoreWish& wish) = 0;

  // A signed note. A server signs the log as it is now; a data directory has what was signed last.
  virtual Result<std::string> checkpoint(const std::string& workspace) = 0;
  // That the event at `position` is in the log of checkpoint(), which stands at the end.
  virtual Result<std::string> proof(const std::string& workspace, std::uint64_t position) = 0;
  // Verification keys, one a line, the newest last.
  virtual Result<std::string> keys() = 0;

  // kNotFound: there is no such workspace. The source outlives the result.
  virtual Result<std::unique_ptr<ExportStream>> export_workspace(const std::string& workspace,
                                                                 const ExportPlan& plan) = 0;

  // Sees what was written since; a server always does.
  virtual Result<void> refresh() = 0;
};

inline constexpr std::size_t kPage = 1000;

// Which one, as the options say.
struct SourceOptions {
  std::string data_dir = "syncline-data";
  std::string server;
  std::string token_file;
};

// The token to present to a server: the file's first line if one is named, else SYNCLINE_TOKEN's;
// empty if there is none.
Result<std::string> read_token(const std::string& token_file);

// --server, --data-dir and --token-file; what the first two are for, where it is not reading.
void source_options(Command& command, SourceOptions& options, std::string server = {},
                    std::string data_dir = {});

// --at, a moment as state/moment.h reads it.
void at_option(Command& command, std::string& at);

// --data-dir alone; the text says what for.
void data_dir_option(Command& command, std::string& data_dir, std::string text);

// WORKSPACE and --object: of which events.
void log_options(Command& command, std::string& workspace, std::string& object);
// -n, --limit: of how many; 0 is all.
void limit_option(Command& command, std::uint64_t& limit);
// --after, of a command that goes through the objects of a workspace.
void after_object_option(Command& command, std::string& after);

// What WORKSPACE/OBJECT names, or a WORKSPACE where all of one is taken.
struct ObjectPath {
  std::string workspace;
  std::string object;  // empty: all of the workspace
};
enum class Whole : bool { kRefused, kTaken };
// kInvalid, saying what it should be.
Result<ObjectPath> parse_path(const std::string& text, Whole whole);

// True if a server is named, and no data directory stands on the command line. kInvalid: both do.
Result<bool> names_server(const Command& command, const SourceOptions& options);

// A server if one is named, unless a data directory stands on the command line and it does not.
Result<std::unique_ptr<Source>> open_source(const Command& command, const SourceOptions& options);

Result<std::unique_ptr<Source>> open_data_dir(const std::string& data_dir);
Result<std::unique_ptr<Source>> open_server(const std::string& url, const std::string& token);

// Every name, page by page; false from `each` stops.
using EachName = std::function<bool(const std::string&)>;
Result<void> each_workspace(Source& source, const EachName& each);
Result<void> each_object(Source& source, const std::string& workspace, const std::string& prefix,
                         const EachName& each);

// The workspace holds no events, and so was never written to: kNotFound with a hint at near names.
Error no_such_workspace(Source& source, const std::string& workspace);

}  // namespace syncline::cli
