#include "state/retention_view.h"

#include <memory>
#include <utility>

#include "state/retention_run.h"

namespace syncline::state {
namespace {

class Viewing : public std::enable_shared_from_this<Viewing> {
 public:
  Viewing(const ReplaySources& sources, std::string workspace, log::Done<RetentionView> done)
      : sources_(sources),
        store_(sources.store),
        workspace_(std::move(workspace)),
        done_(std::move(done)) {}

  void start(std::uint64_t unix_ms) {
    store_.events().head(workspace_, [self = shared_from_this(), unix_ms](Result<log::Head> head) {
      if (head && head->last_position == 0)
        head = fail(ErrorCode::kNotFound, "there is no workspace " + self->workspace_);
      if (!head) return self->done_(std::unexpected(std::move(head.error())));
      self->load(unix_ms);
    });
  }

 private:
  void load(std::uint64_t unix_ms) {
    store_.retention().load_retention(workspace_, [self = shared_from_this(),
                                                   unix_ms](auto retention) {
      if (!retention) return self->done_(std::unexpected(std::move(retention.error())));
      self->view_.retention = std::move(*retention);
      find_floor(self->sources_, self->workspace_, unix_ms, [self](Result<log::Position> floor) {
        if (!floor) return self->done_(std::unexpected(std::move(floor.error())));
        self->view_.rule_says = *floor;
        self->read_record(0);
      });
    });
  }

  // Reads all pages of the record, because only its end is needed.
  void read_record(std::uint64_t after) {
    store_.retention().list_retention(
        workspace_, after, kRecordShown, [self = shared_from_this()](auto page) {
          if (!page) return self->done_(std::unexpected(std::move(page.error())));
          auto& record = self->view_.record;
          const bool last = page->size() < kRecordShown;
          record.insert(record.end(), page->begin(), page->end());
          if (record.size() > kRecordShown)
            record.erase(record.begin(), record.end() - std::ptrdiff_t{kRecordShown});
          if (last) return self->done_(std::move(self->view_));
          self->read_record(record.back().number);
        });
  }

  const ReplaySources& sources_;
  log::LoopStore& store_;
  const std::string workspace_;
  log::Done<RetentionView> done_;
  RetentionView view_;
};

}  // namespace

void view_retention(const ReplaySources& sources, std::string workspace, std::uint64_t unix_ms,
                    log::Done<RetentionView> done) {
  std::make_shared<Viewing>(sources, std::move(workspace), std::move(done))->start(unix_ms);
}

}  // namespace syncline::state
