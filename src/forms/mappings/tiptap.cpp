// TipTap: the nodes and marks of its StarterKit, and its lists of tasks, tables and images, as
// @tiptap/extension-collaboration and y-prosemirror store them.
#include "forms/mapping.h"

namespace syncline::forms {
namespace {

constexpr NodeName kTiptapNodes[] = {
    {NodeKind::kParagraph, "paragraph"},
    {NodeKind::kHeading, "heading", "level"},
    {NodeKind::kBulletList, "bulletList"},
    {NodeKind::kOrderedList, "orderedList", "start"},
    {NodeKind::kListItem, "listItem"},
    {NodeKind::kTaskList, "taskList"},
    {NodeKind::kTaskItem, "taskItem", "checked"},
    {NodeKind::kQuote, "blockquote"},
    {NodeKind::kCodeBlock, "codeBlock", "", "language"},
    {NodeKind::kRule, "horizontalRule"},
    {.kind = NodeKind::kImage, .name = "image", .address = "src", .alt = "alt", .title = "title"},
    {NodeKind::kTable, "table"},
    {NodeKind::kTableRow, "tableRow"},
    {.kind = NodeKind::kTableHeader,
     .name = "tableHeader",
     .columns = "colspan",
     .rows = "rowspan"},
    {.kind = NodeKind::kTableCell, .name = "tableCell", .columns = "colspan", .rows = "rowspan"},
};

constexpr MarkName kTiptapMarks[] = {
    {MarkKind::kLink, "link", "href"}, {MarkKind::kBold, "bold"},
    {MarkKind::kItalic, "italic"},     {MarkKind::kUnderline, "underline"},
    {MarkKind::kStrike, "strike"},     {MarkKind::kCode, "code"},
};

}  // namespace

const Mapping kTiptapMapping{"tiptap", Shape::kNested, kTiptapNodes, kTiptapMarks, "hardBreak"};

}  // namespace syncline::forms
