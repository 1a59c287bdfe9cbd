// Re-derives everything in a bundle (log/bundle.h): what state/verify.h does for a workspace, and the
// statements, the header and the end against it.
//
// Its sections come from a BundleReader, which has checked their bytes. Where begin_pass() says so, all
// of them are given once more, from the header on, by a new reader.
//
// Trust: a bundle brings keys of its own, which show no more than that it belongs together. Only what
// was signed with `keys`, had from elsewhere, is proved by it.
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
  std::vector<log::NoteVerifier> keys;  // must have signed; none: those that the bundle names
  std::vector<log::Checkpoint> known;   // the log must begin with them
};

struct BundleReport {
  log::BundleHeader header;
  std::uint64_t statements = 0;
  std::uint64_t pins = 0;  // that the events leave, and those of a file of an earlier version
  std::uint64_t snapshots = 0;
  std::uint64_t signed_events = 0;  // the first so many, by one of the keys
  std::string signed_by;            // whose
  ReplayCounts replay;
};

class BundleVerifier {
 public:
  // Sees each event once it is verified, in every pass.
  using OnEvent = std::function<void(const log::Event& event, ByteView record)>;

  BundleVerifier(VerifierOptions options, BundleTrust trust)
      : options_(options), trust_(std::move(trust)) {}

  void on_event(OnEvent on_event) { on_event_ = std::move(on_event); }

  log::Checked<void> section(const log::BundleSection& section);

  // After the last section. True: again from the first.
  bool begin_pass();

  // After the last pass.
  log::Checked<BundleReport> report();

  // The state after the last event; nullptr if it is not known.
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
