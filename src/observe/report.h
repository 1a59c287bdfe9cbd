// Reports: what rooms say to the operator. A report has a level, an area, a message and fields.
//
// Rooms do no I/O. They get a Sink and pass reports to it; the process decides what becomes of
// them. A test or the simulator passes a sink of its own, or none.
//
// What a report may contain: messages and keys are constants of the source code. Values are numbers,
// names, addresses, and reasons of errors. A report never contains the content of a document, a
// token, or the query of a URL. The sink also removes tokens that it knows (observe/secrets.h), so
// a mistake here does not show one.
//
//   report_.info("session refused", {{"workspace", name}, {"reason", error.message}});
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace syncline::observe {

// From severe to talkative.
enum class Level : std::uint8_t {
  kError,  // somebody has to act
  kWarn,   // something went wrong, or is slow; the server continues
  kInfo,   // what an operator wants to read later
  kDebug,  // what is needed to find out why a client has trouble
};

enum class Area : std::uint8_t {
  kServer,     // start, stop, loops
  kNet,        // connections, TLS
  kSession,    // clients of documents
  kWorkspace,  // workspaces and their objects
  kStore,      // the disk
  kApi,        // HTTP requests, imports, backups
};
inline constexpr std::size_t kAreas = 6;
inline constexpr std::size_t kLevels = 4;

std::string_view to_string(Level level);
std::string_view to_string(Area area);

// A string that is known when the program is compiled. So it lives for ever, and holds nothing that
// a client sent.
class Constant {
 public:
  consteval Constant(const char* text) : text_(text) {}  // implicit: a literal is one
  constexpr std::string_view view() const { return text_; }

 private:
  const char* text_;
};

// A key and its value. A text must live as long as the call that reports it.
struct Field {
  using Value = std::variant<std::string_view, std::uint64_t, double, bool>;

  Field(Constant name, std::string_view text) : key(name), value(text) {}
  Field(Constant name, const std::string& text) : key(name), value(std::string_view(text)) {}
  Field(Constant name, const char* text) : key(name), value(std::string_view(text)) {}
  Field(Constant name,
        std::unsigned_integral auto number) requires(!std::same_as<decltype(number), bool>)
      : key(name), value(std::uint64_t{number}) {}
  Field(Constant name, double number) : key(name), value(number) {}
  Field(Constant name, std::same_as<bool> auto yes) : key(name), value(yes) {}

  Constant key;
  Value value;
};

struct Report {
  Level level;
  Area area;
  Constant message;
  std::span<const Field> fields = {};
};

// Where reports go. Thread-safety: any thread may call it. It never blocks: a sink that cannot keep
// up drops reports, and counts them.
class Sink {
 public:
  virtual ~Sink() = default;
  // False: such a report would be dropped, so it need not be made.
  virtual bool wants(Level level, Area area) const = 0;
  virtual void report(const Report& report) = 0;
};

// Reports of one area. A plain value; the sink must outlive it. Without a sink, it says nothing.
class Reporter {
 public:
  Reporter() = default;
  Reporter(Sink* sink, Area area) : sink_(sink), area_(area) {}

  using Fields = std::initializer_list<Field>;
  void error(Constant message, Fields fields = {}) const { say(Level::kError, message, fields); }
  void warn(Constant message, Fields fields = {}) const { say(Level::kWarn, message, fields); }
  void info(Constant message, Fields fields = {}) const { say(Level::kInfo, message, fields); }
  void debug(Constant message, Fields fields = {}) const { say(Level::kDebug, message, fields); }

  // A field "workspace" with a name within the server (base/qualified_name.h) becomes two: that, with the public
  // name, and "tenant".
  void say(Level level, Constant message, Fields fields = {}) const {
    if (wants(level)) pass_on({level, area_, message, {fields.begin(), fields.size()}});
  }
  bool wants(Level level) const { return sink_ != nullptr && sink_->wants(level, area_); }

 private:
  void pass_on(const Report& report) const;

  Sink* sink_ = nullptr;
  Area area_ = Area::kServer;
};

}  // namespace syncline::observe
