// Quill: the formats of its default toolbar, as y-quill stores them in a text. A line that is code may name the language. An
// image is an embed.
#include "forms/mapping.h"

namespace syncline::forms {
namespace {

constexpr NodeName kQuillNodes[] = {
    {NodeKind::kHeading, "header"},
    {NodeKind::kBulletList, "list", "", "", "bullet"},
    {NodeKind::kOrderedList, "list", "", "", "ordered"},
    {NodeKind::kTaskList, "list", "", "", "unchecked"},
    {NodeKind::kTaskItem, "list", "", "", "checked"},
    {NodeKind::kQuote, "blockquote"},
    {NodeKind::kCodeBlock, "code-block"},
    {.kind = NodeKind::kImage, .name = "image", .alt = "alt"},
};

constexpr MarkName kQuillMarks[] = {
    {MarkKind::kLink, "link"},     {MarkKind::kBold, "bold"},
    {MarkKind::kItalic, "italic"}, {MarkKind::kUnderline, "underline"},
    {MarkKind::kStrike, "strike"}, {MarkKind::kCode, "code"},
};

}  // namespace

const Mapping kQuillMapping{"quill", Shape::kLines, kQuillNodes, kQuillMarks, "", true};

}  // namespace syncline::forms
