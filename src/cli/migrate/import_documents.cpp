#include "cli/migrate/import_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "base/percent.h"
#include "base/utf8.h"
#include "cli/data/progress_bar.h"
#include "cli/table.h"
#include "identity/names.h"
#include "migrate/document.h"
#include "migrate/update_pieces.h"

namespace syncline::cli {
namespace {

using migrate::Document;

// A server takes a body of 1 MiB at most.
constexpr std::size_t kMaxPieceBytes = 1'000'000;

std::string random_word() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

class DocumentImport {
 public:
  DocumentImport(DocumentSource& source, Api& api, const DocumentPlan& plan)
      : source_(source), api_(api), plan_(plan) {}

  // Errors are of this document.
  Result<void> bring(const std::string& name, DocumentResult& result) {
    if (auto ok = identity::check_object_id(plan_.prefix + name); !ok) return ok;
    auto updates = source_.read(name);
    if (!updates) return std::unexpected(std::move(updates.error()));
    auto document = migrate::document_of(*updates, plan_.keep_deleted);
    if (!document) return std::unexpected(std::move(document.error()));
    updates->clear();
    result.bytes = document->state.size();
    if (document->empty() && document->waits.empty()) {
      result.came = Came::kEmpty;
      return {};
    }
    if (auto ok = compare_and_send(*document, result); !ok) return ok;
    if (document->waits.empty()) return {};
    result.came = Came::kIncomplete;
    result.note = document->waits;
    return {};
  }

 private:
  // What the workspace has of an object; empty if there is none.
  Result<Document> target_of(const std::string& object) {
    auto update = api_.object_update(plan_.workspace, object, "");
    if (!update && update.error().code == ErrorCode::kNotFound) return Document{};
    if (!update) return std::unexpected(std::move(update.error()));
    const migrate::StoredUpdates whole{{std::move(*update)}};
    return migrate::document_of(whole);
  }

  Result<void> compare_and_send(const Document& document, DocumentResult& result) {
    const auto target = target_of(result.object);
    if (!target) return std::unexpected(target.error());
    if (target->empty())
      if (auto ok = identity::check_new_object_id(result.object); !ok) return ok;
    if (migrate::contains(*target, document)) {
      result.came = Came::kEqual;
      return compare(document, *target, result);
    }
    if (!migrate::contains(document, *target) && !plan_.merge)
      return fail(ErrorCode::kConflict,
                  "the object has other changes: choose another --prefix, or join both with "
                  "--merge");
    result.came = Came::kImported;
    const auto pieces = migrate::cut_update(document.state, {.from = target->known,
                                                             .deleted = target->deleted,
                                                             .to = document.known,
                                                             .max_bytes = kMaxPieceBytes});
    if (!pieces) return std::unexpected(pieces.error());
    if (plan_.dry_run) return {};
    for (const Bytes& piece : *pieces) {
      if (auto ok = send(result.object, piece); !ok) return ok;
      ++result.changes;
    }
    const auto now = target_of(result.object);
    if (!now) return std::unexpected(now.error());
    return compare(document, *now, result);
  }

  // Sets `came` to kMerged if the object has more and may have it.
  Result<void> compare(const Document& document, const Document& target, DocumentResult& result) {
    if (plan_.merge && migrate::contains(target, document) &&
        !migrate::contains(document, target)) {
      result.came = Came::kMerged;
      return {};
    }
    const auto shown = api_.object(plan_.workspace, result.object, "", {});
    if (!shown) return std::unexpected(shown.error());
    const auto json = crdt::from_json(shown->json);
    if (!json) return std::unexpected(json.error());
    const std::string difference = migrate::difference(document, target, *json);
    if (!difference.empty())
      return fail(ErrorCode::kConflict, "compared afterwards: " + difference);
    return {};
  }

  Result<void> send(const std::string& object, ByteView piece) {
    const std::string key = fmt::format("import:{}-{}", run_, ++sent_);
    const auto waits = api_.change_object(plan_.workspace, object, piece, key);
    if (!waits) return std::unexpected(waits.error());
    if (*waits)
      return fail(ErrorCode::kConflict, "a part waits for changes that the server does not have");
    return {};
  }

  DocumentSource& source_;
  Api& api_;
  const DocumentPlan& plan_;
  const std::string run_ = random_word();  // so that a key of another run is another key
  std::uint64_t sent_ = 0;
};

// No other document would fare better.
bool concerns_all(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kUnauthorized;
}

Result<std::vector<std::string>> chosen_names(DocumentSource& source, const DocumentPlan& plan) {
  auto names = source.names();
  if (!names || plan.only.empty()) return names;
  const std::set<std::string> there(names->begin(), names->end());
  for (const std::string& name : plan.only)
    if (!there.contains(name))
      return fail(ErrorCode::kNotFound,
                  fmt::format("the source has no document '{}'", visible(name)));
  return plan.only;
}

}  // namespace

std::string_view to_string(Came came) {
  switch (came) {
    case Came::kImported: return "imported";
    case Came::kEqual: return "equal";
    case Came::kMerged: return "merged";
    case Came::kEmpty: return "empty";
    case Came::kIncomplete: return "incomplete";
    case Came::kFailed: return "failed";
  }
  return "";
}

std::uint64_t DocumentReport::count(Came came) const {
  return static_cast<std::uint64_t>(std::ranges::count(documents, came, &DocumentResult::came));
}

bool DocumentReport::complete() const {
  return !stopped && count(Came::kFailed) == 0 && count(Came::kIncomplete) == 0;
}

Result<DocumentReport> import_documents(DocumentSource& source, Api& api, const DocumentPlan& plan,
                                        Console& console) {
  const auto names = chosen_names(source, plan);
  if (!names) return std::unexpected(names.error());
  DocumentReport report;
  DocumentImport import(source, api, plan);
  for (const std::string& name : *names) {
    show_progress(console, report.documents.size(), names->size(),
                  fmt::format("{} of {}: {}", report.documents.size() + 1, names->size(),
                              shorten(visible(name), 40)));
    const std::string shown = is_valid_utf8(name) ? name : percent_encode(name, true);
    DocumentResult result{.name = shown, .object = plan.prefix + shown};
    if (auto ok = import.bring(name, result); !ok) {
      result.came = Came::kFailed;
      result.note = ok.error().message;
      if (concerns_all(ok.error())) report.stopped = ok.error();
    }
    report.documents.push_back(std::move(result));
    if (report.stopped || console.closed()) break;
  }
  console.progress({});
  return report;
}

}  // namespace syncline::cli
