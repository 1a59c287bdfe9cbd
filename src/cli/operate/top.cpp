// `syncline top`: repaints a screen until the user leaves it.
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cli/commands.h"
#include "cli/data/options.h"
#include "cli/json.h"
#include "cli/load/interrupt.h"
#include "cli/operate/top_table.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr std::size_t kMostSessions = 10'000;  // read for one screen
constexpr std::string_view kEnterScreen = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeaveScreen = "\x1b[?25h\x1b[?1049l";

struct TopOptions {
  SourceOptions source;
  std::uint64_t seconds = 2;
  std::string order = "sessions";
  bool once = false;
  bool json = false;
};

TopOrder order_named(const std::string& name) {
  if (name == "lag") return TopOrder::kLag;
  if (name == "queued") return TopOrder::kQueued;
  return name == "name" ? TopOrder::kName : TopOrder::kSessions;
}

// Keys come one by one and are not shown, as long as it exists.
class RawKeys {
 public:
  RawKeys() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  ~RawKeys() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawKeys(const RawKeys&) = delete;
  RawKeys& operator=(const RawKeys&) = delete;

  // 0: none came in that time.
  static char wait(std::chrono::milliseconds time) {
    pollfd entry{STDIN_FILENO, POLLIN, 0};
    char key = 0;
    if (::poll(&entry, 1, static_cast<int>(time.count())) <= 0) return 0;
    return ::read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';  // the terminal is gone
  }

 private:
  termios before_{};
  bool changed_ = false;
};

void fit_to_terminal(TopScreen& screen) {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return;
  screen.width = size.ws_col;
  screen.height = size.ws_row;
}

// False: the user leaves.
bool press(char key, TopScreen& screen, const std::vector<TopRow>& rows) {
  switch (key) {
    case 'q': return false;
    case 's': screen.order = TopOrder::kSessions; break;
    case 'l': screen.order = TopOrder::kLag; break;
    case 'u': screen.order = TopOrder::kQueued; break;
    case 'n': screen.order = TopOrder::kName; break;
    case 'j': ++screen.selected; break;
    case 'k': screen.selected -= screen.selected > 0 ? 1 : 0; break;
    case '\n':
    case '\r':
      if (screen.opened.empty() && screen.selected < rows.size()) {
        screen.opened = rows[screen.selected].name;
        screen.selected = 0;
      }
      break;
    case 'b':
      screen.opened.clear();
      screen.selected = 0;
      break;
    default: break;
  }
  if (screen.selected >= rows.size()) screen.selected = rows.empty() ? 0 : rows.size() - 1;
  return true;
}

struct Look {
  ServerView view;
  std::vector<Any> sessions;
};

Result<Look> look(Api& api) {
  auto view = look_at_server(api);
  if (!view) return std::unexpected(std::move(view.error()));
  auto sessions = sessions_of(api, kMostSessions);
  if (!sessions) return std::unexpected(std::move(sessions.error()));
  return Look{std::move(*view), std::move(*sessions)};
}

std::string json_of_look(const Look& before, const Look& now, const std::vector<TopRow>& rows) {
  const auto rate = [&](std::string_view name) {
    return Any(rate_between(before.view, now.view, name));
  };
  Any::Array workspaces;
  for (const TopRow& row : rows)
    workspaces.emplace_back(Any::Object{{"workspace", Any(row.name)},
                                        {"sessions", json_number(row.sessions)},
                                        {"documents", json_number(row.documents)},
                                        {"lag", json_number(row.lag)},
                                        {"queued_bytes", json_number(row.queued_bytes)}});
  return compact_json(
      Any::Object{{"ready", Any(now.view.ready)},
                  {"websockets", json_number(now.view.metrics.number("websockets"))},
                  {"changes_per_second", rate("changes_accepted_total")},
                  {"requests_per_second", rate("http_requests_total")},
                  {"received_bytes_per_second", rate("network_received_bytes_total")},
                  {"sent_bytes_per_second", rate("network_sent_bytes_total")},
                  {"workspaces", Any(std::move(workspaces))}});
}

int print_once(Api& api, const TopOptions& options, TopScreen screen, Console& console) {
  const auto before = look(api);
  if (!before) return console.failed(before.error());
  std::this_thread::sleep_for(std::chrono::seconds(options.seconds));
  const auto now = look(api);
  if (!now) return console.failed(now.error());
  const auto rows = top_rows(now->sessions, screen);
  if (options.json) {
    console.line(json_of_look(*before, *now, rows));
    return kDone;
  }
  screen.height = rows.size() + 8;  // all of them
  screen.selected = rows.size();    // none
  auto lines = top_lines(before->view, now->view, rows, screen);
  lines.pop_back();  // the keys
  for (const std::string& line : lines) console.line(line);
  return kDone;
}

// Shows the looks one after the other; returns what went wrong.
Result<void> show(Api& api, const TopOptions& options, TopScreen screen, Console& console) {
  const RawKeys keys;
  auto before = look(api);
  if (!before) return std::unexpected(before.error());
  auto now = before;
  auto next = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  for (;;) {
    fit_to_terminal(screen);
    const auto rows = top_rows(now->sessions, screen);
    std::string frame = "\x1b[H";
    for (const std::string& line : top_lines(before->view, now->view, rows, screen))
      frame += (frame.size() > 3 ? "\r\n" : "") + line + "\x1b[K";
    console.out(frame + "\x1b[J");
    console.flush();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        next - std::chrono::steady_clock::now());
    const char key = RawKeys::wait(std::max(left, std::chrono::milliseconds(0)));
    if (Interrupt::asked() || console.closed() || !press(key, screen, rows)) return {};
    if (std::chrono::steady_clock::now() < next) continue;
    next = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
    auto fresh = look(api);
    if (!fresh) return std::unexpected(fresh.error());
    before = std::move(now);
    now = std::move(fresh);
  }
}

int run_top(const Command& command, const TopOptions& options, Console& console) {
  if (options.seconds == 0 || options.seconds > 3600)
    return console.misused("--interval: from 1 to 3600 seconds");
  auto api = open_api(command, options.source);
  if (!api) return console.unusable(api.error());
  const TopScreen screen{.order = order_named(options.order), .opened = {}};
  const bool live = console.out_is_terminal() && ::isatty(STDIN_FILENO) == 1;
  if (options.once || options.json || !live) return print_once(*api, options, screen, console);
  const Interrupt interrupt;
  console.out(kEnterScreen);
  const auto shown = show(*api, options, screen, console);
  console.out(kLeaveScreen);
  console.flush();
  return shown ? kDone : console.failed(shown.error());
}

}  // namespace

void add_top(Command& root) {
  Command& command = root.add("top", "Watch the workspaces and sessions of a running server");
  auto options = std::make_shared<TopOptions>();
  source_options(command, options->source, "The server, such as http://127.0.0.1:4400",
                 "Not of use here: only a running server has sessions");
  command.option({.name = "--interval", .value = "SECONDS", .text = "Time between two looks"},
                 options->seconds);
  command.option({.name = "--sort",
                  .value = "BY",
                  .text = "What comes first",
                  .choices = {"sessions", "lag", "queued", "name"}},
                 options->order);
  command.flag(
      {.name = "--once",
       .text = "Print one look, with the rates of one interval, and end; also what happens "
               "off a terminal"},
      options->once);
  command.json_flag(options->json);
  command.details(
      "Keys: s, l, u and n sort by sessions, lag, queued bytes and name; j and k move, Enter opens "
      "a "
      "workspace to show its sessions, b goes back, q quits. LAG is the number of events that wait because "
      "clients do not read. It reads at most 10,000 sessions.");
  command.example("syncline top --server http://127.0.0.1:4400", "on a terminal");
  command.example("syncline top --once --json --server http://127.0.0.1:4400", "for a script");
  command.run(
      [&command, options](Console& console) { return run_top(command, *options, console); });
}

}  // namespace syncline::cli
