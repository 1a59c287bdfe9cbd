#include "sim/uploader.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/percent.h"
#include "sim/invariants.h"
#include "sim/page.h"
#include "sim/rights.h"

namespace syncline::sim {
namespace {

constexpr std::string_view kTusLines = "Tus-Resumable: 1.0.0\r\n";

// It comes over a network: each piece takes a while, and the rest may never come.
constexpr std::size_t kPieceBytes = 64 * 1024;

}  // namespace

// A body that comes piece by piece, and breaks off after `whole` bytes if that is less than all.
class Uploader::Body final : public http::BodySource {
 public:
  Body(World& world, std::weak_ptr<const int> alive, std::string bytes, std::size_t whole,
       std::uint64_t piece_us, Dice dice)
      : world_(world),
        alive_(std::move(alive)),
        bytes_(std::move(bytes)),
        whole_(whole),
        piece_us_(piece_us),
        dice_(dice) {}

  void next(std::size_t bytes, std::move_only_function<void(http::BodyPiece)> done) override {
    const std::size_t count = std::min(bytes, whole_ - at_);
    http::BodyPiece piece{bytes_.substr(at_, count)};
    at_ += count;
    if (at_ == whole_)
      piece.end = whole_ == bytes_.size() ? http::BodyPiece::kEnd : http::BodyPiece::kBroken;
    const std::uint64_t delay_us =
        1 + dice_.wait(static_cast<double>(piece_us_ * (1 + count / kPieceBytes)));
    world_.timeline.after(
        delay_us, [alive = alive_, piece = std::move(piece), done = std::move(done)]() mutable {
          if (!alive.expired()) done(std::move(piece));
        });
  }
  std::optional<std::uint64_t> length() const override { return bytes_.size(); }

 private:
  World& world_;
  const std::weak_ptr<const int> alive_;  // expires with the process
  const std::string bytes_;
  const std::size_t whole_;
  const std::uint64_t piece_us_;
  Dice dice_;
  std::size_t at_ = 0;
};

Uploader::Uploader(World& world, Server& server, const Contents& contents, std::string object,
                   std::uint64_t every_us)
    : world_(world),
      server_(server),
      contents_(contents),
      object_(std::move(object)),
      every_us_(every_us),
      user_(world, server, std::string(Rights::kOperator)),
      dice_(world.dice.fork("uploader " + object_)) {}

std::string Uploader::files_target() const {
  return fmt::format("{}/files/{}", workspace_target(kWorkspace), percent_encode(object_));
}

std::string Uploader::uploads_target() const {
  return fmt::format("{}/uploads/{}", workspace_target(kWorkspace), percent_encode(object_));
}

void Uploader::broken(std::string_view what) {
  world_.violated(kFiles, fmt::format("{}/{}: {}", kWorkspace, object_, what));
}

void Uploader::refused(std::string_view what, const ApiUser::Answer& answer) {
  broken(fmt::format("{} was answered {} {}", what, answer.status, answer.message()));
}

// ---- asking

// Who fails asks again; whoever has no answer looks what came of it.
void Uploader::ask(ApiUser::Question question, Then then) {
  user_.ask(std::move(question),
            request_.begin([then = std::move(then)](const ApiUser::Answer& answer) mutable {
              if (answer.status < 500) then(answer);
            }));
}

void Uploader::fetch(
    std::string target, std::string headers,
    std::move_only_function<void(const ApiUser::Answer&, const std::string&)> then) {
  auto page = std::make_shared<Page>();
  ask({.target = std::move(target), .headers = std::move(headers), .reader = page},
      [this, page, then = std::move(then)](const ApiUser::Answer& answer) mutable {
        if (server_.process() == nullptr) return;
        if (!answer.whole) return broken("what is served breaks off");
        then(answer, page->body);
      });
}

void Uploader::recovered() {
  ++lives_;
  reading_together_ = false;
  request_.forget();
  if (upload_) upload_->ask_first = true;
}

void Uploader::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this] {
    act();
    act_later();
  });
}

void Uploader::act() {
  if (server_.process() == nullptr || request_.under_way()) return;
  if (doubt_) return look();
  if (upload_) return go_on();
  if (stopped_) return;
  const double what = dice_.unit();
  if (what < 0.30) return put();
  if (what < 0.50) return begin_upload();
  if (what < 0.75) return read();
  if (what < 0.88) return read_past();
  remove();
}

std::string Uploader::why_not() const {
  if (doubt_) return object_ + " has no answer";
  if (upload_) return object_ + " is being uploaded";
  return {};
}

// ---- writing

void Uploader::take_version(std::size_t content, log::Position position) {
  present_ = content;
  versions_[position] = content;
}

void Uploader::put() {
  const std::size_t content = dice_.below(contents_.size());
  const std::string& text = text_of(content);
  const bool breaks = dice_.chance(0.15) && !text.empty();
  const std::size_t whole = breaks ? dice_.below(text.size()) : text.size();
  const std::uint64_t piece_us = dice_.scale(100, kSecond / 20);
  ever_.insert(content);
  if (!breaks) doubt_ = Doubt{.content = content};
  ask({.method = "PUT",
       .target = files_target(),
       .headers = "Content-Type: application/octet-stream\r\n",
       .source = std::make_shared<Body>(world_, server_.process()->alive, text, whole, piece_us,
                                        dice_.fork("body", request_.count()))},
      [this, content, breaks](const ApiUser::Answer& answer) {
        if (breaks && !answer.ok()) return world_.hit(Probe::file_put_broken);
        if (breaks) return broken("a body that broke off is a version");
        if (!answer.ok()) return refused("a version", answer);
        doubt_.reset();
        const crdt::Any* changed = answer.json.find("changed");
        world_.hit(Probe::file_put);
        if (changed != nullptr && *changed == crdt::Any(true))
          return take_version(content, number_in(answer.json, "position"));
        if (present_ != content) return broken("a new version is said to be no change");
        world_.hit(Probe::file_unchanged);
      });
}

// ---- uploads by tus

void Uploader::begin_upload() {
  // The first one is empty: it would be complete at once.
  const std::size_t content = 1 + dice_.below(contents_.size() - 1);
  ever_.insert(content);
  ask({.method = "POST",
       .target = uploads_target(),
       .headers = fmt::format("{}Upload-Length: {}\r\n", kTusLines, text_of(content).size())},
      [this, content](const ApiUser::Answer& answer) {
        if (!answer.ok()) return refused("the beginning of an upload", answer);
        const std::string place = answer.header("Location");
        const std::size_t at = place.find("upload=");
        if (at == place.npos) return broken("an upload has no address");
        upload_ = Upload{.id = place.substr(at + 7), .content = content};
      });
}

void Uploader::go_on() {
  if (upload_->ask_first) return look_at_upload();
  const bool gives_up = dice_.chance(stopped_ ? 0.2 : 0.04);
  gives_up ? give_up() : send_more();
}

void Uploader::look_at_upload() {
  ask({.target = fmt::format("{}?upload={}", uploads_target(), upload_->id),
       .headers = std::string(kTusLines)},
      [this](const ApiUser::Answer& answer) {
        if (answer.status == 423 || answer.status == 409) return;  // it asks again
        if (!answer.ok()) return refused("how far an upload is", answer);
        const std::uint64_t offset = answer.number("Upload-Offset");
        if (offset < upload_->durable || offset > upload_->sent)
          return broken(fmt::format("an upload has {} bytes; it had {}, and {} were sent", offset,
                                    upload_->durable, upload_->sent));
        if (upload_->durable > 0 || offset > 0) world_.hit(Probe::upload_resumed);
        upload_->durable = upload_->sent = offset;
        upload_->ask_first = false;
        if (offset == text_of(upload_->content).size()) upload_is_over(answer);
      });
}

// The event may have come before, by a request that was not answered. Then nobody says its position.
void Uploader::upload_is_over(const ApiUser::Answer& answer) {
  world_.hit(Probe::upload_completed);
  const std::size_t content = upload_->content;
  upload_.reset();
  const log::Position position = answer.number("Syncline-Position");
  if (position == 0) {
    doubt_ = Doubt{.content = content};
    return;
  }
  if (present_ != content) return take_version(content, position);
}

void Uploader::send_more() {
  const std::string& text = text_of(upload_->content);
  const std::size_t left = text.size() - upload_->durable;
  const std::size_t count = dice_.chance(0.5) ? left : 1 + dice_.below(left);
  const bool breaks = dice_.chance(0.2);
  const std::size_t whole = breaks ? dice_.below(count) : count;
  const std::uint64_t piece_us = dice_.scale(100, kSecond / 20);
  upload_->sent = upload_->durable + whole;
  upload_->ask_first = true;  // unless it is answered
  ask({.method = "PATCH",
       .target = fmt::format("{}?upload={}", uploads_target(), upload_->id),
       .headers =
           fmt::format("{}Content-Type: application/offset+octet-stream\r\nUpload-Offset: {}\r\n",
                       kTusLines, upload_->durable),
       .source = std::make_shared<Body>(world_, server_.process()->alive,
                                        text.substr(upload_->durable, count), whole, piece_us,
                                        dice_.fork("body", request_.count()))},
      [this, whole, total = text.size()](const ApiUser::Answer& answer) {
        if (answer.status == 409 || answer.status == 423) return;  // it asks how far it is
        if (!answer.ok()) return refused("a part of an upload", answer);
        const std::uint64_t offset = answer.number("Upload-Offset");
        if (offset != upload_->durable + whole)
          return broken(fmt::format("{} bytes came, and the upload has {}",
                                    upload_->durable + whole, offset));
        upload_->durable = offset;
        upload_->ask_first = false;
        if (offset == total) upload_is_over(answer);
      });
}

void Uploader::give_up() {
  ask({.method = "DELETE",
       .target = fmt::format("{}?upload={}", uploads_target(), upload_->id),
       .headers = std::string(kTusLines)},
      [this](const ApiUser::Answer& answer) {
        if (answer.status == 423) return;
        if (!answer.ok() && answer.status != 404) return refused("giving up an upload", answer);
        world_.hit(Probe::upload_given_up);
        // Its last byte may have come in a request that was not answered.
        doubt_ = Doubt{.content = upload_->content};
        upload_.reset();
      });
}

// ---- deleting

void Uploader::end_generation(bool erases) {
  if (!erases)
    for (const auto& [position, content] : versions_) hidden_.insert(content);
  present_.reset();
  versions_.clear();
}

void Uploader::remove() {
  if (!present_) return;
  const bool erase = dice_.chance(0.7);
  doubt_ = Doubt{.removed = true};
  ++removals_;
  ask({.method = "DELETE",
       .target = object_target(kWorkspace, object_) + (erase ? "?erase=now" : "?reason=test")},
      [this, erase](const ApiUser::Answer& answer) {
        if (!answer.ok()) return refused("a deletion", answer);
        doubt_.reset();
        if (erase) world_.hit(Probe::file_erased);
        end_generation(erase);
      });
}

// ---- reading

void Uploader::read() {
  if (!present_) {
    return fetch(files_target(), {}, [this](const ApiUser::Answer& answer, const std::string&) {
      if (answer.status != 404 && answer.status != 410)
        refused("reading what is not there", answer);
    });
  }
  const std::string& text = text_of(*present_);
  const bool whole = dice_.chance(0.3) || text.empty();
  const std::size_t first = whole ? 0 : dice_.below(text.size());
  const std::size_t last = whole ? text.size() : first + dice_.below(text.size() - first);
  std::string range = whole ? std::string() : fmt::format("Range: bytes={}-{}\r\n", first, last);
  fetch(files_target(), std::move(range),
        [this, whole, first, last](const ApiUser::Answer& answer, const std::string& body) {
          if (answer.status != (whole ? 200 : 206)) return refused("reading", answer);
          const std::string& now = text_of(*present_);
          if (body != (whole ? now : now.substr(first, last - first + 1)))
            return broken("other bytes are served than those of the present version");
          world_.hit(whole ? Probe::file_read : Probe::file_range_read);
        });
}

// A version stays as long as its payload does, and nothing drops any here.
void Uploader::read_past() {
  if (versions_.empty()) return;
  const auto& [position, content] =
      *std::next(versions_.begin(), static_cast<std::ptrdiff_t>(dice_.below(versions_.size())));
  fetch(fmt::format("{}?at={}", files_target(), position), {},
        [this, content](const ApiUser::Answer& answer, const std::string& body) {
          if (answer.status != 200) return refused("reading a past version", answer);
          if (body != text_of(content)) return broken("other bytes are served than those of then");
          world_.hit(Probe::file_past_read);
        });
}

// Whatever happens meanwhile, it is one version as a whole, unless the file was deleted.
void Uploader::read_together() {
  if (server_.process() == nullptr || std::exchange(reading_together_, true)) return;
  auto page = std::make_shared<Page>();
  user_.ask({.target = files_target(), .reader = page},
            [this, page, life = lives_, removals = removals_](const ApiUser::Answer& answer) {
              if (life != lives_ || server_.process() == nullptr) return;
              reading_together_ = false;
              if (answer.status != 200) return;
              const bool is_one = std::ranges::any_of(ever_, [&](std::size_t content) {
                const std::string& text = text_of(content);
                return answer.whole ? text == page->body : text.starts_with(page->body);
              });
              // What was deleted meanwhile ends within it.
              if (!is_one || (!answer.whole && removals == removals_))
                return broken("bytes are served that are no version");
              world_.hit(Probe::file_read_together);
            });
}

// ---- what became of a request that was not answered

void Uploader::look() {
  fetch(files_target(), {},
        [this](const ApiUser::Answer& answer, const std::string& body) { found(answer, body); });
}

void Uploader::found(const ApiUser::Answer& answer, const std::string& body) {
  const Doubt doubt = *doubt_;
  if (answer.status == 404 || answer.status == 410) {
    if (present_ && !doubt.removed) return refused("reading", answer);
    doubt_.reset();
    if (present_) end_generation(false);
    return;
  }
  if (answer.status != 200) return refused("looking", answer);
  const bool is_new = doubt.content && body == text_of(*doubt.content);
  const bool is_old = present_ && body == text_of(*present_);
  if (!is_new && !is_old)
    return broken("what is served is neither the version before nor the new one");
  doubt_.reset();
  const log::Position position = answer.number("Syncline-Position");
  if (is_new && !versions_.contains(position)) take_version(*doubt.content, position);
}

void Uploader::add_needed(std::set<std::size_t>& needed, std::set<std::size_t>& allowed) const {
  const bool may_be_gone = doubt_ && doubt_->removed;
  for (const auto& [position, content] : versions_)
    (may_be_gone ? allowed : needed).insert(content);
  allowed.insert(hidden_.begin(), hidden_.end());
}

}  // namespace syncline::sim
