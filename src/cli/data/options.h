// The options of commands that read a data directory or ask a server, and the names that they take.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"
#include "cli/data/api.h"
#include "syncline/error.h"

namespace syncline::cli {

// The source that the options name.
struct SourceOptions {
  std::string data_dir = "syncline-data";
  std::string server;
  std::string token_file;
  std::string tenant;  // "": that of the token
};

// The token for a server: the first line of the file if one is named, otherwise the value of
// SYNCLINE_TOKEN; empty if there is none.
Result<std::string> read_token(const std::string& token_file);

// The URL of the server, in which the tenant is named.
std::string url_of(const SourceOptions& options);

// Adds --server, --data-dir, --token-file and --tenant. `server` and `data_dir` describe the first two if
// they are not for reading.
void source_options(Command& command, SourceOptions& options, std::string server = {},
                    std::string data_dir = {});

// Adds --server, --token-file and --tenant, for a server besides what the command is about.
void server_options(Command& command, SourceOptions& options, std::string server);

// Adds --at, a moment as state/moment.h parses it.
void at_option(Command& command, std::string& at);

// Adds --data-dir alone. `text` says what it is for.
void data_dir_option(Command& command, std::string& data_dir, std::string text);

// Adds WORKSPACE and --object, which select events.
void log_options(Command& command, std::string& workspace, std::string& object);
// Adds -n, --limit: the number of events; 0 means all.
void limit_option(Command& command, std::uint64_t& limit);
// Adds --after, for commands that process the objects of a workspace in order.
void after_object_option(Command& command, std::string& after);

// What a WORKSPACE/OBJECT argument names; or WORKSPACE, if the command accepts whole workspaces.
struct ObjectPath {
  std::string workspace;
  std::string object;  // empty: the whole workspace
};
enum class Whole : bool { kRefused, kTaken };
// kInvalid, with the expected form.
Result<ObjectPath> parse_path(const std::string& text, Whole whole);

// True if a server is named and no data directory is on the command line. kInvalid if both are.
Result<bool> names_server(const Command& command, const SourceOptions& options);

// The API of a data directory, and of the server that the options name.
Result<Api> open_data_dir(const std::string& data_dir, const std::string& tenant);
Result<Api> open_server(const SourceOptions& options);

// Opens the server if one is named. A data directory on the command line takes precedence over a
// server named elsewhere.
Result<Api> open_api(const Command& command, const SourceOptions& options,
                     Opened opened = Opened::kForReading);

}  // namespace syncline::cli
