// BlockNote: its default blocks and styles. A list is the row of its blocks, so the kind of a list stands for one of its
// items: a container with the block, and with the group of the blocks below it. A cell of a table has one paragraph, of a
// name of its own.
#include "forms/mapping.h"

namespace syncline::forms {
namespace {

constexpr NodeName kBlockNoteNodes[] = {
    {NodeKind::kParagraph, "paragraph"},
    {NodeKind::kHeading, "heading", "level"},
    {NodeKind::kBulletList, "bulletListItem"},
    {NodeKind::kOrderedList, "numberedListItem", "start"},
    {NodeKind::kTaskList, "checkListItem", "checked"},
    {NodeKind::kQuote, "quote"},
    {NodeKind::kCodeBlock, "codeBlock", "", "language"},
    {NodeKind::kRule, "divider"},
    {.kind = NodeKind::kImage,
     .name = "image",
     .address = "url",
     .alt = "name",
     .title = "caption"},
    {NodeKind::kTable, "table"},
    {NodeKind::kTableRow, "tableRow"},
    {.kind = NodeKind::kTableHeader,
     .name = "tableHeader",
     .columns = "colspan",
     .rows = "rowspan"},
    {.kind = NodeKind::kTableCell, .name = "tableCell", .columns = "colspan", .rows = "rowspan"},
    {NodeKind::kParagraph, "tableParagraph"},
};

constexpr MarkName kBlockNoteMarks[] = {
    {MarkKind::kLink, "link", "href"}, {MarkKind::kBold, "bold"},
    {MarkKind::kItalic, "italic"},     {MarkKind::kUnderline, "underline"},
    {MarkKind::kStrike, "strike"},     {MarkKind::kCode, "code"},
};

}  // namespace

const Mapping kBlockNoteMapping{"blocknote", Shape::kContainers, kBlockNoteNodes, kBlockNoteMarks,
                                "hardBreak"};

}  // namespace syncline::forms
