// BundleVerifier: verifies everything in a bundle (log/bundle.h): the checks of state/verify.h for
// a workspace, and the statements, the header and the end.
//
// Its sections come from a BundleReader, which has checked their bytes. If begin_pass() returns
// true, all sections must be passed again, from the header on, with a new reader.
//
// Trust: a bundle contains keys of its own, which only show that its parts belong together. Only
// signatures by `keys`, which come from another source, prove its origin.
//
// Thread-safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "log/bundle.h"
#include "state/verify.h"

namespace syncline::state {

struct BundleTrust {
  std::vector<log::NoteVerifier> keys;  // one of these must have signed; empty: those in the bundle
  std::vector<log::Checkpoint> known;   // the log must begin with these
};

struct BundleReport {
  log::BundleHeader header;
  std::uint64_t statements = 0;
  std::uint64_t pins = 0;  // that the events leave, and those of a file of an earlier version
  std::uint64_t snapshots = 0;
  std::uint64_t signed_events = 0;  // the number of first events that one of the keys signed
  std::string signed_by;            // the name of that key
  ReplayCounts replay;
};

class BundleVerifier {
 public:
  // Called for each verified event, in every pass.
  using OnEvent = std::function<void(const log::Event& event, ByteView record)>;

  BundleVerifier(VerifierOptions options, BundleTrust trust)
      : options_(options), trust_(std::move(trust)) {}

  void on_event(OnEvent on_event) { on_event_ = std::move(on_event); }

  log::Checked<void> section(const log::BundleSection& section);

  // Call it after the last section. True: pass all sections again.
  bool begin_pass();

  // Call it after the last pass.
  log::Checked<BundleReport> report();

  // The state after the last event; nullptr if it is unknown.
  const merge::Object* find(const std::string& object) const { return verifier_->find(object); }

 private:
  log::Checked<void> take(const log::BundleHeader& header);
  log::Checked<void> take(const log::Statement& statement);
  log::Checked<void> take(const log::BundleEvents& events);
  log::Checked<void> take(const log::BundleSnapshot& snapshot);
  log::Checked<void> take(const log::BundlePins& pins);
  log::Checked<void> take(const log::BundleEnd& end);

  const VerifierOptions options_;
  const BundleTrust trust_;
  OnEvent on_event_;
  bool first_pass_ = true;
  std::optional<WorkspaceVerifier> verifier_;
  std::string object_;  // of the last event
  BundleReport report_;
};

}  // namespace syncline::state
