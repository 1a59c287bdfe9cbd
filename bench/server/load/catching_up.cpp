// Scenarios with clients that lack much: a long document, or the changes made while they were away.
#include "load/scenario_support.h"
#include "load/scenarios.h"
#include "load/writing.h"

namespace syncline::bench {
namespace {

// The id of the author of the long document, who is not a client of the fleet.
constexpr std::uint64_t kHistorian = 0x20000000;
// Runs of typing: about 300 KB.
constexpr std::size_t kRuns = 9000;

struct LongDocument {
  Document& document;
  History history;

  void expect_whole() { document.wanted = {history.clocks}; }
};

LongDocument long_document(Run& run) {
  const std::size_t runs = run.options.count("runs", kRuns);
  const std::string name = run.options.text("document", document_name(run, 0));
  return {run.fleet.add_document(name), make_history(kHistorian, runs)};
}

// Uploads it through a client that stays, and waits until another client has all of it.
void upload(Run& run, LongDocument& subject) {
  Client& author = run.fleet.add_client(subject.document, true);
  run.fleet.open(std::vector{&author}, 1, kPatience);
  author.send_update(subject.history.update);
  run.fleet.quiet_down();
  subject.expect_whole();
  Client& probe = run.fleet.add_client(subject.document, false);
  run.fleet.open(std::vector{&probe}, 1, kPatience);
}

// The times of waves of clients that connect at once, as medians.
class Waves {
 public:
  explicit Waves(Run& run) : run_(run) { run.fleet.sync_time = {}; }

  void come(std::span<Client* const> clients) {
    const std::uint64_t bytes = run_.fleet.wire().bytes_in;
    const Usage before = run_.server.usage();
    seconds_.push_back(run_.fleet.open(clients, clients.size(), kPatience));
    const Spent spent(before, run_.server.usage());
    cpu_.push_back(spent.server_cpu * 1e6 / static_cast<double>(clients.size()));
    bytes_.push_back(static_cast<double>(run_.fleet.wire().bytes_in - bytes));
    others_.push_back(spent.other_cores);
    run_.fleet.quiet_down();
  }

  void report() {
    run_.report.number("all_synced_ms", median_of(seconds_) * 1000);
    run_.report.number("us_cpu_per_client", median_of(cpu_));
    run_.report.number("mb_to_clients", median_of(bytes_) / 1e6);
    run_.report.times("sync_ms", run_.fleet.sync_time);
    run_.report.number("waves_other_cores", median_of(others_));
    run_.report.number("peak_mb", run_.server.peak() / 1024);
  }

 private:
  Run& run_;
  std::vector<double> seconds_;
  std::vector<double> cpu_;
  std::vector<double> bytes_;
  std::vector<double> others_;
};

}  // namespace

void run_seed(Run& run) {
  LongDocument subject = long_document(run);
  const double hold = run.options.number("hold", 0);
  run.options.all_known();
  upload(run, subject);
  run.fleet.pause(hold);
  run.report.number("document_bytes", static_cast<double>(subject.history.update.size()));
}

void run_load(Run& run) {
  LongDocument subject = long_document(run);
  const std::size_t count = run.options.count("clients", 100);
  const std::size_t waves = run.options.count("waves", 3);
  const bool is_there = run.options.count("uploaded", 0) != 0;
  run.options.all_known();
  if (is_there) {
    subject.expect_whole();
  } else {
    upload(run, subject);
  }
  std::vector<Client*> clients;
  for (std::size_t c = 0; c < count; ++c)
    clients.push_back(&run.fleet.add_client(subject.document, false));
  Waves waves_seen(run);
  for (std::size_t wave = 0; wave < waves; ++wave) {
    waves_seen.come(clients);
    for (Client* client : clients) client->reset();
    run.fleet.pause(0.5);
  }
  waves_seen.report();
}

void run_storm(Run& run) {
  const std::size_t documents = run.options.count("documents", 100);
  const std::size_t per_document = run.options.count("clients", 10);
  const auto updates = static_cast<std::uint32_t>(run.options.count("updates", 500));
  const auto lacking = static_cast<std::uint32_t>(run.options.count("lacking", 50));
  const std::size_t waves = run.options.count("waves", 3);
  run.options.all_known();
  Fleet& fleet = run.fleet;
  std::vector<Document*> list;
  std::vector<Client*> clients;
  for (std::size_t d = 0; d < documents; ++d) {
    list.push_back(&fleet.add_document(document_name(run, d)));
    fleet.add_client(*list.back(), true);
    for (std::size_t c = 0; c < per_document; ++c)
      clients.push_back(&fleet.add_client(*list.back(), false));
  }
  fleet.open(fleet.all(), kAtOnce, kPatience);
  fleet.quiet_down();
  write_flat_out(fleet, 32, updates, now_ns() + from_seconds(kPatience));
  if (!fleet.drain(20)) fleet.fail("not all updates had arrived before the storm");
  fleet.quiet_down();
  for (Document* document : list) {
    const std::uint64_t writer = document->clients.front()->id();
    document->known = {{writer, 0, updates - lacking}};
    document->wanted = {{writer, 0, updates}};
  }
  Waves storm(run);
  // `wanted` checks that everything came again; the delivery figures remain those of the first
  // time.
  const std::uint64_t delivered = fleet.deliveries().delivered;
  for (std::size_t wave = 0; wave < waves; ++wave) {
    for (Client* client : clients) client->hang_up();
    storm.come(clients);
  }
  fleet.deliveries().delivered = delivered;
  storm.report();
}

}  // namespace syncline::bench
