#include "cli/sim/sim_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

namespace syncline::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One line for each run, with tabs between the fields:
//   begin SEED
//   end SEED TWICE VIRTUAL EVENTS EDITS PROBE… [INVARIANT WHAT]
std::string line_of(std::uint64_t seed, bool twice, const sim::RunResult& result) {
  std::string line = fmt::format("end\t{}\t{}\t{}\t{}\t{}", seed, twice ? 1 : 0, result.virtual_us,
                                 result.events, result.edits);
  for (std::size_t i = 0; i < sim::kProbes; ++i) line += fmt::format("\t{}", result.probes.at(i));
  if (result.violation) {
    std::string what = result.violation->what;
    std::ranges::replace_if(
        what, [](char c) { return c == '\t' || c == '\n'; }, ' ');
    line += "\t" + result.violation->invariant + "\t" + what;
  }
  return line + "\n";
}

void write_pipe(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(0);  // nobody reads any more
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void work(const SimPoolOptions& options, std::uint64_t first, int out) {
  const auto start = Clock::now();
  for (std::uint64_t run = first; options.runs == 0 || run < options.runs; run += options.jobs) {
    if (options.seconds > 0 && seconds_since(start) > static_cast<double>(options.seconds)) break;
    const std::uint64_t seed = options.first_seed + run;
    const bool twice = options.repeat_every > 0 && run % options.repeat_every == 0;
    write_pipe(out, fmt::format("begin\t{}\n", seed));
    const sim::RunResult result = run_seed(seed, twice);
    write_pipe(out, line_of(seed, twice, result));
    if (result.violation && !options.keep_going) break;
  }
  ::_exit(0);
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

struct Worker {
  pid_t process = 0;
  int in = -1;
  std::string buffer;
  std::optional<std::uint64_t> running;
};

class Pool {
 public:
  Pool(const SimPoolOptions& options, const std::function<bool(const SimTotals&)>& progress)
      : options_(options), progress_(progress) {}

  SimTotals run() {
    workers_.resize(options_.jobs);
    for (std::uint64_t i = 0; i < options_.jobs; ++i) start(workers_[i], i);
    bool stop = false;
    while (!stop && std::ranges::any_of(workers_, [](const Worker& w) { return w.in >= 0; })) {
      wait();
      totals_.seconds = seconds_since(start_);
      stop = !progress_(totals_) || (!options_.keep_going && !totals_.failures.empty());
    }
    for (Worker& worker : workers_) {
      if (worker.in < 0) continue;
      ::kill(worker.process, SIGKILL);
      ::close(worker.in);
      ::waitpid(worker.process, nullptr, 0);
    }
    totals_.seconds = seconds_since(start_);
    return std::move(totals_);
  }

 private:
  void start(Worker& worker, std::uint64_t first_run) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    const pid_t process = ::fork();
    if (process == 0) {
      ::close(ends[0]);
      work(options_, first_run, ends[1]);
    }
    ::close(ends[1]);
    worker = {.process = process, .in = ends[0]};
  }

  void wait() {
    std::vector<pollfd> files;
    for (const Worker& worker : workers_) files.push_back({worker.in, POLLIN, 0});
    ::poll(files.data(), files.size(), 250);
    for (std::size_t i = 0; i < files.size(); ++i)
      if (files[i].revents != 0) read(workers_[i]);
  }

  void read(Worker& worker) {
    char bytes[65536];
    const ssize_t count = ::read(worker.in, bytes, sizeof bytes);
    if (count <= 0) return ended(worker);
    worker.buffer.append(bytes, static_cast<std::size_t>(count));
    for (std::size_t end; (end = worker.buffer.find('\n')) != std::string::npos;) {
      take(worker, fields_of(std::string_view(worker.buffer).substr(0, end)));
      worker.buffer.erase(0, end + 1);
    }
  }

  void take(Worker& worker, const std::vector<std::string_view>& fields) {
    const std::uint64_t seed = number_in(fields[1]);
    if (fields[0] == "begin") {
      worker.running = seed;
      return;
    }
    worker.running.reset();
    ++totals_.runs;
    totals_.repeated += number_in(fields[2]);
    totals_.virtual_us += number_in(fields[3]);
    totals_.events += number_in(fields[4]);
    totals_.edits += number_in(fields[5]);
    for (std::size_t i = 0; i < sim::kProbes; ++i) totals_.probes.add(i, number_in(fields[6 + i]));
    if (fields.size() == 6 + sim::kProbes + 2)
      totals_.failures.push_back({.seed = seed,
                                  .violation = {std::string(fields[6 + sim::kProbes]),
                                                std::string(fields[7 + sim::kProbes])}});
  }

  void ended(Worker& worker) {
    ::close(worker.in);
    worker.in = -1;
    int status = 0;
    ::waitpid(worker.process, &status, 0);
    if (!worker.running) return;
    ++totals_.runs;
    totals_.failures.push_back(
        {.seed = *worker.running,
         .violation = {"I16 no crash", WIFSIGNALED(status)
                                           ? fmt::format("ended by signal {}", WTERMSIG(status))
                                           : "the process ended"},
         .crashed = true});
    const std::uint64_t next = *worker.running - options_.first_seed + options_.jobs;
    if (options_.keep_going && (options_.runs == 0 || next < options_.runs)) start(worker, next);
  }

  const SimPoolOptions& options_;
  const std::function<bool(const SimTotals&)>& progress_;
  const Clock::time_point start_ = Clock::now();
  std::vector<Worker> workers_;
  SimTotals totals_;
};

}  // namespace

sim::RunResult run_seed(std::uint64_t seed, bool twice) {
  const sim::Plan plan = sim::draw_plan(seed);
  sim::RunResult result = sim::run(plan, {});
  if (!twice || result.violation) return result;
  const sim::RunResult again = sim::run(plan, {});
  if (again.hash != result.hash)
    result.violation = {"I15 determinism", fmt::format("two runs of one seed have hashes {:016x} "
                                                       "and {:016x}",
                                                       result.hash, again.hash)};
  return result;
}

SimTotals run_pool(const SimPoolOptions& options,
                   const std::function<bool(const SimTotals&)>& progress) {
  return Pool(options, progress).run();
}

}  // namespace syncline::cli
