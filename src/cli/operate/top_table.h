// The contents of `syncline top`: one screen of text, made from two looks at a server. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/operate/server_view.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {

enum class TopOrder : std::uint8_t { kSessions, kLag, kQueued, kName };

// A workspace with sessions, or a session of an opened one.
struct TopRow {
  std::string name;
  std::string who;             // of a session
  std::uint64_t sessions = 0;  // of a workspace
  std::uint64_t documents = 0;
  std::uint64_t lag = 0;  // events that wait because clients do not read
  std::uint64_t queued_bytes = 0;
};

// What is shown now, and how.
struct TopScreen {
  TopOrder order = TopOrder::kSessions;
  std::string opened;        // the workspace whose sessions are shown; "": all workspaces
  std::size_t selected = 0;  // the row
  std::size_t width = 80;
  std::size_t height = 24;
};

// The rows in the order of the screen.
std::vector<TopRow> top_rows(const std::vector<crdt::Any>& sessions, const TopScreen& screen);

// At most `height` lines of at most `width` characters. `before` is an earlier look, for rates. The
// selected row begins with '>'.
std::vector<std::string> top_lines(const ServerView& before, const ServerView& now,
                                   const std::vector<TopRow>& rows, const TopScreen& screen);

// Values a second between the two looks, by the name of their counter; 0 if the server has restarted.
double rate_between(const ServerView& before, const ServerView& now, std::string_view counter);

}  // namespace syncline::cli
