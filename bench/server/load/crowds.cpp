// Scenarios about connections rather than updates: connecting, being connected, presence.
#include <algorithm>

#include "load/scenario_support.h"
#include "load/scenarios.h"

namespace syncline::bench {
namespace {

constexpr std::size_t kSmallText = 100;
// The interval of the published clients, in seconds.
constexpr double kPresenceEvery = 15;
// Sockets that this process needs besides those to the server.
constexpr std::size_t kOtherSockets = 64;

// Opens `count` new documents with one client each, which writes a small text if `write` is set.
// Then waits `rest` seconds. Returns the clients.
std::vector<Client*> new_documents(Run& run, std::size_t count, bool write, double rest) {
  std::vector<Client*> clients;
  while (clients.size() < count) {
    Document& document = run.fleet.add_document(document_name(run, run.fleet.documents()));
    clients.push_back(&run.fleet.add_client(document, false));
  }
  run.fleet.open(clients, kAtOnce, kPatience);
  if (write) {
    const std::string text(kSmallText, 'x');
    for (Client* client : clients) {
      ByteWriter& update = run.fleet.update();
      write_insertion(update, client->id(), 0, text);
      if (client->is_open()) client->send_update(update.view());
    }
  }
  run.fleet.quiet_down();
  run.fleet.pause(rest);
  return clients;
}

// Every client sends its presence once per kPresenceEvery, evenly spread, for `seconds` seconds.
void tell_presence(Fleet& fleet, double seconds) {
  const std::vector<Client*> clients = fleet.all();
  const Nanoseconds begin = now_ns();
  const Nanoseconds end = begin + from_seconds(seconds);
  const double per_second = static_cast<double>(clients.size()) / kPresenceEvery;
  fleet.presence.from = begin;
  fleet.presence.timed = true;
  std::size_t told = 0;
  fleet.run(seconds + 1, [&](Nanoseconds now) {
    const auto due = static_cast<std::size_t>(to_seconds(std::min(now, end) - begin) * per_second);
    for (; told < due; ++told) {
      Client& client = *clients[told % clients.size()];
      if (!client.is_open()) continue;
      client.tell_presence(now);
      fleet.presence.expected += client.document().clients.size() - 1;
    }
    return now >= end ? Fleet::kDone : now + kMillisecond;
  });
  // Messages in flight have one second to arrive.
  fleet.run(1, [&](Nanoseconds now) {
    return fleet.presence.delivered >= fleet.presence.expected ? Fleet::kDone : now + kMillisecond;
  });
}

}  // namespace

void run_handshakes(Run& run) {
  const std::size_t documents = run.options.count("documents", 1000);
  const std::size_t clients = run.options.count("clients", 5000);
  const std::size_t waves = run.options.count("waves", 3);
  const double rest = run.options.number("rest", 1);
  run.options.all_known();
  Fleet& fleet = run.fleet;
  std::vector<Document*> list;
  for (std::size_t d = 0; d < documents; ++d)
    list.push_back(&fleet.add_document(document_name(run, d)));
  for (std::size_t c = 0; c < clients; ++c) fleet.add_client(*list[c % documents], false);

  std::vector<double> rates;
  std::vector<double> cpu;
  double others = 0;
  for (std::size_t wave = 0; wave < waves; ++wave) {
    const Usage before = run.server.usage();
    const double seconds = fleet.open(fleet.all(), kAtOnce, kPatience);
    const Spent spent(before, run.server.usage());
    rates.push_back(static_cast<double>(clients) / seconds);
    cpu.push_back(spent.server_cpu * 1e6 / static_cast<double>(clients));
    others = std::max(others, spent.other_cores);
    fleet.quiet_down();
    for (Client* client : fleet.all()) client->reset();
    fleet.pause(rest);
  }
  run.report.number("handshakes_per_s", median_of(rates));
  run.report.number("us_cpu_per_handshake", median_of(cpu));
  run.report.times("sync_ms", fleet.sync_time);
  run.report.number("handshakes_other_cores", others);
}

void run_memory(Run& run) {
  const std::size_t documents = run.options.count("documents", 1000);
  const std::size_t clients = run.options.count("clients", 4000);
  const double rest = run.options.number("rest", 1);
  run.options.all_known();
  Fleet& fleet = run.fleet;
  const auto more = [&](bool write) {
    new_documents(run, documents, write, rest);
    return run.server.memory();
  };
  // The first documents of each kind are not counted, because they warm up what is allocated once. Nothing is
  // written before the empty documents are measured, because later work of the store would be counted as theirs.
  const Memory warm = more(false);
  const Memory with_empty = more(false);
  const Memory warm_written = more(true);
  const Memory with_written = more(true);
  const std::vector<Client*> first = fleet.all();
  std::vector<Client*> further;
  for (std::size_t c = 0; c < clients; ++c)
    further.push_back(&fleet.add_client(first[c % first.size()]->document(), false));
  fleet.open(further, kAtOnce, kPatience);
  fleet.quiet_down();
  fleet.pause(rest);
  const Memory full = run.server.memory();

  const auto each = [](const Memory& before, const Memory& after, std::size_t count) {
    return (after.anonymous - before.anonymous) / static_cast<double>(count);
  };
  // Each new document came with a new connection.
  const double connection = each(with_written, full, clients);
  run.report.number("kb_per_connection", connection);
  run.report.number("kb_per_empty_document", each(warm, with_empty, documents) - connection);
  run.report.number("kb_per_small_document",
                    each(warm_written, with_written, documents) - connection);
  run.report.number("resident_mb", full.resident / 1024);
}

// Documents that were written once and that nobody has open any more. The first ones fill what the server keeps of such
// documents; the further ones displace them.
void run_evicted(Run& run) {
  constexpr std::size_t kBatch = 500;
  const std::size_t filling = run.options.count("filling", 15000);
  const std::size_t documents = run.options.count("documents", 30000);
  const double rest = run.options.number("rest", 1);
  run.options.all_known();
  const auto visit = [&](std::size_t left) {
    while (left > 0) {
      const std::size_t count = std::min(kBatch, left);
      // The server has read what was written before the connections end.
      for (Client* client : new_documents(run, count, true, 0)) client->reset();
      left -= count;
    }
    run.fleet.pause(rest);
    return run.server.memory();
  };
  const Memory filled = visit(filling);
  const Memory full = visit(documents);
  run.report.number("kb_per_evicted_document",
                    (full.anonymous - filled.anonymous) / static_cast<double>(documents));
  run.report.number("resident_mb", full.resident / 1024);
}

void run_idle(Run& run) {
  const std::size_t documents = run.options.count("documents", 1000);
  const std::size_t wanted = run.options.count("clients", 19500);
  const double silence = run.options.number("silence", 5);
  const double seconds = run.options.number("seconds", 15);
  run.options.all_known();
  Fleet& fleet = run.fleet;
  const std::size_t clients = std::min(wanted, run.most_sockets - kOtherSockets);
  std::vector<Document*> list;
  for (std::size_t d = 0; d < documents; ++d)
    list.push_back(&fleet.add_document(document_name(run, d)));
  for (std::size_t c = 0; c < clients; ++c) fleet.add_client(*list[c % documents], false);

  const Memory empty = run.server.memory();
  const double opening = fleet.open(fleet.all(), kAtOnce, 2 * kPatience);
  fleet.quiet_down();
  const Memory full = run.server.memory();
  const Usage resting = run.server.usage();
  fleet.pause(silence);
  const Spent rest(resting, run.server.usage());
  const Usage telling = run.server.usage();
  tell_presence(fleet, seconds);
  const Spent told(telling, run.server.usage());

  run.report.number("connections", static_cast<double>(clients));
  run.report.number("opened_per_s", static_cast<double>(clients) / opening);
  run.report.number("resting_cores", rest.server_cores);
  run.report.number("us_cpu_per_presence",
                    told.server_cpu * 1e6 / static_cast<double>(fleet.presence.delivered));
  run.report.times("presence_ms", fleet.presence.latency);
  run.report.number("presence_per_s", static_cast<double>(fleet.presence.delivered) / told.seconds);
  run.report.number("presence_missing", static_cast<double>(fleet.presence.expected) -
                                            static_cast<double>(fleet.presence.delivered));
  run.report.number("kb_per_connection_all_in",
                    (full.anonymous - empty.anonymous) / static_cast<double>(clients));
  report_cores(run.report, "presence", told);
}

}  // namespace syncline::bench
