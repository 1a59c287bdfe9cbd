#include "state/bundle_export.h"

#include <fmt/format.h>

#include <algorithm>

#include "log/merkle_tree.h"
#include "state/state_parts.h"

namespace syncline::state {

BundleExport::BundleExport(log::EventLog& log, log::BundleHeader header,
                           std::vector<log::Statement> statements, ExportWish wish)
    : log_(log), header_(std::move(header)), statements_(std::move(statements)), wish_(wish) {
  if (!wish_.from) return;
  writer_ = log::BundleWriter(wish_.from->crc);
  after_ = wish_.from->after;
  stage_ = Stage::kEvents;
}

void BundleExport::next(log::Done<Bytes> done) {
  done_ = std::move(done);
  switch (stage_) {
    case Stage::kHeader: return begin();
    case Stage::kEvents: return due_ ? emit_snapshot() : step();
    case Stage::kPins: return read_pins();
    case Stage::kEnd: return emit_end();
    case Stage::kDone: return answer(Bytes());
  }
}

void BundleExport::begin() {
  Bytes bytes = log::BundleWriter::magic();
  const auto add = [&](const log::BundleSection& section) {
    const Bytes made = writer_.section(section);
    bytes.insert(bytes.end(), made.begin(), made.end());
  };
  add(header_);
  for (const log::Statement& statement : statements_) add(statement);
  stage_ = Stage::kEvents;
  answer(std::move(bytes));
}

void BundleExport::step() {
  for (; index_ < batch_.size(); ++index_) {
    const log::Event& event = batch_[index_];
    if (must_look_back(event)) return look_back(event.object);
    if (must_list(event)) return list_snapshots(event.object, header_.size);
    auto encoded = log::encode_event(event);
    if (!encoded) return answer(std::unexpected(std::move(encoded.error())));
    records_.push_back(std::move(encoded->record));
    after_ = event.position;
    const auto listed = snapshots_.find(event.object);
    if (listed == snapshots_.end() || !std::ranges::binary_search(listed->second, after_)) continue;
    due_.emplace(event.object, after_);
    ++index_;
    return emit_events();
  }
  if (!records_.empty()) return emit_events();
  if (after_ < header_.size) return read_events();
  stage_ = Stage::kPins;
  read_pins();
}

// Whether what is there of a file that is gone on with may hold dropped payloads of this object.
bool BundleExport::must_look_back(const log::Event& event) const {
  return wish_.from && !looked_back_.contains(event.object) && !must_list(event);
}

// Payloads are dropped from the first event on.
void BundleExport::look_back(std::string object) {
  looked_back_.insert(object);
  log_.read_object(header_.workspace, object, 0, {.max_events = 1},
                   [self = shared_from_this(), object](auto events) {
                     if (events && !events->empty() && events->front().dropped_payload)
                       return self->list_snapshots(object, self->header_.size);
                     self->step();
                   });
}

// The first sight of an object whose snapshots go along.
bool BundleExport::must_list(const log::Event& event) const {
  return (wish_.all_snapshots || event.dropped_payload) && !snapshots_.contains(event.object);
}

void BundleExport::list_snapshots(std::string object, log::Position at) {
  log_.load_snapshot(header_.workspace, object, at,
                     [self = shared_from_this(), object](auto found) {
                       // Damaged ones are no use to anybody.
                       auto& positions = self->snapshots_[object];
                       if (found && *found) {
                         positions.push_back((*found)->position);
                         if ((*found)->position > 1)
                           return self->list_snapshots(object, (*found)->position - 1);
                       }
                       std::ranges::sort(positions);
                       self->step();
                     });
}

void BundleExport::read_events() {
  const log::ReadLimits limits{
      .to = header_.size, .max_events = log::kSectionEvents, .max_bytes = log::kSectionEventBytes};
  log_.read(header_.workspace, after_, limits, [self = shared_from_this()](auto events) {
    if (!events) return self->answer(std::unexpected(std::move(events.error())));
    if (events->empty())
      return self->answer(
          fail(ErrorCode::kCorrupt, fmt::format("workspace {}, event {}: missing",
                                                self->header_.workspace, self->after_ + 1)));
    self->batch_ = std::move(*events);
    self->index_ = 0;
    self->step();
  });
}

void BundleExport::emit_events() {
  log::BundleEvents events{after_ - records_.size() + 1, {records_.begin(), records_.end()}};
  Bytes bytes = writer_.section(events);
  records_.clear();
  answer(std::move(bytes));
}

void BundleExport::emit_snapshot() {
  auto [object, position] = *std::exchange(due_, {});
  log_.load_snapshot(header_.workspace, object, position,
                     [self = shared_from_this(), object, position](auto found) {
                       // Another may have taken its place meanwhile.
                       if (!found || !*found || (*found)->position != position) return self->step();
                       self->emit_state(object, **found);
                     });
}

// A file holds whole states.
void BundleExport::emit_state(const std::string& object, const log::Snapshot& snapshot) {
  if (snapshot.base == 0)
    return answer(writer_.section(log::BundleSnapshot{object, snapshot.position, snapshot.bytes}));
  const auto restored = restore(parts_of(snapshot));
  if (!restored) return step();
  const Bytes whole = (*restored)->snapshot();
  answer(writer_.section(log::BundleSnapshot{object, snapshot.position, whole}));
}

void BundleExport::read_pins() {
  log_.list_pins(
      header_.workspace, last_pin_, log::kSectionPins, [self = shared_from_this()](auto pins) {
        if (!pins) return self->answer(std::unexpected(std::move(pins.error())));
        if (pins->empty()) {
          self->stage_ = Stage::kEnd;
          return self->emit_end();
        }
        self->last_pin_ = pins->back().name;
        std::erase_if(*pins,
                      [&](const log::Pin& pin) { return pin.position > self->header_.size; });
        if (pins->empty()) return self->read_pins();
        self->answer(self->writer_.section(log::BundlePins{std::move(*pins)}));
      });
}

void BundleExport::emit_end() {
  log_.tree_nodes(header_.workspace, log::merkle::frontier_nodes(header_.size),
                  [self = shared_from_this()](auto nodes) {
                    if (!nodes) return self->answer(std::unexpected(std::move(nodes.error())));
                    const std::uint64_t size = self->header_.size;
                    self->stage_ = Stage::kDone;
                    self->answer(self->writer_.section(log::BundleEnd{
                        size, log::merkle::Frontier(size, std::move(*nodes)).root()}));
                  });
}

void bundle_header(log::EventLog& log, std::string workspace, std::string log_name,
                   std::uint64_t size, log::Done<log::BundleHeader> done) {
  const log::Position before = size > 0 ? size - 1 : 0;
  log.read(workspace, before, {.to = size, .max_events = 1},
           [workspace, log_name = std::move(log_name), size,
            done = std::move(done)](Result<std::vector<log::Event>> events) mutable {
             if (!events) return done(std::unexpected(std::move(events.error())));
             if (events->empty())
               return done(fail(ErrorCode::kNotFound,
                                fmt::format("workspace {} has no event {}", workspace, size)));
             done(log::BundleHeader{workspace, std::move(log_name), size, events->back().hash});
           });
}

}  // namespace syncline::state
