#include "cli/chaos/chaos.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "backend/store/rocksdb_store.h"
#include "cli/chaos/chaos_nemesis.h"
#include "cli/load/interrupt.h"
#include "sim/invariants.h"
#include "sim/oracle.h"
#include "sim/vandal.h"

namespace syncline::cli {
namespace {

using sim::kSecond;
constexpr std::uint64_t kPollUs = 10'000;
constexpr std::uint64_t kVerifyMs = 300'000;
constexpr std::uint64_t kClockSlackMs = 1'000;

// A book that counts edits and acks.
class CountingBook final : public sim::Book {
 public:
  void acked(const sim::ObjectName& object, const std::string& client,
             const sim::Acked& what) override {
    if (!what.inserts.empty() || !what.deletes.empty()) ++acked_;
    Book::acked(object, client, what);
  }
  std::uint64_t acked_count() const { return acked_; }

 private:
  std::uint64_t acked_ = 0;
};

// A replica that edits nothing and has the roots that the editors use.
std::unique_ptr<crdt::Doc> document_of(ByteView state) {
  auto doc = std::make_unique<crdt::Doc>(crdt::DocOptions{.clean_formats = false});
  doc->text("content");
  doc->map("meta");
  doc->array("list");
  doc->xml_fragment("tree");
  static_cast<void>(doc->apply_update(state));
  return doc;
}

class Chaos {
 public:
  Chaos(const ChaosPlan& plan, const ChaosOptions& options,
        const std::function<void(std::string_view)>& progress, TemporaryDirectory directory)
      : plan_(plan),
        options_(options),
        progress_(progress),
        directory_(std::move(directory)),
        real_(plan.world.seed, false),
        story_(real_.timeline()),
        server_(real_, story_,
                {.program = options.program,
                 .directory = directory_.path(),
                 .environment = {{"SYNCLINE_TOKEN", std::string(sim::kWriterToken)},
                                 {"SYNCLINE_READ_TOKEN", std::string(sim::kReaderToken)}}}),
        oracle_(real_.world(), book_, plan.world),
        nemesis_(real_, story_, server_, links_, clients_, yjs_) {}
  ~Chaos() { real_.timeline().clear(); }

  Result<ChaosResult> go();

 private:
  Result<void> begin();
  Result<void> open_links(std::size_t count);
  void make_yjs();
  void poll_yjs();
  void edit_later(YjsClient& client);
  void check_files();
  void heal();
  void join_late();
  bool settle();
  std::string who_lags() const;
  void stop_and_judge();
  void judge_yjs(const syncline::store::Tables& tables);
  void verify_log();
  void say_how_far();
  void keep_replicas();
  ChaosResult sum_up();
  void violated(std::string_view invariant, std::string what) {
    real_.world().violated(invariant, std::move(what));
  }
  bool sound() { return !real_.world().violation; }

  const ChaosPlan& plan_;
  const ChaosOptions& options_;
  const std::function<void(std::string_view)>& progress_;
  Interrupt interrupt_;
  TemporaryDirectory directory_;
  RealWorld real_;
  Story story_;
  CountingBook book_;
  ChaosServer server_;
  FaultLinks links_;
  std::vector<std::unique_ptr<sim::Client>> clients_;  // late joiners are at the end
  std::vector<std::unique_ptr<sim::Vandal>> vandals_;
  std::vector<std::unique_ptr<YjsClient>> yjs_;
  std::vector<sim::Dice> yjs_dice_;
  sim::Oracle oracle_;
  ChaosNemesis nemesis_;
  std::uint64_t begun_us_ = 0;
  bool editing_ = true;
  ChaosResult result_;
};

std::vector<sim::ObjectName> objects_of(const ChaosPlan& plan) {
  std::vector<sim::ObjectName> all;
  for (const sim::ClientSettings& client : plan.world.clients)
    for (const std::string& object : client.objects) all.emplace_back(client.workspace, object);
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

// ---- phase one

Result<void> Chaos::open_links(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto link = backend::FaultLink::open(real_.loop(), server_.port());
    if (!link) return std::unexpected(link.error());
    links_.push_back(std::move(*link));
  }
  real_.set_target([this](std::size_t client) {
    return backend::WsTarget{.host = "127.0.0.1", .port = links_[client]->port()};
  });
  return {};
}

void Chaos::make_yjs() {
  if (options_.yjs_directory.empty()) return;
  for (YjsSettings settings : plan_.yjs) {
    settings.directory = options_.yjs_directory;
    settings.port = links_[settings.number]->port();
    settings.stderr_file = fmt::format("{}/yjs{}.stderr", directory_.path(), settings.number);
    yjs_dice_.push_back(real_.world().dice.fork("yjs", settings.number));
    yjs_.push_back(std::make_unique<YjsClient>(std::move(settings), book_, real_.world().probes));
  }
}

Result<void> Chaos::begin() {
  progress_("starting the server");
  if (auto started = server_.start(); !started) return started;
  if (options_.canary) server_.forget_once();
  server_.on_dead([this] { check_files(); });
  const sim::Plan& world = plan_.world;
  const std::size_t joiners = objects_of(plan_).size();
  auto opened =
      open_links(world.clients.size() + world.vandals.size() + plan_.yjs.size() + joiners);
  if (!opened) return opened;
  for (const sim::ClientSettings& settings : world.clients)
    clients_.push_back(sim::make_client(real_.world(), real_, book_, settings));
  for (const sim::VandalSettings& settings : world.vandals)
    vandals_.push_back(std::make_unique<sim::Vandal>(real_.world(), real_, settings));
  make_yjs();
  for (const auto& client : yjs_)
    if (auto started = client->start(); !started) return started;
  for (const auto& client : clients_) client->start();
  for (const auto& vandal : vandals_) vandal->start();
  for (const auto& client : yjs_) edit_later(*client);
  poll_yjs();
  begun_us_ = real_.now_us();
  nemesis_.schedule(world.faults);
  say_how_far();
  return {};
}

void Chaos::poll_yjs() {
  for (const auto& client : yjs_)
    if (auto heard = client->poll(); !heard) return violated(sim::kServed, heard.error().message);
  real_.timeline().after(kPollUs, [this] { poll_yjs(); });
}

void Chaos::edit_later(YjsClient& client) {
  const auto which = static_cast<std::size_t>(
      std::ranges::find(yjs_, &client, &std::unique_ptr<YjsClient>::get) - yjs_.begin());
  const auto mean = static_cast<double>(client.settings().edit_every_us);
  real_.timeline().after(1 + yjs_dice_[which].wait(mean), [this, &client, which] {
    if (!editing_) return;
    client.edit(yjs_dice_[which]);
    edit_later(client);
  });
}

void Chaos::say_how_far() {
  const std::uint64_t now = real_.timeline().now_us() - begun_us_;
  if (editing_)
    progress_(fmt::format("{} of {} s, {} updates acknowledged, {} starts of the server",
                          now / kSecond, plan_.world.phase_one_us / kSecond, book_.acked_count(),
                          server_.starts()));
  real_.timeline().after(kSecond, [this] { say_how_far(); });
}

// Checks what a killed server left, before a client can repair it by sending it again.
void Chaos::check_files() {
  for (const auto& client : yjs_) static_cast<void>(client->poll());
  auto store = backend::RocksDbStore::open(
      {.data_dir = server_.data_dir(), .create_if_missing = false, .read_only = true});
  if (!store) {
    // A server that was killed before it created its files has promised nothing.
    if (store.error().code == ErrorCode::kNotFound && book_.acked_count() == 0) return;
    return violated(sim::kDurable, "after a kill: " + store.error().message);
  }
  oracle_.check_recovered((*store)->tables(), clients_);
  ++result_.recoveries_checked;
}

// ---- phase two

void Chaos::heal() {
  progress_("healing");
  story_.check("everything heals");
  editing_ = false;
  for (const auto& vandal : vandals_) vandal->stop();
  for (const auto& client : clients_) client->stop_editing();
  nemesis_.heal();
}

void Chaos::join_late() {
  std::size_t number = plan_.world.clients.size() + plan_.world.vandals.size() + plan_.yjs.size();
  for (const sim::ObjectName& object : objects_of(plan_)) {
    sim::ClientSettings settings;
    settings.number = number++;
    settings.hocuspocus = settings.number % 2 == 0;
    settings.workspace = object.first;
    settings.objects = {object.second};
    settings.token = sim::kReaderToken;
    settings.read_only = true;
    clients_.push_back(sim::make_client(real_.world(), real_, book_, std::move(settings)));
    clients_.back()->start();
  }
}

std::string Chaos::who_lags() const {
  if (!server_.up()) return "the server is not up";
  // Deletions have no clocks, so state vectors do not show that some are still missing. So the
  // delete sets are compared, too.
  struct First {
    std::string who;
    crdt::StateVector vector;
    crdt::DeleteSet deleted;
  };
  std::map<sim::ObjectName, First> first;
  const auto differ = [&first](const sim::ObjectName& object, const std::string& who,
                               const crdt::Doc& doc) -> std::string {
    const auto [found, is_first] =
        first.try_emplace(object, who, doc.state_vector(), doc.delete_set());
    if (is_first) return {};
    if (found->second.vector != doc.state_vector())
      return fmt::format("{} and {} differ", found->second.who, who);
    if (found->second.deleted != doc.delete_set())
      return fmt::format("{} and {} have not deleted the same", found->second.who, who);
    return {};
  };
  for (const auto& client : clients_) {
    if (std::string why = client->why_not(); !why.empty()) return why;
    for (const sim::Replica& replica : client->replicas()) {
      if (std::string why = differ(replica.name, client->name(), replica.editor->doc());
          !why.empty())
        return why;
    }
  }
  for (const auto& client : yjs_) {
    const auto& report = client->report();
    if (!report) return client->name() + " has not answered";
    if (!report->in_step)
      return fmt::format("{} waits for {} acks", client->name(), report->waiting);
    if (std::string why = differ(client->object(), client->name(), *document_of(report->state));
        !why.empty())
      return why;
  }
  return {};
}

bool Chaos::settle() {
  progress_("waiting for everybody to be in step");
  const std::uint64_t end = real_.now_us() + options_.settle_s * kSecond;
  std::string why;
  while (real_.now_us() < end && sound() && !Interrupt::asked()) {
    for (const auto& client : yjs_) client->ask_for_report();
    real_.run_until(std::min(end, real_.now_us() + kSecond), &Interrupt::asked);
    why = who_lags();
    if (why.empty()) return true;
  }
  if (sound() && !Interrupt::asked())
    violated(sim::kLiveness,
             fmt::format("{} s after everything healed: {}", options_.settle_s, why));
  return false;
}

void Chaos::stop_and_judge() {
  progress_("stopping the server, and judging");
  const backend::ChildEnd end = server_.stop();
  if (!end.well())
    return violated(sim::kNoCrash, "stopped, the server ended with " + to_string(end));
  auto store = backend::RocksDbStore::open(
      {.data_dir = server_.data_dir(), .create_if_missing = false, .read_only = true});
  if (!store) return violated(sim::kDurable, store.error().message);
  oracle_.check_all((*store)->tables(), clients_, real_.loop().unix_ms() + kClockSlackMs);
  judge_yjs((*store)->tables());
  result_.converged = sound();
  verify_log();
}

void Chaos::judge_yjs(const syncline::store::Tables& tables) {
  for (const auto& client : yjs_)
    oracle_.check_replica(tables, client->object(), client->name(),
                          *document_of(client->report()->state));
}

void Chaos::verify_log() {
  auto verify = backend::ChildProcess::start(
      {.command = {options_.program.empty() ? backend::own_program() : options_.program, "log",
                   "verify", "--json", "--data-dir", server_.data_dir()},
       .stderr_file = directory_.path() + "/verify.stderr"});
  if (!verify) return violated("I9 the log verifies", verify.error().message);
  const auto end = (*verify)->wait(kVerifyMs);
  const auto line = (*verify)->line();
  if (!end || !end->well() || !line)
    return violated("I9 the log verifies", line.value_or("`syncline log verify` says nothing"));
  const auto said = nlohmann::json::parse(*line, nullptr, false);
  result_.log_sound = said.is_object() && said.value("ok", false);
  if (!result_.log_sound) return violated("I9 the log verifies", *line);
  result_.log_events = said.value("events", std::uint64_t{0});
}

// ---- the whole

// Keeps the replicas for the investigation; `syncline doc` can read them.
void Chaos::keep_replicas() {
  const auto keep = [this](const std::string& who, const sim::ObjectName& object, ByteView state) {
    std::string name = object.second;
    std::ranges::replace(name, '/', '-');
    std::ofstream file(fmt::format("{}/{}-{}.update", directory_.path(), who, name));
    file << as_text(state);
  };
  for (const auto& client : clients_)
    for (const sim::Replica& replica : client->replicas())
      keep(client->name(), replica.name, replica.editor->doc().encode_state_as_update());
  for (const auto& client : yjs_)
    if (client->report()) keep(client->name(), client->object(), client->report()->state);
}

ChaosResult Chaos::sum_up() {
  result_.violation = real_.world().violation;
  result_.faults = story_.counts();
  result_.skipped_faults = nemesis_.skipped();
  result_.server_starts = server_.starts();
  result_.acked = book_.acked_count();
  for (const auto& client : clients_) result_.edits += client->edits();
  for (const auto& client : yjs_) {
    result_.edits += client->edits();
    result_.acked_yjs += client->acked();
    if (client->settings().hocuspocus) result_.acked_hocuspocus += client->acked();
    result_.yjs_starts += client->starts();
  }
  result_.yjs_clients = yjs_.size();
  for (const auto& link : links_) {
    result_.connections += link->counters().connections;
    result_.bytes += link->counters().bytes_up + link->counters().bytes_down;
  }
  result_.seconds = static_cast<double>(real_.now_us()) / 1e6;
  result_.timeline = story_.entries();
  if (result_.violation) {
    keep_replicas();
    directory_.keep();
    result_.kept = directory_.path();
  }
  return std::move(result_);
}

Result<ChaosResult> Chaos::go() {
  if (auto begun = begin(); !begun) return std::unexpected(begun.error());
  real_.run_until(begun_us_ + plan_.world.phase_one_us, &Interrupt::asked);
  if (sound() && !Interrupt::asked()) {
    heal();
    join_late();
    if (settle()) stop_and_judge();
  }
  if (Interrupt::asked()) return fail(ErrorCode::kUnavailable, "interrupted");
  return sum_up();
}

}  // namespace

Result<ChaosResult> run_chaos(const ChaosPlan& plan, const ChaosOptions& options,
                              const std::function<void(std::string_view)>& progress) {
  auto directory = TemporaryDirectory::make("chaos");
  if (!directory) return std::unexpected(directory.error());
  return Chaos(plan, options, progress, std::move(*directory)).go();
}

}  // namespace syncline::cli
