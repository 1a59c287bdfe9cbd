#include "cli/chaos/yjs_client.h"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "cli/json.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {
namespace {

using crdt::Any;
using nlohmann::json;

constexpr const char* kScript = "chaos_client.mjs";
constexpr std::uint64_t kNodeStartMs = 30'000;

std::uint32_t less(std::uint32_t length, std::uint32_t count) {
  return length > count ? length - count : 0;
}

}  // namespace

Result<void> check_yjs(const std::string& directory) {
  std::error_code error;
  for (const char* needed : {kScript, "node_modules/yjs", "node_modules/y-websocket",
                             "node_modules/@hocuspocus/provider"})
    if (!std::filesystem::exists(directory + "/" + needed, error))
      return fail(ErrorCode::kNotFound, fmt::format("{} has no {}", directory, needed));
  auto node = backend::ChildProcess::start({.command = {"node", "--version"}});
  if (!node) return std::unexpected(node.error());
  const auto end = (*node)->wait(kNodeStartMs);
  if (end && end->well()) return {};
  return fail(ErrorCode::kNotFound, "node does not run");
}

YjsClient::YjsClient(YjsSettings settings, sim::Book& book, sim::Probes& probes)
    : settings_(std::move(settings)),
      name_(fmt::format("yjs{}", settings_.number)),
      book_(book),
      workload_(*this, probes) {}

Result<void> YjsClient::start() {
  report_.reset();
  asked_ = false;
  text_length_ = list_length_ = tree_length_ = 0;
  auto process = backend::ChildProcess::start(
      {.command = {"node", kScript, fmt::format("ws://127.0.0.1:{}", settings_.port),
                   settings_.workspace, settings_.object, settings_.token,
                   settings_.hocuspocus ? "hocuspocus" : "y"},
       .directory = settings_.directory,
       .stderr_file = settings_.stderr_file,
       .input = true});
  if (!process) return std::unexpected(process.error());
  process_ = std::move(*process);
  ++starts_;
  return {};
}

void YjsClient::kill() {
  // What it has already reported counts as promised.
  static_cast<void>(poll());
  process_.reset();
}

void YjsClient::pause(bool on) {
  if (process_) process_->signal(on ? SIGSTOP : SIGCONT);
}

Result<void> YjsClient::poll() {
  if (!process_) return {};
  std::optional<Error> problem;
  while (const auto line = process_->line()) take(*line, problem);
  if (problem) return std::unexpected(*problem);
  if (const auto end = process_->ended())
    return fail(ErrorCode::kUnavailable, fmt::format("{} ended with {}", name_, to_string(*end)));
  return {};
}

void YjsClient::take(const std::string& line, std::optional<Error>& problem) {
  const json said = json::parse(line, nullptr, false);
  if (!said.is_object()) return;
  if (said.contains("id")) book_.owns(object(), said["id"].get<std::uint64_t>());
  if (said.contains("error"))
    problem = Error{ErrorCode::kUnavailable, name_ + ": " + said["error"].dump()};
  if (said.contains("lengths")) {
    text_length_ = said["lengths"][0].get<std::uint32_t>();
    list_length_ = said["lengths"][1].get<std::uint32_t>();
    tree_length_ = said["lengths"][2].get<std::uint32_t>();
  }
  for (const json& update : said.value("acked", json::array())) {
    const auto bytes = from_base64(update.get<std::string>());
    auto meta = bytes ? crdt::update_meta(*bytes, crdt::UpdateVersion::kV1)
                      : Result<crdt::UpdateMeta>(std::unexpected(bytes.error()));
    if (!meta) continue;
    ++acked_;
    book_.acked(object(), name_, {std::move(meta->inserts), std::move(meta->deletes)});
  }
  if (!said.contains("state")) return;
  asked_ = false;
  auto state = from_base64(said["state"].get<std::string>());
  if (!state) return;
  report_ = Report{.state = std::move(*state),
                   .in_step = said.value("in_step", false),
                   .waiting = said.value("waiting", std::uint64_t{0})};
}

std::string YjsClient::edit(sim::Dice& dice) {
  if (!process_) return {};
  operations_.clear();
  std::string what = workload_.edit(dice, settings_.habit);
  if (operations_.empty()) return what;
  ++edits_;
  process_->write_line(compact_json(Any::Object{{"edits", Any(std::move(operations_))}}));
  return what;
}

void YjsClient::set_online(bool on) {
  if (process_) process_->write_line(on ? R"({"online":true})" : R"({"online":false})");
}

// A large document takes a while to arrive. Until then, a second request would not help.
void YjsClient::ask_for_report() {
  if (process_ && !std::exchange(asked_, true)) process_->write_line(R"({"report":true})");
}

// ---- sim::Editable: operations are collected and sent as one transaction

void YjsClient::operation(Any::Array words) {
  operations_.emplace_back(std::move(words));
}

void YjsClient::transact(const std::function<void()>& body) {
  body();
}

void YjsClient::insert_text(std::uint32_t at, std::string_view text) {
  operation({Any("insert_text"), json_number(at), Any(std::string(text))});
  // In UTF-16 units, as Yjs counts; each character of the basic plane is one.
  for (const char c : text) text_length_ += (static_cast<std::uint8_t>(c) & 0xc0) != 0x80 ? 1 : 0;
}

void YjsClient::erase_text(std::uint32_t at, std::uint32_t count) {
  operation({Any("erase_text"), json_number(at), json_number(count)});
  text_length_ = less(text_length_, count);
}

void YjsClient::format_text(std::uint32_t at, std::uint32_t count, std::string_view name,
                            const Any& value) {
  operation(
      {Any("format_text"), json_number(at), json_number(count), Any(std::string(name)), value});
}

void YjsClient::set_key(std::string_view key, const Any& value) {
  operation({Any("set_key"), Any(std::string(key)), value});
}

void YjsClient::erase_key(std::string_view key) {
  operation({Any("erase_key"), Any(std::string(key))});
}

void YjsClient::set_key_to_text(std::string_view key) {
  operation({Any("set_key_to_text"), Any(std::string(key))});
}

void YjsClient::insert_list(std::uint32_t at, const Any::Array& values) {
  operation({Any("insert_list"), json_number(at), Any(values)});
  list_length_ += static_cast<std::uint32_t>(values.size());
}

void YjsClient::insert_list_map(std::uint32_t at, std::string_view key, const Any& value) {
  operation({Any("insert_list_map"), json_number(at), Any(std::string(key)), value});
  ++list_length_;
}

void YjsClient::erase_list(std::uint32_t at) {
  operation({Any("erase_list"), json_number(at)});
  list_length_ = less(list_length_, 1);
}

void YjsClient::insert_tree(std::uint32_t at) {
  operation({Any("insert_tree"), json_number(at)});
  ++tree_length_;
}

void YjsClient::erase_tree(std::uint32_t at) {
  operation({Any("erase_tree"), json_number(at)});
  tree_length_ = less(tree_length_, 1);
}

}  // namespace syncline::cli
