#include "api/audit_entries.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "state/moment.h"

namespace syncline::api {
namespace {

constexpr std::uint64_t kAuditLateMs = 10'000;  // entries are written later than they happen
constexpr std::size_t kEventsAtOnce = 512;

class AuditReading : public std::enable_shared_from_this<AuditReading> {
 public:
  AuditReading(const state::ReplaySources& sources, AuditSearch search, log::Done<AuditFound> done)
      : sources_(sources), search_(std::move(search)), done_(std::move(done)) {}

  void begin() {
    if (search_.from_ms == 0) return read(0);
    state::resolve_moment(sources_.events, sources_.store.pins(), search_.log,
                          state::Instant{search_.from_ms - 1},
                          [self = shared_from_this()](Result<log::Position> position) {
                            if (!position)
                              return self->done_(std::unexpected(std::move(position.error())));
                            self->read(*position);
                          });
  }

 private:
  void read(log::Position after) {
    sources_.events.read_object(
        search_.log, std::string(log::kAuditObject), after, {.max_events = kEventsAtOnce},
        [self = shared_from_this()](auto events) { self->take(std::move(events)); });
  }

  void take(Result<std::vector<log::Event>> events) {
    if (!events) return done_(std::unexpected(std::move(events.error())));
    for (const log::Event& event : *events) {
      if (event.accepted_ms() > search_.to_ms + kAuditLateMs) return done_(std::move(found_));
      found_.cut = ++events_ > kMostAuditEvents || found_.entries.size() >= kMostFoundEntries;
      if (found_.cut) return done_(std::move(found_));
      take(event);
    }
    events->empty() ? done_(std::move(found_)) : read(events->back().position);
  }

  void take(const log::Event& event) {
    auto entries = log::audit_in(event);
    if (!entries || !*entries) return;
    for (log::AuditEntry& entry : **entries)
      if (entry.unix_ms >= search_.from_ms && entry.unix_ms <= search_.to_ms &&
          search_.wanted(entry))
        found_.entries.push_back({event.position, std::move(entry)});
  }

  const state::ReplaySources& sources_;
  AuditSearch search_;
  log::Done<AuditFound> done_;
  std::size_t events_ = 0;
  AuditFound found_;
};

}  // namespace

void find_audit_entries(const state::ReplaySources& sources, AuditSearch search,
                        log::Done<AuditFound> done) {
  std::make_shared<AuditReading>(sources, std::move(search), std::move(done))->begin();
}

}  // namespace syncline::api
