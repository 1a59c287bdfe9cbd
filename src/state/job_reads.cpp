#include "state/job_reads.h"

#include <algorithm>
#include <utility>

#include "state/job_room.h"

namespace syncline::state {
namespace {

std::uint64_t page_memory(const std::vector<log::Event>& page) {
  std::uint64_t bytes = page.capacity() * sizeof(log::Event);
  for (const log::Event& event : page) bytes += log::record_bytes(event);
  return bytes;
}

}  // namespace

JobReads::~JobReads() {
  held_->room = nullptr;
  held_->pages = {};
}

// What was wanted for a large record stays charged for what is made of it.
void JobReads::Held::keep(MemoryCharge charge, const std::vector<log::Event>& page) {
  if (room == nullptr) return;
  if (const std::uint64_t bytes = page_memory(page); bytes > charge.bytes())
    charge = room->hold(bytes);
  pages[older] = std::move(charge);
  older = 1 - older;
}

void JobReads::begin(log::EventLog& log, std::shared_ptr<Held> held, Wish wish,
                     log::Done<std::vector<log::Event>> done) {
  wish.limits.max_bytes = std::min(wish.limits.max_bytes, kPageBytes);
  wish.limits.max_events = std::min(wish.limits.max_events, kPageEvents);
  // What follows the last position wanted is not read, however large it is.
  if (wish.after >= wish.limits.to)
    return read_page(log, std::move(held), std::move(wish), {}, std::move(done));
  const std::string workspace = wish.workspace;
  const std::string object = wish.object;
  const log::Position after = wish.after;
  auto measured = [&log, held = std::move(held), wish = std::move(wish),
                   done = std::move(done)](Result<std::uint64_t> record) mutable {
    // If it cannot be measured, the read tells why.
    const std::uint64_t bytes = record.value_or(0);
    if (bytes <= kPageBytes)
      return read_page(log, std::move(held), std::move(wish), {}, std::move(done));
    JobRoom* const room = held->room;
    if (room == nullptr) return done(fail(ErrorCode::kUnavailable, "the job that reads is over"));
    room->want(kCopies * bytes, [&log, held = std::move(held), wish = std::move(wish),
                                 done = std::move(done)](Result<MemoryCharge> charge) mutable {
      if (!charge) return done(std::unexpected(std::move(charge.error())));
      read_page(log, std::move(held), std::move(wish), std::move(*charge), std::move(done));
    });
  };
  log.measure_next(workspace, object, after, std::move(measured));
}

void JobReads::read_page(log::EventLog& log, std::shared_ptr<Held> held, Wish wish,
                         MemoryCharge charge, log::Done<std::vector<log::Event>> done) {
  auto take = [held = std::move(held), charge = std::move(charge),
               done = std::move(done)](Result<std::vector<log::Event>> page) mutable {
    if (page) held->keep(std::move(charge), *page);
    done(std::move(page));
  };
  if (wish.object.empty())
    return log.read(std::move(wish.workspace), wish.after, wish.limits, std::move(take));
  log.read_object(std::move(wish.workspace), std::move(wish.object), wish.after, wish.limits,
                  std::move(take));
}

void JobReads::read(std::string workspace, log::Position after, log::ReadLimits limits,
                    log::Done<std::vector<log::Event>> done) {
  begin(log_, held_, {std::move(workspace), {}, after, limits}, std::move(done));
}

void JobReads::read_object(std::string workspace, std::string object, log::Position after,
                           log::ReadLimits limits, log::Done<std::vector<log::Event>> done) {
  begin(log_, held_, {std::move(workspace), std::move(object), after, limits}, std::move(done));
}

void JobReads::append(std::string workspace, log::Append append, log::Done<log::Appended> done) {
  log_.append(std::move(workspace), std::move(append), std::move(done));
}

void JobReads::head(std::string workspace, log::Done<log::Head> done) {
  log_.head(std::move(workspace), std::move(done));
}

void JobReads::measure_next(std::string workspace, std::string object, log::Position after,
                            log::Done<std::uint64_t> done) {
  log_.measure_next(std::move(workspace), std::move(object), after, std::move(done));
}

void JobReads::ingested(std::string workspace, std::string region, log::Done<log::Position> done) {
  log_.ingested(std::move(workspace), std::move(region), std::move(done));
}

}  // namespace syncline::state
