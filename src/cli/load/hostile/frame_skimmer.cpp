#include "cli/load/hostile/frame_skimmer.h"

#include <algorithm>

namespace syncline::cli {

std::optional<FrameSkimmer::Message> FrameSkimmer::next(ByteView& input) {
  if (reported_) {
    Partial& last = current();
    last.beginning.clear();
    last.size = 0;
    reported_ = false;
  }
  for (;;) {
    if (!in_frame_ && !take_header(input)) return std::nullopt;
    Partial& message = current();
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    const std::size_t kept = std::min(piece, kKept - message.beginning.size());
    message.beginning.insert(message.beginning.end(), input.begin(),
                             input.begin() + static_cast<std::ptrdiff_t>(kept));
    message.size += piece;
    left_ -= piece;
    input = input.subspan(piece);
    if (left_ > 0) return std::nullopt;
    in_frame_ = false;
    if (!final_) continue;
    reported_ = true;
    return Message{message.opcode, message.beginning, message.size};
  }
}

bool FrameSkimmer::take_header(ByteView& input) {
  const auto need = [this]() -> std::size_t {
    if (header_size_ < 2) return 2;
    const std::uint8_t length = header_[1] & 0x7f;
    const std::size_t mask = (header_[1] & 0x80) != 0 ? 4 : 0;
    return 2 + mask + (length == 126 ? 2 : length == 127 ? 8 : 0);
  };
  while (header_size_ < need()) {
    if (input.empty()) return false;
    header_[header_size_++] = input.front();
    input = input.subspan(1);
  }
  left_ = header_[1] & 0x7f;
  if (left_ >= 126) {
    const std::size_t bytes = left_ == 126 ? 2 : 8;
    left_ = 0;
    for (std::size_t i = 0; i < bytes; ++i) left_ = left_ << 8 | header_[2 + i];
  }
  final_ = (header_[0] & 0x80) != 0;
  frame_opcode_ = header_[0] & 0x0f;
  if (frame_opcode_ != 0) current().opcode = frame_opcode_;
  header_size_ = 0;
  in_frame_ = true;
  return true;
}

}  // namespace syncline::cli
