// The definition of syncline_doc.
#pragma once

#include <vector>

#include "capi/convert.h"
#include "syncline/crdt/doc.h"

struct syncline_doc {
  explicit syncline_doc(syncline::crdt::Doc document) : doc(std::move(document)) {}

  syncline::crdt::Doc doc;
  std::vector<bool> begun;  // for each open begin: whether it started a transaction
};

namespace syncline::capi {

inline Result<crdt::Doc*> document(const syncline_doc* handle) {
  if (handle == nullptr) return fail(ErrorCode::kInvalid, "no document");
  // C has only one kind of pointer to a document. The reading functions do not modify it.
  return &const_cast<syncline_doc*>(handle)->doc;
}

Result<crdt::DocOptions> doc_options(std::uint64_t client_id, const syncline_doc_options* options);

}  // namespace syncline::capi
