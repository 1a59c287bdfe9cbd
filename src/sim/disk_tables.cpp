#include "sim/disk_tables.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "log/event.h"
#include "store/map_cursor.h"

namespace syncline::sim {
namespace {

constexpr std::string_view kMagic = "FRME";
constexpr std::size_t kHeader = 12;

std::uint32_t word(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

void put_word(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

// The end of the whole frame at `at`, or 0.
std::size_t frame_end(ByteView bytes, std::size_t at) {
  if (at + kHeader > bytes.size() || as_text(bytes.subspan(at, 4)) != kMagic) return 0;
  const std::size_t size = word(bytes, at + 4);
  if (size > bytes.size() - at - kHeader) return 0;
  const ByteView body = bytes.subspan(at + kHeader, size);
  return crc32c(body) == word(bytes, at + 8) ? at + kHeader + size : 0;
}

bool whole_frame_behind(ByteView bytes, std::size_t at) {
  const std::string_view all = as_text(bytes);
  for (std::size_t next = all.find(kMagic, at); next != std::string_view::npos;
       next = all.find(kMagic, next + 1))
    if (frame_end(bytes, next) != 0) return true;
  return false;
}

}  // namespace

void FrameWrites::put(store::Family family, std::string_view key, std::string_view value) {
  out_.u8(static_cast<std::uint8_t>(family));
  out_.u8(1);
  out_.var_buffer(as_bytes(key));
  out_.var_buffer(as_bytes(value));
}

void FrameWrites::remove(store::Family family, std::string_view key) {
  out_.u8(static_cast<std::uint8_t>(family));
  out_.u8(0);
  out_.var_buffer(as_bytes(key));
}

Bytes FrameWrites::frame() const {
  Bytes frame = to_bytes(as_bytes(kMagic));
  put_word(frame, static_cast<std::uint32_t>(out_.size()));
  put_word(frame, crc32c(out_.view()));
  frame.insert(frame.end(), out_.view().begin(), out_.view().end());
  return frame;
}

Result<std::size_t> DiskTables::open() {
  const ByteView all = disk_.contents();
  std::size_t at = 0;
  while (const std::size_t end = frame_end(all, at)) {
    apply(at, end);
    at = end;
  }
  if (at == all.size()) return 0;
  if (whole_frame_behind(all, at))
    return fail(ErrorCode::kCorrupt,
                fmt::format("the journal is damaged at byte {} of {}", at, all.size()));
  const std::size_t torn = all.size() - at;
  disk_.truncate(at);
  return torn;
}

void DiskTables::apply(std::size_t begin, std::size_t end) {
  const ByteView body = disk_.contents().subspan(begin + kHeader, end - begin - kHeader);
  last_frame_ = begin;
  ByteReader in(body);
  while (!in.at_end()) {
    const std::size_t family = in.u8();
    Table& table = tables_[family];
    const bool events = family == static_cast<std::size_t>(store::Family::kEvents);
    const bool put = in.u8() == 1;
    const std::string key(as_text(in.var_buffer()));
    if (put) {
      const std::string_view value = as_text(in.var_buffer());
      const auto offset =
          static_cast<std::size_t>(as_bytes(value).data() - disk_.contents().data());
      table[key] = {value.empty() ? 0 : offset, value.size()};
      if (events) appended_.try_emplace(key, table[key]);
    } else {
      table.erase(key);
      if (events) appended_.erase(key);
    }
    SYNCLINE_ASSERT(in.ok());
  }
}

std::string_view DiskTables::value_at(Place place) const {
  return as_text(disk_.contents().subspan(place.offset, place.size));
}

Result<std::optional<std::string>> DiskTables::get(store::Family family,
                                                   std::string_view key) const {
  const Table& table = tables_[static_cast<std::size_t>(family)];
  const auto found = table.find(key);
  if (found == table.end()) return std::nullopt;
  return std::string(value_at(found->second));
}

// No read extends over several events of the timeline, so the tables do not change under a cursor.
std::unique_ptr<store::Cursor> DiskTables::cursor(store::Family family,
                                                  std::string_view end) const {
  const auto bytes_of = [this](Place place) { return value_at(place); };
  return std::make_unique<store::MapCursor<Table, decltype(bytes_of)>>(
      tables_[static_cast<std::size_t>(family)], end, bytes_of);
}

std::string_view DiskTables::as_appended(std::string_view key, std::string_view record) const {
  const auto found = appended_.find(key);
  if (found == appended_.end()) return record;
  const std::string_view first = value_at(found->second);
  if (first.data() == record.data() || first == record) return record;
  const auto then = log::decode_event(as_bytes(first));
  const auto now = log::decode_event(as_bytes(record));
  return then && now && now->dropped_payload && then->hash == now->hash ? first : record;
}

namespace {

class AppendedCursor final : public store::Cursor {
 public:
  AppendedCursor(const DiskTables& tables, std::unique_ptr<store::Cursor> cursor)
      : tables_(tables), cursor_(std::move(cursor)) {}

  void seek(std::string_view key) override { cursor_->seek(key); }
  void seek_for_prev(std::string_view key) override { cursor_->seek_for_prev(key); }
  void next() override { cursor_->next(); }
  bool valid() const override { return cursor_->valid(); }
  std::string_view key() const override { return cursor_->key(); }
  std::string_view value() const override {
    return tables_.as_appended(cursor_->key(), cursor_->value());
  }
  Result<void> status() const override { return cursor_->status(); }

 private:
  const DiskTables& tables_;
  std::unique_ptr<store::Cursor> cursor_;
};

}  // namespace

Result<std::optional<std::string>> AppendedTables::get(store::Family family,
                                                       std::string_view key) const {
  auto value = tables_.get(family, key);
  if (family == store::Family::kEvents && value && *value)
    value = std::string(tables_.as_appended(key, **value));
  return value;
}

std::unique_ptr<store::Cursor> AppendedTables::cursor(store::Family family,
                                                      std::string_view end) const {
  auto cursor = tables_.cursor(family, end);
  if (family != store::Family::kEvents) return cursor;
  return std::make_unique<AppendedCursor>(tables_, std::move(cursor));
}

std::optional<DiskTables::Place> DiskTables::any_value(store::Family family, Dice& dice) const {
  const Table& table = tables_[static_cast<std::size_t>(family)];
  if (table.empty()) return std::nullopt;
  return std::next(table.begin(), static_cast<std::ptrdiff_t>(dice.below(table.size())))->second;
}

}  // namespace syncline::sim
