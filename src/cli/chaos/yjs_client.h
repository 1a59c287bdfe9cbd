// YjsClient: a published Yjs client, run by node as a child process, which a workload can edit.
//
// It is the unmodified npm package yjs with the provider of y-websocket or of Hocuspocus, and the script
// tests/e2e/chaos_client.mjs, which reads commands and reports results (the script describes the
// messages).
//
// One thread. poll() must be called regularly: it writes into the book what the client was
// promised.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/process/child_process.h"
#include "sim/book.h"
#include "sim/editable.h"
#include "sim/workload.h"
#include "syncline/error.h"

namespace syncline::cli {

struct YjsSettings {
  std::size_t number = 0;
  std::string directory;  // contains the script, and node_modules next to it
  std::string workspace;
  std::string object;
  std::string token;
  bool hocuspocus = false;  // its provider; otherwise that of y-websocket
  std::string stderr_file;
  std::uint16_t port = 0;
  sim::Habit habit = sim::Habit::kTyping;
  std::uint64_t edit_every_us = 100'000;
};

// Checks that such clients can run from that directory. kNotFound with what is missing.
Result<void> check_yjs(const std::string& directory);

class YjsClient final : private sim::Editable {
 public:
  YjsClient(YjsSettings settings, sim::Book& book, sim::Probes& probes);

  // Starts a new process with an empty document.
  Result<void> start();
  void kill();
  bool running() const { return process_ != nullptr; }
  void pause(bool on);  // stops the process, or lets it continue

  // Reads its output. An error if it has ended by itself or reported a problem.
  Result<void> poll();

  // Makes one edit and returns a description for people.
  std::string edit(sim::Dice& dice);
  void set_online(bool on);
  void ask_for_report();

  struct Report {
    Bytes state;  // its document as an update of version 1
    bool in_step = false;
    std::uint64_t waiting = 0;  // edits that were not acknowledged
  };
  // The last report that arrived, if any.
  const std::optional<Report>& report() const { return report_; }

  const YjsSettings& settings() const { return settings_; }
  const std::string& name() const { return name_; }
  sim::ObjectName object() const { return {settings_.workspace, settings_.object}; }
  std::uint64_t edits() const { return edits_; }
  std::uint64_t acked() const { return acked_; }
  std::uint64_t starts() const { return starts_; }

 private:
  void transact(const std::function<void()>& body) override;
  std::uint32_t text_length() const override { return text_length_; }
  void insert_text(std::uint32_t at, std::string_view text) override;
  void erase_text(std::uint32_t at, std::uint32_t count) override;
  void format_text(std::uint32_t at, std::uint32_t count, std::string_view name,
                   const crdt::Any& value) override;
  void set_key(std::string_view key, const crdt::Any& value) override;
  void erase_key(std::string_view key) override;
  void set_key_to_text(std::string_view key) override;
  std::uint32_t list_length() const override { return list_length_; }
  void insert_list(std::uint32_t at, const crdt::Any::Array& values) override;
  void insert_list_map(std::uint32_t at, std::string_view key, const crdt::Any& value) override;
  void erase_list(std::uint32_t at) override;
  std::uint32_t tree_length() const override { return tree_length_; }
  void insert_tree(std::uint32_t at) override;
  void erase_tree(std::uint32_t at) override;
  // Undo belongs to editors; the protocol does not contain it.
  bool can_undo() const override { return false; }
  bool undo() override { return false; }
  bool redo() override { return false; }

  void operation(crdt::Any::Array words);
  void take(const std::string& line, std::optional<Error>& problem);

  const YjsSettings settings_;
  const std::string name_;
  sim::Book& book_;
  sim::Workload workload_;
  std::unique_ptr<backend::ChildProcess> process_;
  crdt::Any::Array operations_;  // of the current edit
  std::optional<Report> report_;
  bool asked_ = false;  // a report was requested and has not arrived
  std::uint32_t text_length_ = 0;
  std::uint32_t list_length_ = 0;
  std::uint32_t tree_length_ = 0;
  std::uint64_t edits_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t starts_ = 0;
};

}  // namespace syncline::cli
