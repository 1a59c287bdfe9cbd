// The history of one object in sessions: who worked on it, when, and how much, the newest first.
//
// An answer looks at the last changes before a position, and names the position at which the next answer goes on. So
// its cost does not grow with the history. It reads windows of positions backwards: the log reads an object only
// forwards, and an object may have few events among those of its workspace.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/deleted.h"
#include "api/moments.h"
#include "api/names.h"
#include "api/route.h"
#include "api/support.h"
#include "merge/effect_codec.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

// So many changes make an answer; they are read in about a tenth of a second.
constexpr std::size_t kMostChanges = 16'384;
constexpr std::uint64_t kFirstWindow = 2048;
constexpr std::uint64_t kPauseSeconds = 600;
constexpr std::uint64_t kMostPauseSeconds = 86'400;
constexpr std::size_t kReadBytes = std::size_t{1} << 20;

// What is kept of an event.
struct Seen {
  log::Position position = 0;
  std::uint64_t accepted_ms = 0;
  std::uint64_t generation = 1;
  log::EventKind kind = log::EventKind::kChange;
  std::uint32_t who = 0;
  std::uint64_t inserted = 0;
  std::uint64_t deleted = 0;
};

struct Session {
  std::uint32_t who = 0;
  log::Position first = 0;
  log::Position last = 0;
  std::uint64_t began_ms = 0;
  std::uint64_t ended_ms = 0;
  std::uint64_t changes = 0;
  std::uint64_t inserted = 0;
  std::uint64_t deleted = 0;
};

Seen seen(const log::Event& event, std::uint32_t who) {
  Seen told{event.position, event.accepted_ms(), std::max<std::uint64_t>(event.generation, 1),
            event.kind, who};
  const auto effect = merge::decode_effect(event.effect);
  if (!effect) return told;
  for (const merge::Touch& touch : effect->effect.touches) {
    if (touch.operation == merge::Operation::kInsert) told.inserted += touch.length;
    if (touch.operation == merge::Operation::kDelete) told.deleted += touch.length;
  }
  return told;
}

// Of one author, until he pauses. Sessions of several authors may overlap.
std::vector<Session> sessions_of(const std::vector<Seen>& changes, std::uint64_t pause_ms) {
  std::vector<Session> sessions;
  std::map<std::uint32_t, std::size_t> open;
  for (const Seen& change : changes) {
    const auto found = open.find(change.who);
    if (found == open.end() || change.accepted_ms > sessions[found->second].ended_ms + pause_ms) {
      open[change.who] = sessions.size();
      sessions.push_back(
          {.who = change.who, .first = change.position, .began_ms = change.accepted_ms});
    }
    Session& session = sessions[open[change.who]];
    session.last = change.position;
    session.ended_ms = change.accepted_ms;
    ++session.changes;
    session.inserted += change.inserted;
    session.deleted += change.deleted;
  }
  std::ranges::sort(sessions, std::ranges::greater(), &Session::last);
  return sessions;
}

// The positions of the changes, as [first, count] of those that follow one another.
std::string runs_json(const std::vector<Seen>& changes) {
  std::string json;
  for (std::size_t i = 0; i < changes.size();) {
    std::size_t end = i + 1;
    while (end < changes.size() && changes[end].position == changes[end - 1].position + 1) ++end;
    fmt::format_to(std::back_inserter(json), "{}[{},{}]", json.empty() ? "" : ",",
                   changes[i].position, end - i);
    i = end;
  }
  return json;
}

class ObjectHistory : public std::enable_shared_from_this<ObjectHistory> {
 public:
  // What comes before `before`, of the history up to `end`.
  ObjectHistory(Inquiry inquiry, log::Position before, log::Position end, std::uint64_t pause_ms,
                state::SharedDeletions gone)
      : inquiry_(std::move(inquiry)),
        before_(before),
        end_(end),
        pause_ms_(pause_ms),
        gone_(std::move(gone)),
        high_(before - 1) {}

  void begin() {
    inquiry_.sources.retention.load_retention(
        inquiry_.path.workspace, [self = shared_from_this()](Result<log::Retention> retention) {
          if (!retention) return self->inquiry_.refuse(retention.error());
          self->floor_ = retention->floor;
          self->look_behind();
        });
  }

 private:
  // The change after those that are asked for says which generation they must be of.
  void look_behind() {
    inquiry_.sources.events.read_object(
        inquiry_.path.workspace, inquiry_.path.object, high_, {.to = end_, .max_events = 1},
        [self = shared_from_this()](Result<std::vector<log::Event>> page) {
          if (!page) return self->inquiry_.refuse(page.error());
          if (!page->empty()) self->following_ = seen(page->front(), 0);
          self->open_window();
        });
  }

  // The next window goes from low_ + 1 to high_.
  void open_window() {
    window_.clear();
    low_ = high_ - std::min(high_, width_);
    read(low_);
  }

  void read(log::Position after) {
    const log::ReadLimits limits{.to = high_, .max_events = 1024, .max_bytes = kReadBytes};
    inquiry_.sources.events.read_object(
        inquiry_.path.workspace, inquiry_.path.object, after, limits,
        [self = shared_from_this()](Result<std::vector<log::Event>> page) {
          if (!page) return self->inquiry_.refuse(page.error());
          self->take(*page);
        });
  }

  void take(const std::vector<log::Event>& page) {
    for (const log::Event& event : page)
      if (event.kind != log::EventKind::kSession) window_.push_back(seen(event, who(event)));
    // An object that was changed rarely, and then much: its last changes come first.
    if (window_.size() > kMostChanges) {
      width_ = std::max<std::uint64_t>(width_ / 4, 1);
      return open_window();
    }
    if (page.empty() || page.back().position >= high_) return close_window();
    read(page.back().position);
  }

  void close_window() {
    changes_.insert(changes_.begin(), window_.begin(), window_.end());
    const bool over = leave_out_earlier_generations();
    high_ = low_;
    if (over || low_ == 0) return finish(0);
    if (changes_.size() >= kMostChanges / 2) return finish(low_ + 1);
    width_ *= 2;
    open_window();
  }

  // What the name was before a deletion is another object. A renaming goes on with it.
  bool leave_out_earlier_generations() {
    const Seen* later = following_ ? &*following_ : nullptr;
    for (std::size_t i = changes_.size(); i-- > 0; later = &changes_[i]) {
      if (later == nullptr || later->generation == changes_[i].generation ||
          later->kind == log::EventKind::kRenamed)
        continue;
      changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return true;
    }
    return false;
  }

  void finish(log::Position next) {
    if (changes_.empty() && !following_)
      return inquiry_.refuse({ErrorCode::kNotFound, fmt::format("there was no object {} before {}",
                                                                inquiry_.path.object, before_)});
    if (!changes_.empty() || following_)
      if (const auto deleted =
              state::gone_at(*gone_, inquiry_.path.object, end_,
                             following_ ? following_->position : changes_.back().position))
        return inquiry_.refuse(*deleted);
    std::erase_if(changes_, [](const Seen& each) { return each.kind != log::EventKind::kChange; });
    look_up(names_of(inquiry_), makers_, {},
            [self = shared_from_this(), next](const Names& names) { self->answer(next, names); });
  }

  void answer(log::Position next, const Names& names) {
    std::string json =
        fmt::format(R"({{"object":{},"kept_from":{},"runs":[{}],"sessions":[)",
                    protocol::json_string(inquiry_.path.object), floor_, runs_json(changes_));
    const char* between = "";
    for (const Session& session : sessions_of(changes_, pause_ms_)) {
      const Maker& maker = makers_[session.who];
      fmt::format_to(
          std::back_inserter(json),
          R"({}{{"first":{},"last":{},"began":"{}","ended":"{}","changes":{},"inserted":{},"deleted":{},"principal":{}{},"actor":{}}})",
          between, session.first, session.last, protocol::time_text(session.began_ms),
          protocol::time_text(session.ended_ms), session.changes, session.inserted, session.deleted,
          protocol::name_json(maker.principal),
          protocol::shown_name_json(names.of(maker.principal, maker.actor)),
          protocol::name_json(maker.actor));
      between = ",";
    }
    json += fmt::format("],\"next\":{}}}\n", next == 0 ? "null" : std::to_string(next));
    inquiry_.slot = state::JobSlot();
    inquiry_.answer(http::json_response(200, std::move(json)));
  }

  std::uint32_t who(const log::Event& event) {
    const auto [known, fresh] = known_.try_emplace({event.principal, event.actor},
                                                   static_cast<std::uint32_t>(makers_.size()));
    if (fresh) makers_.push_back(known->first);
    return known->second;
  }

  Inquiry inquiry_;
  const log::Position before_;
  const log::Position end_;
  const std::uint64_t pause_ms_;
  const state::SharedDeletions gone_;
  log::Position floor_ = 0;
  log::Position high_;
  log::Position low_ = 0;
  std::uint64_t width_ = kFirstWindow;
  std::optional<Seen> following_;
  std::vector<Seen> window_;
  std::vector<Seen> changes_;  // ascending
  std::map<Maker, std::uint32_t> known_;
  std::vector<Maker> makers_;
};

// From the end, unless the query says before which position.
void get_history(Inquiry inquiry) {
  const auto before = number(inquiry.request, "before", 0);
  const auto pause = number(inquiry.request, "pause", kPauseSeconds);
  if (!before) return inquiry.refuse(before.error());
  if (!pause) return inquiry.refuse(pause.error());
  if (*pause < 1 || *pause > kMostPauseSeconds)
    return inquiry.refuse(
        {ErrorCode::kInvalid, fmt::format("pause: 1 to {} seconds", kMostPauseSeconds)});
  at_moment(std::move(inquiry), "at",
            [before = *before, pause = *pause](log::Position at, Inquiry asked) {
              const log::Position end = before == 0 ? at + 1 : std::min(before, at + 1);
              with_deletions(std::move(asked),
                             [end, at, pause](Inquiry wanted, state::SharedDeletions gone) {
                               std::make_shared<ObjectHistory>(std::move(wanted), end, at,
                                                               pause * 1000, std::move(gone))
                                   ->begin();
                             });
            });
}

constexpr Route kObjectHistoryRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/history/{object}", Right::kHistory, get_history},
};

}  // namespace

std::span<const Route> object_history_routes() {
  return kObjectHistoryRoutes;
}

}  // namespace syncline::api
