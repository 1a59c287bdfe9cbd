// Text and XmlText: edits with formats, deltas and attributes.

#include <utility>

#include "base/utf8.h"
#include "crdt/engine.h"
#include "crdt/formats.h"
#include "crdt/keyed.h"
#include "crdt/new_content.h"
#include "crdt/packed.h"
#include "crdt/text_cursor.h"
#include "crdt/xml_print.h"

namespace syncline::crdt {
namespace {

Result<void> check_range(const Engine& engine, TypeIndex type, std::uint32_t index,
                         std::uint32_t length) {
  if (Result<void> ok = engine.require(type, {TypeKind::kText, TypeKind::kXmlText}); !ok) return ok;
  const std::uint32_t size = engine.type(type).sequence.length;
  if (index > size || length > size - index)
    return fail(ErrorCode::kInvalid, "beyond the end of the text");
  return {};
}

// The text as content, with its length in UTF-16 units.
Result<NewContent> text_of(std::string_view text) {
  std::size_t units = 0;
  if (!measure_utf8(text, units)) return fail(ErrorCode::kInvalid, "text is not valid UTF-8");
  if (units > 0xffffffffu) return fail(ErrorCode::kTooLarge, "text is too long");
  NewContent content;
  content.kind = BlockKind::kString;
  content.len = static_cast<Clock>(units);
  content.text = text;
  return content;
}

// An embed is any value except a string; a string is inserted as text.
Result<NewContent> embed_of(const Any& embed, Bytes& storage) {
  if (const std::string* text = std::get_if<std::string>(&embed.value())) return text_of(*text);
  storage = pack(embed);
  NewContent content;
  content.kind = BlockKind::kEmbed;
  content.payload = storage;
  return content;
}

// One operation of a delta, validated.
struct Step {
  const DeltaOp* op;
  NewContent content;
  Bytes storage;
};

Result<Step> check_step(const DeltaOp& op) {
  Step step{&op, {}, {}};
  if (op.kind != DeltaOp::Kind::kInsert) return step;
  Result<NewContent> content = text_of(op.text);
  if (!op.values.empty()) {
    const Any* embed = std::get_if<Any>(&op.values.front());
    if (embed == nullptr || op.values.size() > 1) {
      return fail(ErrorCode::kInvalid, "a delta inserts text or one plain embed at a time");
    }
    content = embed_of(*embed, step.storage);
  }
  if (!content) return std::unexpected(content.error());
  step.content = *content;
  return step;
}

void run_step(Engine& engine, TextCursor& cursor, const Step& step) {
  Formats formats = to_formats(step.op->attributes, engine.store.keys);
  switch (step.op->kind) {
    case DeltaOp::Kind::kRetain: cursor.format(step.op->length, formats); break;
    case DeltaOp::Kind::kDelete: cursor.erase(step.op->length); break;
    case DeltaOp::Kind::kInsert:
      if (step.content.len > 0) cursor.insert(step.content, std::move(formats));
  }
}

}  // namespace

Result<void> Text::insert(std::uint32_t index, std::string_view text) {
  if (engine_->type_on(index_, index, text)) return {};
  if (Result<void> ok = check_range(*engine_, index_, index, 0); !ok) return ok;
  const Result<NewContent> content = text_of(text);
  if (!content) return std::unexpected(content.error());
  if (content->len == 0) return {};
  engine_->transact([&](Transaction&) {
    if (!engine_->type(index_).sequence.formatted) {
      engine_->plain_insert(index_, index, text, content->len);
    } else {
      TextCursor(*engine_, index_, index).insert(*content);
    }
  });
  return {};
}

Result<void> Text::insert(std::uint32_t index, std::string_view text,
                          const Attributes& attributes) {
  if (Result<void> ok = check_range(*engine_, index_, index, 0); !ok) return ok;
  const Result<NewContent> content = text_of(text);
  if (!content) return std::unexpected(content.error());
  if (content->len == 0) return {};
  engine_->transact([&](Transaction&) {
    TextCursor(*engine_, index_, index)
        .insert(*content, to_formats(attributes, engine_->store.keys));
  });
  return {};
}

Result<void> Text::insert_embed(std::uint32_t index, const Any& embed,
                                const Attributes& attributes) {
  if (Result<void> ok = check_range(*engine_, index_, index, 0); !ok) return ok;
  Bytes storage;
  const Result<NewContent> content = embed_of(embed, storage);
  if (!content) return std::unexpected(content.error());
  engine_->transact([&](Transaction&) {
    TextCursor(*engine_, index_, index)
        .insert(*content, to_formats(attributes, engine_->store.keys));
  });
  return {};
}

Result<Type> Text::insert_type(std::uint32_t index, TypeKind kind, const Attributes& attributes) {
  if (Result<void> ok = check_range(*engine_, index_, index, 0); !ok)
    return std::unexpected(ok.error());
  const Result<NewContent> content = type_content(kind, {});
  if (!content) return std::unexpected(content.error());
  Handle item = kNoItem;
  engine_->transact([&](Transaction&) {
    item = TextCursor(*engine_, index_, index)
               .insert(*content, to_formats(attributes, engine_->store.keys));
  });
  return Type(engine_, engine_->store[item].content);
}

Result<void> Text::erase(std::uint32_t index, std::uint32_t length) {
  if (engine_->erase_on(index_, index, length)) return {};
  if (Result<void> ok = check_range(*engine_, index_, index, length); !ok) return ok;
  if (length == 0) return {};
  engine_->transact([&](Transaction&) {
    if (!engine_->type(index_).sequence.formatted) {
      engine_->plain_erase(index_, index, length);
    } else {
      TextCursor(*engine_, index_, index).erase(length);
    }
  });
  return {};
}

Result<void> Text::format(std::uint32_t index, std::uint32_t length, const Attributes& attributes) {
  if (Result<void> ok = check_range(*engine_, index_, index, length); !ok) return ok;
  if (length == 0) return {};
  engine_->transact([&](Transaction&) {
    TextCursor(*engine_, index_, index).format(length, to_formats(attributes, engine_->store.keys));
  });
  return {};
}

Result<void> Text::apply_delta(const Delta& delta) {
  if (Result<void> ok = check_range(*engine_, index_, 0, 0); !ok) return ok;
  std::vector<Step> steps;
  for (const DeltaOp& op : delta) {
    Result<Step> step = check_step(op);
    if (!step) return std::unexpected(step.error());
    steps.push_back(*std::move(step));
  }
  engine_->transact([&](Transaction&) {
    TextCursor cursor(*engine_, index_);
    for (const Step& step : steps) run_step(*engine_, cursor, step);
  });
  return {};
}

std::string Text::to_string() const {
  return engine_->is_deleted(index_) ? std::string() : engine_->plain_text(index_);
}

Delta Text::to_delta() const {
  return engine_->is_deleted(index_) ? Delta() : text_content(*engine_, index_);
}

std::string XmlText::to_string() const {
  return engine_->is_deleted(index_) ? std::string() : print_type(*engine_, index_);
}

// ---- attributes of the text as a whole

Result<void> Text::set_attribute(std::string_view key, const Any& value) {
  if (Result<void> ok = check_range(*engine_, index_, 0, 0); !ok) return ok;
  set_keyed(*engine_, index_, key, value);
  return {};
}

Result<void> Text::remove_attribute(std::string_view key) {
  if (Result<void> ok = check_range(*engine_, index_, 0, 0); !ok) return ok;
  erase_keyed(*engine_, index_, key);
  return {};
}

std::optional<Value> Text::attribute(std::string_view key) const {
  return get_keyed(*engine_, index_, key);
}

Attributes Text::attributes() const {
  Attributes out;
  for (const auto& [key, value] : keyed_entries(*engine_, index_)) {
    const Any* any = std::get_if<Any>(&value);
    const Type* type = std::get_if<Type>(&value);
    out.emplace_back(key, any != nullptr ? *any : type != nullptr ? type->to_json() : Any());
  }
  return out;
}

}  // namespace syncline::crdt
