#include "sim/archivist.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "base/percent.h"
#include "log/bundle_reader.h"
#include "node/known_types.h"
#include "sim/canonical_json.h"
#include "sim/invariants.h"
#include "sim/oracle.h"
#include "sim/stored_log.h"
#include "state/bundle_verify.h"

namespace syncline::sim {
namespace {

log::Checked<state::BundleReport> verify(const std::string& file) {
  state::BundleVerifier verifier({.types = node::known_types()}, {});
  do {
    log::BundleReader reader;
    reader.feed(as_bytes(file));
    for (;;) {
      const auto section = reader.next();
      if (!section) return log::differs(log::Check::kStorage, {}, section.error());
      if (!*section) break;
      if (auto ok = verifier.section(**section); !ok) return std::unexpected(std::move(ok.error()));
    }
    if (auto whole = reader.finish(); !whole)
      return log::differs(log::Check::kStorage, {}, whole.error());
  } while (verifier.begin_pass());
  return verifier.report();
}

std::string content_of(const ApiUser::Answer& answer) {
  const crdt::Any* state = answer.json.find("state");
  return state ? crdt::to_json(*state) : std::string();
}

}  // namespace

Archivist::Archivist(World& world, Server& server, Book& book, const std::set<ObjectName>& objects)
    : world_(world),
      server_(server),
      book_(book),
      objects_([&] {
        std::vector<ObjectName> kept;
        std::ranges::copy_if(objects, std::back_inserter(kept), std::not_fn(is_junk));
        return kept;
      }()),
      dice_(world.dice.fork("archivist")),
      every_us_(dice_.scale(3 * kSecond, 60 * kSecond)),
      importing_(world.dice.fork("importing")),
      visitor_(world, server, std::string(Rights::kVisitor)),
      operator_(world, server, std::string(Rights::kOperator)) {}

void Archivist::start() {
  if (!objects_.empty()) act_later();
}

void Archivist::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this] {
    act();
    if (--left_ > 0) act_later();
  });
}

void Archivist::act() {
  const ObjectName& object = objects_[dice_.below(objects_.size())];
  dice_.chance(0.4) ? export_workspace(object.first) : pick_moment(object);
}

// ---- whole workspaces as files

void Archivist::export_workspace(const std::string& workspace) {
  visitor_.ask("GET", workspace_target(workspace) + "/export",
               [this, workspace, past = past_](const ApiUser::Answer& answer) {
                 if (past == past_) take_file(workspace, answer);
               });
}

void Archivist::take_file(const std::string& workspace, const ApiUser::Answer& answer) {
  if (server_.expects_damage()) return;
  if (answer.code() == "corrupt")
    return world_.violated(std::string(kAudit), fmt::format("{}: {}", workspace, answer.message()));
  if (!answer.ok()) return;
  const auto report = verify(answer.body);
  // If two devices used one id, a document that was loaded again may take a change in another way.
  if (!report && report.error().check == log::Check::kEffect &&
      world_.probes[Probe::client_doubled] > 0)
    return;
  if (!report)
    return world_.violated(std::string(kAudit), fmt::format("{}: its file does not verify: {}",
                                                            workspace, report.error().message));
  world_.trace.note(Kind::kCheck, "archivist", report->header.size, answer.body.size(),
                    [&] { return fmt::format("has {} in a file", workspace); });
  world_.hit(Probe::exported);
  const Exported file{workspace, report->header.size, report->header.last_hash};
  exported(file);
  if (importing_.chance(0.3)) import_file(file, answer.body);
}

// ---- files as workspaces

void Archivist::import_file(Exported original, std::string file) {
  original.workspace = fmt::format("copied-{}", next_copy_++);
  send_piece(std::make_shared<Exported>(std::move(original)), std::move(file), 0);
}

void Archivist::send_piece(std::shared_ptr<Exported> copy, std::string file, std::size_t offset) {
  const std::size_t size = 1 + importing_.below(file.size() - offset);
  std::string piece = file.substr(offset, size);
  const std::string target =
      fmt::format("{}/import?offset={}", workspace_target(copy->workspace), offset);
  auto answered = [this, copy, file = std::move(file), next = offset + size,
                   past = past_](const ApiUser::Answer& answer) mutable {
    if (past != past_ || !answer.ok()) return;
    look_whether_open(copy->workspace);
    next < file.size() ? send_piece(copy, std::move(file), next) : await_import(copy, 300);
  };
  operator_.ask("POST", target, std::move(answered), {}, std::move(piece));
}

// Nobody enters a workspace of which only a part is there.
void Archivist::look_whether_open(const std::string& copy) {
  const auto held = std::make_shared<bool>(false);
  visitor_.ask(
      "GET", workspace_target(copy) + "/log",
      [this, copy, held](const ApiUser::Answer& answer) {
        // With several loops, the import may have ended before the loop of the workspace was asked.
        const Server::Process& process = *server_.process();
        const bool ended = process.shards.size() > 1 && !process.imports.holds(copy);
        if (*held && !ended && answer.status != 503)
          world_.violated(
              std::string(kAudit),
              fmt::format("{} was shown while it was imported ({})", copy, answer.status));
      },
      [this, copy, held] { *held = server_.process()->imports.holds(copy); });
}

void Archivist::await_import(std::shared_ptr<Exported> copy, int looks) {
  visitor_.ask("GET", workspace_target(copy->workspace) + "/import",
               [this, copy, looks, past = past_](const ApiUser::Answer& answer) {
                 if (past != past_) return;
                 const std::string state = text_in(answer.json, "state");
                 if (state == "done") {
                   world_.hit(Probe::imported);
                   return exported(*copy);
                 }
                 if (state == "failed" && !server_.expects_damage() &&
                     answer.body.find("\"storage\"") == std::string::npos)
                   return world_.violated(
                       std::string(kAudit),
                       fmt::format("{} could not be imported: {}", copy->workspace, answer.body));
                 if (state != "appending" || looks == 0) return;
                 world_.timeline.after(kSecond / 5, [this, copy, looks, past] {
                   if (past == past_) await_import(copy, looks - 1);
                 });
               });
}

// ---- old states

void Archivist::pick_moment(const ObjectName& object) {
  Server::Process* process = server_.process();
  if (process == nullptr) return;
  process->loop_of(object.first).post([this, process, object, past = past_] {
    process->shard_of(object.first)
        .store->events()
        .head(object.first, [this, object, past](Result<log::Head> head) {
          if (past != past_ || !head || head->last_position == 0) return;
          const log::Position at = dice_.between(1, head->last_position);
          look({object, std::to_string(at), fmt::format("restored-{}", next_target_++)});
        });
  });
}

void Archivist::look(Restore restore) {
  const std::string target =
      object_target(restore.object.first, restore.object.second) + "?at=" + restore.at;
  visitor_.ask(
      "GET", target,
      [this, restore = std::move(restore), past = past_](const ApiUser::Answer& answer) mutable {
        if (past != past_ || !answer.ok()) return;
        restore.content = content_of(answer);
        bring_back(std::move(restore));
      });
}

void Archivist::bring_back(Restore restore) {
  const auto& [workspace, object] = restore.object;
  // The ids of its authors are allowed in the other workspace, too.
  if (const auto owners = book_.owners().find(restore.object); owners != book_.owners().end())
    for (const crdt::ClientId id : std::set(owners->second))
      book_.owns({restore.target, object}, id);
  const std::string path = fmt::format("{}/restore/{}?at={}", workspace_target(workspace),
                                       percent_encode(object, true), restore.at);
  // A dry run in place: it must be possible, and changes nothing.
  operator_.ask("POST", path + "&dry_run=1", [](const ApiUser::Answer&) {});
  const std::string into = path + "&into=" + restore.target;
  operator_.ask(
      "POST", into,
      [this, restore = std::move(restore), past = past_](const ApiUser::Answer& answer) mutable {
        if (past == past_ && answer.ok()) look_there(std::move(restore));
      });
}

void Archivist::look_there(Restore restore) {
  const std::string there = object_target(restore.target, restore.object.second);
  visitor_.ask("GET", there,
               [this, restore = std::move(restore), past = past_](const ApiUser::Answer& answer) {
                 if (past == past_) compare(restore, answer);
               });
}

void Archivist::compare(const Restore& restore, const ApiUser::Answer& answer) {
  if (!answer.ok()) return;
  world_.hit(Probe::restored);
  // If two devices used one id, replicas may believe different contents.
  if (world_.probes[Probe::client_doubled] > 0) return;
  if (!same_json(content_of(answer), restore.content))
    world_.violated(std::string(kTimeTravel),
                    fmt::format("{} as of {} was restored as something else", shown(restore.object),
                                restore.at));
}

// ---- what must hold

void Archivist::rolled_back() {
  ++past_;
  exported_.clear();
}

void Archivist::check(const store::Tables& tables) {
  for (const Exported& file : exported_) {
    const auto events = read_log(tables, file.workspace);
    if (!events) continue;  // another oracle reports this
    if (file.size == 0 || events->size() < file.size ||
        (*events)[file.size - 1].hash != file.last_hash)
      return world_.violated(std::string(kAudit),
                             fmt::format("{}: the {} events of a file are not how its log begins",
                                         file.workspace, file.size));
  }
}

}  // namespace syncline::sim
