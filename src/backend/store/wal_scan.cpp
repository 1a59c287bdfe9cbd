#include "backend/store/wal_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <fstream>

#include "base/crc32c.h"
#include "syncline/bytes.h"

namespace syncline::backend::store {
namespace {

constexpr std::size_t kBlockBytes = 32768;
constexpr std::size_t kHeaderBytes = 7;
constexpr std::size_t kRecyclableHeaderBytes = 11;

enum RecordType : std::uint8_t {
  kZero = 0,
  kFull = 1,
  kFirst = 2,
  kMiddle = 3,
  kLast = 4,
  kRecyclableFull = 5,  // 5 to 8: the same four types, with the log's number in the header
  kRecyclableLast = 8,
};

std::uint32_t little_endian(ByteView bytes) {
  std::uint32_t value = 0;
  for (std::size_t index = bytes.size(); index > 0; --index) value = value << 8 | bytes[index - 1];
  return value;
}

// The CRC is stored rotated and with an offset, because CRCs of data that contains CRCs are weak.
std::uint32_t masked(std::uint32_t crc) {
  return std::rotr(crc, 15) + 0xa282ead8u;
}

struct Fragment {
  enum class State { kGood, kPadding, kCut, kBad };

  State state = State::kBad;
  std::uint8_t type = 0;  // kFull … kLast; other types are metadata
  std::size_t bytes = 0;  // with its header
};

// Reads the fragment at the start of `rest`, the remainder of a block. `last`: the file ends with
// this block.
Fragment read_fragment(ByteView rest, bool last) {
  const auto cut = last ? Fragment::State::kCut : Fragment::State::kBad;
  if (rest.size() < kHeaderBytes) {
    const bool zero = std::ranges::all_of(rest, [](std::uint8_t byte) { return byte == 0; });
    return {zero ? Fragment::State::kPadding : cut, 0, rest.size()};
  }
  const std::size_t length = little_endian(rest.subspan(4, 2));
  std::uint8_t type = rest[6];
  if (type == kZero && length == 0) return {Fragment::State::kPadding, 0, rest.size()};
  const bool recyclable = type >= kRecyclableFull && type <= kRecyclableLast;
  const std::size_t header = recyclable ? kRecyclableHeaderBytes : kHeaderBytes;
  if (header + length > rest.size()) return {cut, type, rest.size()};
  if (masked(crc32c(rest.subspan(6, header - 6 + length))) != little_endian(rest.first(4)))
    return {Fragment::State::kBad, type, header + length};
  if (recyclable) type -= kRecyclableFull - kFull;
  return {Fragment::State::kGood, type, header + length};
}

// True if whole fragments follow in `rest`, at whose start the file seems to be cut off. Then the
// file is not cut off: a damaged length can also reach past the end of the file, as the length of
// an interrupted write does.
bool holds_fragments(ByteView rest) {
  for (std::size_t offset = 1; offset + kHeaderBytes < rest.size(); ++offset) {
    const std::uint8_t type = rest[offset + 6];
    if (type == kZero || type > kRecyclableLast) continue;
    if (read_fragment(rest.subspan(offset), true).state == Fragment::State::kGood) return true;
  }
  return false;
}

// Reads blocks in order. Returns at the first thing that is not a good fragment.
WalScan::End scan_blocks(std::ifstream& in, WalScan& scan) {
  std::array<std::uint8_t, kBlockBytes> block;
  bool within = false;  // a batch has begun and not ended
  for (std::uint64_t start = 0; start < scan.file_bytes; start += kBlockBytes) {
    const auto size = std::min<std::uint64_t>(kBlockBytes, scan.file_bytes - start);
    in.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(size));
    if (!in) return WalScan::End::kDamaged;
    const bool last = start + size == scan.file_bytes;
    for (std::size_t offset = 0; offset < size;) {
      const ByteView rest = ByteView(block).subspan(offset, size - offset);
      const Fragment fragment = read_fragment(rest, last);
      if (fragment.state == Fragment::State::kCut) {
        scan.buried = holds_fragments(rest);
        return scan.buried ? WalScan::End::kDamaged : WalScan::End::kTorn;
      }
      if (fragment.state == Fragment::State::kBad) return WalScan::End::kDamaged;
      offset += fragment.bytes;
      if (fragment.state == Fragment::State::kPadding) continue;
      within = fragment.type == kFirst || fragment.type == kMiddle;
      if (within) continue;
      scan.good_bytes = start + offset;
      if (fragment.type == kFull || fragment.type == kLast) ++scan.batches;
    }
  }
  return within ? WalScan::End::kTorn : WalScan::End::kClean;
}

}  // namespace

Result<WalScan> scan_wal(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return fail(ErrorCode::kIo, fmt::format("cannot read {}", path));
  WalScan scan{.path = path, .file_bytes = static_cast<std::uint64_t>(in.tellg())};
  in.seekg(0);
  scan.end = scan_blocks(in, scan);
  return scan;
}

std::vector<std::string> list_wals(const std::string& rocksdb_dir) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(rocksdb_dir, error))
    if (entry.path().extension() == ".log") paths.push_back(entry.path().string());
  std::ranges::sort(paths);  // names are numbers of equal width
  return paths;
}

}  // namespace syncline::backend::store
