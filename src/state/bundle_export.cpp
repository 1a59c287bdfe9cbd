#include "state/bundle_export.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/qualified_name.h"
#include "log/merkle_tree.h"
#include "state/job_room.h"
#include "state/state_parts.h"

namespace syncline::state {

BundleExport::BundleExport(const ReplaySources& sources, log::BundleHeader header,
                           std::vector<log::Statement> statements, ExportWish wish)
    : store_(sources.store),
      types_(sources.types),
      header_(std::move(header)),
      statements_(std::move(statements)),
      wish_(wish) {
  if (!wish_.from) return;
  writer_ = log::BundleWriter(wish_.from->crc);
  after_ = wish_.from->after;
  stage_ = Stage::kEvents;
}

void BundleExport::next(const ReplaySources& sources, log::Done<Bytes> done) {
  done_ = std::move(done);
  events_ = &sources.events;
  room_ = sources.room;
  switch (stage_) {
    case Stage::kHeader: return begin();
    case Stage::kEvents: return due_ ? emit_snapshot() : step();
    case Stage::kPins: return find_pins();
    case Stage::kEnd: return emit_end();
    case Stage::kDone: return answer(Bytes());
  }
}

void BundleExport::answer(Result<Bytes> bytes) {
  charge_.set(0);
  events_ = nullptr;
  room_ = nullptr;
  std::exchange(done_, {})(std::move(bytes));
}

void BundleExport::begin() {
  Bytes bytes = log::BundleWriter::magic();
  const auto add = [&](const log::BundleSection& section) {
    const Bytes made = writer_.section(section);
    bytes.insert(bytes.end(), made.begin(), made.end());
  };
  log::BundleHeader shown = header_;
  shown.workspace = split_name(header_.workspace).workspace;  // no file names a tenant
  add(shown);
  for (const log::Statement& statement : statements_) add(statement);
  stage_ = Stage::kEvents;
  answer(std::move(bytes));
}

void BundleExport::step() {
  for (; index_ < batch_.size(); ++index_) {
    log::Event& event = batch_[index_];
    if (must_look_back(event)) return look_back(event);
    if (must_list(event))
      return list_states(event.object, event.dropped_payload ? event.position : 0);
    auto encoded = log::encode_event(event);
    if (!encoded) return answer(std::unexpected(std::move(encoded.error())));
    records_.push_back(std::move(encoded->record));
    after_ = event.position;
    event.intent = Bytes();  // the record has it
    const auto listed = states_.find(event.object);
    if (listed == states_.end() || !std::ranges::binary_search(listed->second.positions, after_))
      continue;
    due_.emplace(event.object, after_);
    ++index_;
    return emit_events();
  }
  batch_.clear();
  index_ = 0;
  if (!records_.empty()) return emit_events();
  if (after_ < header_.size) return read_events();
  stage_ = Stage::kPins;
  find_pins();
}

// True if the existing part of a continued file may contain dropped payloads of this object.
bool BundleExport::must_look_back(const log::Event& event) const {
  return wish_.from && !looked_back_.contains(event.object) && !must_list(event);
}

// Payloads are dropped from the first event on. For a damaged event, this cannot be determined.
void BundleExport::look_back(const log::Event& event) {
  events_->read_object(
      header_.workspace, event.object, 0, {.max_events = 1},
      [self = shared_from_this(), object = event.object, position = event.position](auto events) {
        const bool damaged = !events && events.error().code == ErrorCode::kCorrupt;
        if (!events && !damaged) return self->answer(std::unexpected(std::move(events.error())));
        self->looked_back_.insert(object);
        if (damaged || (!events->empty() && events->front().dropped_payload))
          return self->list_states(object, position);
        self->step();
      });
}

// True at the first event of an object whose snapshots are exported; later also where a gap begins,
// or continues after what was listed.
bool BundleExport::must_list(const log::Event& event) const {
  const auto listed = states_.find(event.object);
  if (listed == states_.end()) return wish_.all_snapshots || event.dropped_payload;
  const States& states = listed->second;
  if (!event.dropped_payload || event.position <= states.lost_to) return false;
  return states.gap == 0 || !states.reach(event.position);
}

// Retention may have continued since the listing. `gap`: the file needs a snapshot from there on; 0
// if it does not.
void BundleExport::list_states(std::string object, log::Position gap) {
  store_.retention().load_retention(header_.workspace, [self = shared_from_this(), object,
                                                        gap](Result<log::Retention> now) {
    if (!now) return self->answer(std::unexpected(std::move(now.error())));
    const auto listed = self->states_.find(object);
    const bool same = listed != self->states_.end() && listed->second.floor == now->floor &&
                      listed->second.swept_to == now->swept_to;
    if (!same || !(listed->second.reach(gap) || listed->second.lost_to > 0))
      return self->list_from(object, {.gap = gap, .floor = now->floor, .swept_to = now->swept_to},
                             self->header_.size);
    States& states = listed->second;
    if (states.reach(gap))
      states.gap = gap;
    else
      states.lost_to = std::max(states.lost_to, gap);
    self->step();
  });
}

// A snapshot, or two with the base of a delta, and what is made of them: the whole state, and a section.
void BundleExport::with_room(const std::string& object, log::Position at, Task next) {
  constexpr std::uint64_t kCopies = 3;
  if (room_ == nullptr || !room_->counts()) return next();
  store_.snapshots().measure_snapshot(
      header_.workspace, object, at,
      [self = shared_from_this(), next = std::move(next)](Result<std::uint64_t> stored) mutable {
        self->charge_.set(0);
        self->room_->want(kCopies * stored.value_or(0),
                          [self, next = std::move(next)](Result<MemoryCharge> charge) mutable {
                            if (!charge)
                              return self->answer(std::unexpected(std::move(charge.error())));
                            self->charge_ = std::move(*charge);
                            next();
                          });
      });
}

void BundleExport::list_from(std::string object, States states, log::Position at) {
  with_room(object, at,
            [self = shared_from_this(), object, states = std::move(states), at]() mutable {
              self->load_listed(std::move(object), std::move(states), at);
            });
}

void BundleExport::load_listed(std::string object, States states, log::Position at) {
  store_.snapshots().load_snapshot(
      header_.workspace, object, at,
      [self = shared_from_this(), object, states = std::move(states)](auto found) mutable {
        if (!found && found.error().code != ErrorCode::kCorrupt)
          return self->answer(std::unexpected(std::move(found.error())));
        // Damaged snapshots are useless.
        const log::Position position = found && *found ? (*found)->position : 0;
        if (position > 0) states.positions.push_back(position);
        if (position > 1) return self->list_from(object, std::move(states), position - 1);
        std::ranges::reverse(states.positions);
        self->keep_listed(object, std::move(states));
      });
}

// A snapshot that replaces dropped payloads is at the floor, or was imported. If it is missing, the
// floor is after the end of the file, or the snapshot is damaged.
void BundleExport::keep_listed(std::string object, States states) {
  if (states.reach(states.gap)) {
    states_[object] = std::move(states);
    return step();
  }
  store_.retention().load_retention(header_.workspace, [self = shared_from_this(), object,
                                                        states = std::move(states)](
                                                           Result<log::Retention> now) mutable {
    if (!now) return self->answer(std::unexpected(std::move(now.error())));
    if (now->floor > self->header_.size)
      return self->answer(fail(
          ErrorCode::kConflict,
          fmt::format("retention has moved on: workspace {} is kept from position {} on, and the "
                      "file ends at {}; export it again",
                      self->header_.workspace, now->floor, self->header_.size)));
    states.lost_to = std::max(now->floor, std::exchange(states.gap, 0));
    self->states_[object] = std::move(states);
    self->step();
  });
}

void BundleExport::read_events() {
  const log::ReadLimits limits{
      .to = header_.size, .max_events = log::kSectionEvents, .max_bytes = log::kSectionEventBytes};
  events_->read(header_.workspace, after_, limits, [self = shared_from_this()](auto events) {
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
  with_room(due_->first, due_->second, [self = shared_from_this()] { self->load_due(); });
}

void BundleExport::load_due() {
  const auto& [object, position] = *due_;
  store_.snapshots().load_snapshot(
      header_.workspace, object, position,
      [self = shared_from_this(), position = position](auto found) {
        if (!found && found.error().code != ErrorCode::kCorrupt)
          return self->answer(std::unexpected(std::move(found.error())));
        const std::string object = std::exchange(self->due_, {})->first;
        if (found && *found && (*found)->position == position)
          return self->emit_state(object, **found);
        self->go_without(object);
      });
}

// A file contains only whole states.
void BundleExport::emit_state(const std::string& object, const log::Snapshot& snapshot) {
  Bytes whole;
  if (snapshot.base > 0) {
    const auto restored = restore(types_, parts_of(snapshot));
    if (!restored) return go_without(object);
    whole = (*restored)->snapshot();
  }
  states_[object].gap = 0;
  answer(writer_.section(log::BundleSnapshot{.object = object,
                                             .position = snapshot.position,
                                             .state = snapshot.base > 0 ? whole : snapshot.bytes,
                                             .type = snapshot.type,
                                             .generation = snapshot.generation}));
}

// The snapshot was replaced since the listing, or it was damaged.
void BundleExport::go_without(const std::string& object) {
  if (states_[object].gap == 0) return step();
  list_states(object, after_ + 1);
}

// Pins are events. Only those that a version before 0.2 kept without events go along by themselves.
void BundleExport::find_pins() {
  if (pins_) return emit_pins();
  store_.rules().load_standing(
      header_.workspace, [self = shared_from_this()](Result<log::RulesStanding> standing) {
        if (!standing) return self->answer(std::unexpected(std::move(standing.error())));
        self->pins_ = std::move(standing->untold.pins);
        std::erase_if(*self->pins_,
                      [&](const log::Pin& pin) { return pin.position > self->header_.size; });
        self->emit_pins();
      });
}

void BundleExport::emit_pins() {
  if (pins_->empty()) {
    stage_ = Stage::kEnd;
    return emit_end();
  }
  const auto end =
      pins_->begin() + static_cast<std::ptrdiff_t>(std::min(pins_->size(), log::kSectionPins));
  log::BundlePins section{{std::make_move_iterator(pins_->begin()), std::make_move_iterator(end)}};
  pins_->erase(pins_->begin(), end);
  answer(writer_.section(section));
}

void BundleExport::emit_end() {
  store_.attestations().tree_nodes(
      header_.workspace, log::merkle::frontier_nodes(header_.size),
      [self = shared_from_this()](auto nodes) {
        if (!nodes) return self->answer(std::unexpected(std::move(nodes.error())));
        const std::uint64_t size = self->header_.size;
        self->stage_ = Stage::kDone;
        self->answer(self->writer_.section(
            log::BundleEnd{size, log::merkle::Frontier(size, std::move(*nodes)).root()}));
      });
}

void bundle_header(log::EventLog& events, std::string workspace, std::string log_name,
                   std::uint64_t size, log::Done<log::BundleHeader> done) {
  const log::Position before = size > 0 ? size - 1 : 0;
  events.read(workspace, before, {.to = size, .max_events = 1},
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
