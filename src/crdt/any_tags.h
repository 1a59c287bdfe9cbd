// The tag bytes of lib0's `any` encoding; crdt/packed.h describes it.
#pragma once

#include <cstdint>

namespace syncline::crdt {

inline constexpr std::uint8_t kAnyUndefined = 127;
inline constexpr std::uint8_t kAnyNull = 126;
inline constexpr std::uint8_t kAnyInteger = 125;
inline constexpr std::uint8_t kAnyFloat32 = 124;
inline constexpr std::uint8_t kAnyFloat64 = 123;
inline constexpr std::uint8_t kAnyBigInt = 122;
inline constexpr std::uint8_t kAnyFalse = 121;
inline constexpr std::uint8_t kAnyTrue = 120;
inline constexpr std::uint8_t kAnyString = 119;
inline constexpr std::uint8_t kAnyObject = 118;
inline constexpr std::uint8_t kAnyArray = 117;
inline constexpr std::uint8_t kAnyBytes = 116;

}  // namespace syncline::crdt
