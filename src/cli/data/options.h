// The options of commands that read a data directory or ask a server, and what they name.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"
#include "cli/data/api.h"
#include "syncline/error.h"

namespace syncline::cli {

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
Result<Api> open_api(const Command& command, const SourceOptions& options);

}  // namespace syncline::cli
