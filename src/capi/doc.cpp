// Documents: syncline_doc_*. Also functions that belong to no other part: versions, names, freeing.
#include <cstdlib>
#include <memory>
#include <utility>

#include "capi/doc_handle.h"
#include "crdt/engine.h"

using namespace syncline;
using namespace syncline::capi;

namespace syncline::capi {

Result<crdt::DocOptions> doc_options(std::uint64_t client_id, const syncline_doc_options* options) {
  if (client_id == 0 || client_id > crdt::kMaxClientId)
    return fail(ErrorCode::kInvalid, "a client id is from 1 to 2^53-1");
  crdt::DocOptions out;
  out.client_id = client_id;
  if (options == nullptr) return out;
  if (options->size < sizeof(syncline_doc_options))
    return fail(ErrorCode::kInvalid, "options without their size: begin with the INIT macro");
  const Result<std::string_view> guid = text(options->guid, SYNCLINE_NUL);
  if (!guid) return std::unexpected(guid.error());
  out.guid = *guid;
  out.gc = options->gc;
  out.clean_formats = options->clean_formats;
  return out;
}

namespace {

std::string describe(const std::vector<crdt::Subdoc>& subdocs) {
  crdt::Any::Array list;
  for (const crdt::Subdoc& subdoc : subdocs) list.push_back(to_any(subdoc));
  return crdt::to_json(crdt::Any(std::move(list)));
}

}  // namespace
}  // namespace syncline::capi

extern "C" {

std::uint32_t syncline_api_version(void) {
  return SYNCLINE_API_VERSION;
}

const char* syncline_version(void) {
  return SYNCLINE_VERSION_STRING;
}

const char* syncline_status_name(syncline_status status) {
  switch (status) {
    case SYNCLINE_OK: return "ok";
    case SYNCLINE_MALFORMED: return "malformed";
    case SYNCLINE_INVALID: return "invalid";
    case SYNCLINE_TOO_LARGE: return "too_large";
    case SYNCLINE_NOT_FOUND: return "not_found";
    case SYNCLINE_UNSUPPORTED: return "unsupported";
    case SYNCLINE_CONFLICT: return "conflict";
    case SYNCLINE_FAILED:
    case SYNCLINE_STATUS_WIDTH: break;
  }
  return "failed";
}

void syncline_buffer_free(syncline_buffer* buffer) {
  if (buffer == nullptr) return;
  std::free(buffer->data);
  *buffer = {};
}

void syncline_value_free(syncline_value* value) {
  if (value == nullptr) return;
  const bool owns = value->kind == SYNCLINE_VALUE_STRING || value->kind == SYNCLINE_VALUE_BYTES ||
                    value->kind == SYNCLINE_VALUE_JSON || value->kind == SYNCLINE_VALUE_SUBDOC;
  if (owns) std::free(const_cast<char*>(value->as.bytes.data));
  *value = {};
}

syncline_status syncline_doc_new(std::uint64_t client_id, const syncline_doc_options* options,
                                 syncline_doc** doc, syncline_error* error) {
  if (doc != nullptr) *doc = nullptr;
  return run(error, [&]() -> Result<void> {
    if (doc == nullptr) return fail(ErrorCode::kInvalid, "no place for the document");
    Result<crdt::DocOptions> parsed = doc_options(client_id, options);
    if (!parsed) return std::unexpected(parsed.error());
    *doc = std::make_unique<syncline_doc>(crdt::Doc(*std::move(parsed))).release();
    return {};
  });
}

void syncline_doc_free(syncline_doc* doc) {
  delete doc;
}

std::uint64_t syncline_doc_client_id(const syncline_doc* doc) {
  return doc == nullptr ? 0 : doc->doc.client_id();
}

syncline_status syncline_doc_guid(const syncline_doc* doc, syncline_buffer* guid,
                                  syncline_error* error) {
  if (guid != nullptr) *guid = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    return document ? give((*document)->guid(), guid) : std::unexpected(document.error());
  });
}

syncline_status syncline_doc_root(syncline_doc* doc, syncline_kind kind, const char* name,
                                  std::size_t name_size, syncline_type* out,
                                  syncline_error* error) {
  if (out != nullptr) *out = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    const Result<std::string_view> valid = text(name, name_size);
    if (!valid) return std::unexpected(valid.error());
    const bool known = kind >= SYNCLINE_KIND_ARRAY && kind <= SYNCLINE_KIND_XML_TEXT;
    if (out == nullptr || !known) return fail(ErrorCode::kInvalid, "no such kind, or no place");
    crdt::Engine& engine = (*document)->engine();
    const auto wanted = static_cast<crdt::TypeKind>(kind);
    const crdt::Type root(&engine, engine.root(*valid, wanted));
    if (root.kind() != wanted) return fail(ErrorCode::kInvalid, "the root is of another kind");
    *out = type(root);
    return {};
  });
}

syncline_status syncline_doc_to_json(const syncline_doc* doc, syncline_buffer* json,
                                     syncline_error* error) {
  if (json != nullptr) *json = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    return give(crdt::to_json((*document)->to_json()), json);
  });
}

std::size_t syncline_doc_memory(const syncline_doc* doc) {
  return doc == nullptr ? 0 : doc->doc.memory_bytes();
}

// ---- transactions and updates

syncline_status syncline_doc_begin(syncline_doc* doc, std::uint64_t origin, syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    doc->begun.reserve(doc->begun.size() + 1);
    doc->begun.push_back((*document)->engine().begin(origin, true));
    return {};
  });
}

syncline_status syncline_doc_commit(syncline_doc* doc, syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    if (doc->begun.empty()) return fail(ErrorCode::kInvalid, "a commit without a begin");
    const bool outermost = doc->begun.back();
    doc->begun.pop_back();
    if (outermost) (*document)->engine().end();
    return {};
  });
}

syncline_status syncline_doc_apply(syncline_doc* doc, const std::uint8_t* update, std::size_t size,
                                   syncline_update_version version, std::uint64_t origin,
                                   syncline_apply_result* result, syncline_error* error) {
  if (result != nullptr) *result = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    const Result<crdt::UpdateVersion> known = capi::version(version);
    if (!known) return std::unexpected(known.error());
    const Result<crdt::ApplyResult> applied =
        (*document)->apply_update(bytes(update, size), *known, origin);
    if (!applied) return std::unexpected(applied.error());
    if (result != nullptr) *result = {applied->changed, applied->waiting};
    return {};
  });
}

syncline_status syncline_doc_encode(const syncline_doc* doc, const std::uint8_t* state,
                                    std::size_t state_size, syncline_update_version version,
                                    syncline_buffer* update, syncline_error* error) {
  if (update != nullptr) *update = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    const Result<crdt::UpdateVersion> known = capi::version(version);
    if (!known) return std::unexpected(known.error());
    Result<crdt::StateVector> since;
    if (state_size > 0) since = crdt::decode_state_vector(bytes(state, state_size));
    if (!since) return std::unexpected(since.error());
    return give((*document)->encode_state_as_update(*since, *known), update);
  });
}

syncline_status syncline_doc_state_vector(const syncline_doc* doc, syncline_buffer* state,
                                          syncline_error* error) {
  if (state != nullptr) *state = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    return give(crdt::encode_state_vector((*document)->state_vector()), state);
  });
}

syncline_status syncline_doc_missing(const syncline_doc* doc, syncline_buffer* state,
                                     syncline_error* error) {
  if (state != nullptr) *state = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    if (!document) return std::unexpected(document.error());
    return give(crdt::encode_state_vector((*document)->missing()), state);
  });
}

// ---- callbacks

std::uint64_t syncline_doc_on_update(syncline_doc* doc, syncline_update_version version,
                                     syncline_update_fn callback, void* user) {
  if (doc == nullptr || callback == nullptr || !capi::version(version)) return 0;
  return doc->doc.on_update([=](const crdt::UpdateEvent& event) {
    const ByteView update = version == SYNCLINE_V2 ? event.update_v2() : event.update();
    callback(user, update.data(), update.size(), event.origin(), event.local());
  });
}

std::uint64_t syncline_doc_on_transaction(syncline_doc* doc, syncline_transaction_fn callback,
                                          void* user) {
  if (doc == nullptr || callback == nullptr) return 0;
  return doc->doc.on_transaction([=](const crdt::TransactionEvent& event) {
    std::vector<syncline_type> types;
    for (const crdt::Type& changed : event.changed) types.push_back(type(changed));
    callback(user, types.data(), types.size(), event.origin, event.local);
  });
}

std::uint64_t syncline_doc_on_subdocs(syncline_doc* doc, syncline_json_fn callback, void* user) {
  if (doc == nullptr || callback == nullptr) return 0;
  return doc->doc.on_subdocs([=](const crdt::SubdocsEvent& event) {
    const std::string json = "{\"added\":" + describe(event.added) +
                             ",\"removed\":" + describe(event.removed) +
                             ",\"loaded\":" + describe(event.loaded) + "}";
    callback(user, json.c_str(), json.size());
  });
}

void syncline_doc_off(syncline_doc* doc, std::uint64_t token) {
  if (doc != nullptr) doc->doc.off(token);
}

// ---- subdocuments

syncline_status syncline_doc_subdocs(const syncline_doc* doc, syncline_buffer* json,
                                     syncline_error* error) {
  if (json != nullptr) *json = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    return document ? give(describe((*document)->subdocs()), json)
                    : std::unexpected(document.error());
  });
}

syncline_status syncline_doc_load_subdoc(syncline_doc* doc, const char* guid, std::size_t guid_size,
                                         syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    const Result<std::string_view> name = text(guid, guid_size);
    if (!document) return std::unexpected(document.error());
    return name ? (*document)->load_subdoc(*name) : std::unexpected(name.error());
  });
}

syncline_status syncline_doc_unload_subdoc(syncline_doc* doc, const char* guid,
                                           std::size_t guid_size, syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Doc*> document = capi::document(doc);
    const Result<std::string_view> name = text(guid, guid_size);
    if (!document) return std::unexpected(document.error());
    return name ? (*document)->unload_subdoc(*name) : std::unexpected(name.error());
  });
}

}  // extern "C"
