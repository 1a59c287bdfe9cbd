// Levels: which reports are wanted, for each area. As text: "info", or "warn,net=debug,store=info".
//
// A level alone sets all areas; AREA=LEVEL sets one. The parts apply from left to right.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "observe/report.h"
#include "syncline/error.h"

namespace syncline::observe {

class Levels {
 public:
  explicit Levels(Level all = Level::kInfo) { most_.fill(all); }

  // These levels with the changes that `text` makes. kInvalid: names what is no level or no area.
  Result<Levels> changed(std::string_view text) const;

  void set(Area area, Level level) { most_[static_cast<std::size_t>(area)] = level; }
  Level of(Area area) const { return most_[static_cast<std::size_t>(area)]; }
  bool wants(Level level, Area area) const { return level <= of(area); }

  bool operator==(const Levels&) const = default;

 private:
  std::array<Level, kAreas> most_;
};

// The shortest text that makes these levels of any others.
std::string to_string(const Levels& levels);

// The levels of a running process. Thread-safety: any thread.
class LevelSwitch {
 public:
  virtual ~LevelSwitch() = default;
  virtual Levels levels() const = 0;
  virtual void set_levels(const Levels& levels) = 0;
};

}  // namespace syncline::observe
