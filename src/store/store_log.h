// The interfaces of a store over tables: checks what needs no disk and hands the rest to whatever does
// the work, threads over a database in production, virtual time over a simulated disk in the
// simulator, nothing but the call in tests.
#pragma once

#include <functional>
#include <memory>

#include "base/scheduler.h"
#include "log/log_backend.h"
#include "store/requests.h"
#include "store/tables.h"

namespace syncline::store {

// The working half of a store. Called on any loop's thread; outlives its LoopStores.
class StoreEngine : public log::LogBackend {
 public:
  using Read = std::move_only_function<void(const Tables&)>;

  std::unique_ptr<log::LoopStore> open_loop(Scheduler& loop) final;

  // To be committed in the order of the calls (store/group_commit.h).
  virtual void submit(Request request) = 0;

  // Runs `read`, once, where it may block, and after everything that is answered by now.
  virtual void read(Read read) = 0;

  // True: nothing may be submitted.
  virtual bool read_only() const = 0;
};

}  // namespace syncline::store
