// Texts and XML.
#include "capi/convert.h"

using namespace syncline;
using namespace syncline::capi;

namespace {

// Elements and whole texts have attributes.
Result<crdt::XmlElement> element(syncline_type handle) {
  const Result<crdt::XmlElement> type = typed<crdt::XmlElement>(handle);
  if (!type) return type;
  const crdt::TypeKind kind = type->kind();
  const bool has = kind == crdt::TypeKind::kXmlElement || kind == crdt::TypeKind::kXmlText ||
                   kind == crdt::TypeKind::kText;
  return has ? type : fail(ErrorCode::kInvalid, "a type without attributes");
}

bool is_element(const crdt::Type& type) {
  return type.kind() == crdt::TypeKind::kXmlElement;
}

Result<void> give_child(const Result<crdt::Type>& child, syncline_type* out) {
  if (!child) return std::unexpected(child.error());
  if (out != nullptr) *out = type(*child);
  return {};
}

}  // namespace

extern "C" {

syncline_status syncline_text_insert(syncline_type handle, std::uint32_t index, const char* utf8,
                                     std::size_t size, const char* formats,
                                     std::size_t formats_size, syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::Text> type = typed<crdt::Text>(handle);
    if (!type) return std::unexpected(type.error());
    const Result<std::string_view> inserted = text(utf8, size);
    if (!inserted) return std::unexpected(inserted.error());
    if (formats == nullptr) return type->insert(index, *inserted);
    const Result<crdt::Attributes> exact = attributes(formats, formats_size);
    return exact ? type->insert(index, *inserted, *exact) : std::unexpected(exact.error());
  });
}

syncline_status syncline_text_insert_embed(syncline_type handle, std::uint32_t index,
                                           const syncline_value* embed, const char* formats,
                                           std::size_t formats_size, syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::Text> type = typed<crdt::Text>(handle);
    if (!type) return std::unexpected(type.error());
    const Result<crdt::Any> value = any(embed);
    if (!value) return std::unexpected(value.error());
    Result<crdt::Attributes> exact;
    if (formats != nullptr) exact = attributes(formats, formats_size);
    return exact ? type->insert_embed(index, *value, *exact) : std::unexpected(exact.error());
  });
}

syncline_status syncline_text_erase(syncline_type handle, std::uint32_t index, std::uint32_t length,
                                    syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::Text> type = typed<crdt::Text>(handle);
    return type ? type->erase(index, length) : std::unexpected(type.error());
  });
}

syncline_status syncline_text_format(syncline_type handle, std::uint32_t index,
                                     std::uint32_t length, const char* formats,
                                     std::size_t formats_size, syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::Text> type = typed<crdt::Text>(handle);
    if (!type) return std::unexpected(type.error());
    const Result<crdt::Attributes> changed = attributes(formats, formats_size);
    return changed ? type->format(index, length, *changed) : std::unexpected(changed.error());
  });
}

syncline_status syncline_text_apply_delta(syncline_type handle, const char* json, std::size_t size,
                                          syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::Text> type = typed<crdt::Text>(handle);
    if (!type) return std::unexpected(type.error());
    const Result<crdt::Delta> steps = delta(json, size);
    return steps ? type->apply_delta(*steps) : std::unexpected(steps.error());
  });
}

syncline_status syncline_text_to_string(syncline_type handle, syncline_buffer* utf8,
                                        syncline_error* error) {
  if (utf8 != nullptr) *utf8 = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Text> type = typed<crdt::Text>(handle);
    return type ? give(type->to_string(), utf8) : std::unexpected(type.error());
  });
}

syncline_status syncline_text_to_delta(syncline_type handle, syncline_buffer* json,
                                       syncline_error* error) {
  if (json != nullptr) *json = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::Text> type = typed<crdt::Text>(handle);
    if (!type) return std::unexpected(type.error());
    return give(crdt::to_json(to_any(type->to_delta(), crdt::TypeKind::kText)), json);
  });
}

// ---- XML

syncline_status syncline_xml_insert(syncline_type parent, std::uint32_t index, const char* name,
                                    std::size_t name_size, syncline_type* child,
                                    syncline_error* error) {
  if (child != nullptr) *child = {};
  return run(error, [&]() -> Result<void> {
    Result<crdt::XmlFragment> type = typed<crdt::XmlFragment>(parent);
    if (!type) return std::unexpected(type.error());
    const Result<std::string_view> valid = text(name, name_size);
    if (!valid) return std::unexpected(valid.error());
    const auto kind = name == nullptr ? crdt::TypeKind::kXmlText : crdt::TypeKind::kXmlElement;
    return give_child(type->insert(index, kind, *valid), child);
  });
}

syncline_status syncline_xml_erase(syncline_type parent, std::uint32_t index, std::uint32_t length,
                                   syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::XmlFragment> type = typed<crdt::XmlFragment>(parent);
    return type ? type->erase(index, length) : std::unexpected(type.error());
  });
}

syncline_status syncline_xml_get(syncline_type parent, std::uint32_t index, syncline_type* child,
                                 syncline_error* error) {
  if (child != nullptr) *child = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::XmlFragment> type = typed<crdt::XmlFragment>(parent);
    if (!type) return std::unexpected(type.error());
    const std::optional<crdt::Type> found = type->get(index);
    if (!found) return fail(ErrorCode::kNotFound, "beyond the last child");
    return give_child(*found, child);
  });
}

syncline_status syncline_xml_name(syncline_type handle, syncline_buffer* name,
                                  syncline_error* error) {
  if (name != nullptr) *name = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::XmlElement> type = typed<crdt::XmlElement>(handle);
    if (!type) return std::unexpected(type.error());
    if (!is_element(*type)) return fail(ErrorCode::kInvalid, "only elements have names");
    return give(type->node_name(), name);
  });
}

syncline_status syncline_xml_to_string(syncline_type handle, syncline_buffer* xml_text,
                                       syncline_error* error) {
  if (xml_text != nullptr) *xml_text = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::XmlFragment> type = typed<crdt::XmlFragment>(handle);
    if (!type) return std::unexpected(type.error());
    switch (type->kind()) {
      case crdt::TypeKind::kXmlText:
        return give(crdt::as<crdt::XmlText>(*type).to_string(), xml_text);
      case crdt::TypeKind::kXmlElement:
      case crdt::TypeKind::kXmlFragment: return give(type->to_string(), xml_text);
      default: return fail(ErrorCode::kInvalid, "no XML");
    }
  });
}

syncline_status syncline_xml_set_attribute(syncline_type handle, const char* key,
                                           std::size_t key_size, const syncline_value* value,
                                           syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::XmlElement> type = element(handle);
    if (!type) return std::unexpected(type.error());
    const Result<std::string_view> name = text(key, key_size);
    if (!name) return std::unexpected(name.error());
    const Result<crdt::Any> plain = any(value);
    if (!plain) return std::unexpected(plain.error());
    return is_element(*type) ? type->set_attribute(*name, *plain)
                             : crdt::as<crdt::Text>(*type).set_attribute(*name, *plain);
  });
}

syncline_status syncline_xml_remove_attribute(syncline_type handle, const char* key,
                                              std::size_t key_size, syncline_error* error) {
  return run(error, [&]() -> Result<void> {
    Result<crdt::XmlElement> type = element(handle);
    if (!type) return std::unexpected(type.error());
    const Result<std::string_view> name = text(key, key_size);
    if (!name) return std::unexpected(name.error());
    return is_element(*type) ? type->remove_attribute(*name)
                             : crdt::as<crdt::Text>(*type).remove_attribute(*name);
  });
}

syncline_status syncline_xml_get_attribute(syncline_type handle, const char* key,
                                           std::size_t key_size, syncline_value* value,
                                           syncline_error* error) {
  if (value != nullptr) *value = {};
  return run(error, [&]() -> Result<void> {
    const Result<crdt::XmlElement> type = element(handle);
    if (!type) return std::unexpected(type.error());
    const Result<std::string_view> name = text(key, key_size);
    if (!name) return std::unexpected(name.error());
    const std::optional<crdt::Value> found = type->attribute(*name);
    return found ? give(*found, value) : fail(ErrorCode::kNotFound, "no such attribute");
  });
}

}  // extern "C"
