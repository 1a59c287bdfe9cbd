#include "state/blame.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/utf8.h"
#include "merge/facets.h"
#include "state/author_reading.h"
#include "state/object_replay.h"

namespace syncline::state {
namespace {

using crdt::Clock;

class Blaming : public std::enable_shared_from_this<Blaming> {
 public:
  Blaming(const ReplaySources& sources, std::string workspace, std::string object, log::Position at,
          log::Done<std::unique_ptr<BlameReader>> done)
      : sources_(sources),
        workspace_(std::move(workspace)),
        object_(std::move(object)),
        at_(at),
        done_(std::move(done)) {}

  void start() {
    replay_object(sources_, workspace_, object_, at_,
                  [self = shared_from_this()](auto replayed) { self->begin(std::move(replayed)); });
  }

 private:
  void begin(Result<ReplayedObject> replayed) {
    if (!replayed) return done_(std::unexpected(std::move(replayed.error())));
    if (replayed->position == 0)
      return done_(
          fail(ErrorCode::kNotFound, fmt::format("there was no object {} at {}", object_, at_)));
    position_ = replayed->position;
    texts_ = merge::attributed_texts(*replayed->object);
    charge_ = std::move(replayed->charge);  // they are about as large
    read_authors(sources_,
                 {workspace_, object_, replayed->object->type(), replayed->generation, position_},
                 [self = shared_from_this()](auto kept) { self->finish(std::move(kept)); });
  }

  void finish(Result<std::shared_ptr<const AuthorIndexes::Kept>> kept) {
    charge_.set(0);  // whoever sends them charges them
    if (!kept) return done_(std::unexpected(std::move(kept.error())));
    done_(std::make_unique<BlameReader>(position_, std::move(texts_), std::move(*kept)));
  }

  const ReplaySources sources_;
  const std::string workspace_;
  const std::string object_;
  const log::Position at_;
  log::Done<std::unique_ptr<BlameReader>> done_;
  log::Position position_ = 0;
  std::vector<merge::AttributedText> texts_;
  MemoryCharge charge_;
};

}  // namespace

BlameReader::BlameReader(log::Position position, std::vector<merge::AttributedText> texts,
                         std::shared_ptr<const AuthorIndexes::Kept> kept)
    : position_(position), texts_(std::move(texts)), kept_(std::move(kept)) {
  for (const merge::AttributedText& text : texts_) {
    bytes_ += sizeof(text) + text.path.size() + text.runs.capacity() * sizeof(merge::TextRun);
    for (const merge::TextRun& run : text.runs) bytes_ += run.text.size();
  }
  // One that was too large to be kept is only here.
  if (kept_.use_count() == 1) bytes_ += kept_->index.memory_bytes();
}

// Several events may have written a run of one client.
AuthorIndex::Found BlameReader::found() const {
  const merge::TextRun& run = texts_[text_].runs[run_];
  return kept_->index.find(run.client, run.clock + done_, run.clock + run.length);
}

BlamedRun BlameReader::next() {
  const AuthorIndex::Found first = found();
  BlamedRun told{.position = first.author.position, .accepted_ms = first.author.accepted_ms};
  if (first.author.position != 0) {
    told.principal = *first.author.principal;
    told.actor = *first.author.actor;
  }
  const std::size_t text = text_;
  for (AuthorIndex::Found more = first; more.author.position == told.position; more = found()) {
    add_to(told, more);
    if (text_ != text) break;
  }
  return told;
}

void BlameReader::add_to(BlamedRun& told, const AuthorIndex::Found& found) {
  merge::AttributedText& text = texts_[text_];
  const merge::TextRun& run = text.runs[run_];
  const std::string_view rest = std::string_view(run.text).substr(done_bytes_);
  const Clock end = found.end - run.clock;
  bool inside = false;
  const std::size_t bytes =
      end == run.length ? rest.size() : utf16_offset(rest, end - done_, inside);
  told.text += rest.substr(0, bytes);
  done_ = end;
  done_bytes_ += bytes;
  if (done_ < run.length) return;
  done_ = done_bytes_ = 0;
  if (++run_ < text.runs.size()) return;
  run_ = 0;
  text.runs = {};
  ++text_;
}

void open_blame(const ReplaySources& sources, std::string workspace, std::string object,
                log::Position at, log::Done<std::unique_ptr<BlameReader>> done) {
  std::make_shared<Blaming>(sources, std::move(workspace), std::move(object), at, std::move(done))
      ->start();
}

void blame_object(const ReplaySources& sources, std::string workspace, std::string object,
                  log::Position at, log::Done<Blame> done) {
  open_blame(sources, std::move(workspace), std::move(object), at,
             [done = std::move(done)](Result<std::unique_ptr<BlameReader>> opened) mutable {
               if (!opened) return done(std::unexpected(std::move(opened.error())));
               BlameReader& reader = **opened;
               Blame blame{reader.position(), {}};
               while (!reader.at_end()) {
                 const std::size_t text = reader.text();
                 BlamedText told{reader.path(), {}};
                 while (!reader.at_end() && reader.text() == text)
                   told.runs.push_back(reader.next());
                 blame.texts.push_back(std::move(told));
               }
               done(std::move(blame));
             });
}

}  // namespace syncline::state
