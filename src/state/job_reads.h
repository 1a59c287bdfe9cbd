// JobReads: the log as a job reads it. What a job has read is charged to its room (state/job_room.h).
//
// A page has at most kPageBytes of records and kPageEvents events, so that it is little. One record may be
// larger than that. So the store tells its size first, and the job waits for memory for it: twice its size,
// because the store has it once and the event once, and later the event and what is made of it.
//
// A job has one page that it works on, and has asked for the next one. So the last two pages are charged, until
// the job is over.
//
// Thread-safety: the loop of the worker. Errors: those of reading and of waiting for memory; kUnavailable if
// the job is over meanwhile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/memory_cell.h"
#include "log/event_log.h"

namespace syncline::state {

class JobRoom;

class JobReads final : public log::EventLog {
 public:
  static constexpr std::size_t kPageBytes = std::size_t{1} << 20;
  static constexpr std::size_t kPageEvents = 1024;
  static constexpr std::uint64_t kCopies = 2;  // of a large record

  // `log` must outlive it, and `room` must outlive it, too.
  JobReads(log::EventLog& log, JobRoom& room) : log_(log), held_(std::make_shared<Held>(&room)) {}
  ~JobReads() override;
  JobReads(const JobReads&) = delete;
  JobReads& operator=(const JobReads&) = delete;

  void append(std::string workspace, log::Append append, log::Done<log::Appended> done) override;
  log::Durability durability() const override { return log_.durability(); }
  void head(std::string workspace, log::Done<log::Head> done) override;
  void read(std::string workspace, log::Position after, log::ReadLimits limits,
            log::Done<std::vector<log::Event>> done) override;
  void read_object(std::string workspace, std::string object, log::Position after,
                   log::ReadLimits limits, log::Done<std::vector<log::Event>> done) override;
  void measure_next(std::string workspace, std::string object, log::Position after,
                    log::Done<std::uint64_t> done) override;
  void ingested(std::string workspace, std::string region, log::Done<log::Position> done) override;

 private:
  struct Held {
    explicit Held(JobRoom* job_room) : room(job_room) {}
    void keep(MemoryCharge charge, const std::vector<log::Event>& page);

    JobRoom* room;  // nullptr: the job is over
    std::array<MemoryCharge, 2> pages = {};
    std::size_t older = 0;  // of these
  };
  struct Wish {
    std::string workspace;
    std::string object;  // "": of all
    log::Position after = 0;
    log::ReadLimits limits = {};
  };

  static void begin(log::EventLog& log, std::shared_ptr<Held> held, Wish wish,
                    log::Done<std::vector<log::Event>> done);
  static void read_page(log::EventLog& log, std::shared_ptr<Held> held, Wish wish,
                        MemoryCharge charge, log::Done<std::vector<log::Event>> done);

  log::EventLog& log_;
  const std::shared_ptr<Held> held_;
};

}  // namespace syncline::state
