// ProseMirror: the nodes and marks of prosemirror-schema-basic, prosemirror-schema-list and prosemirror-tables, as y-prosemirror
// stores them. The
// language of code has the name that prosemirror-markdown gives it.
#include "forms/mapping.h"

namespace syncline::forms {
namespace {

constexpr NodeName kProseMirrorNodes[] = {
    {NodeKind::kParagraph, "paragraph"},
    {NodeKind::kHeading, "heading", "level"},
    {NodeKind::kBulletList, "bullet_list"},
    {NodeKind::kOrderedList, "ordered_list", "order"},
    {NodeKind::kListItem, "list_item"},
    {NodeKind::kQuote, "blockquote"},
    {NodeKind::kCodeBlock, "code_block", "", "params"},
    {NodeKind::kRule, "horizontal_rule"},
    {.kind = NodeKind::kImage, .name = "image", .address = "src", .alt = "alt", .title = "title"},
    {NodeKind::kTable, "table"},
    {NodeKind::kTableRow, "table_row"},
    {.kind = NodeKind::kTableHeader,
     .name = "table_header",
     .columns = "colspan",
     .rows = "rowspan"},
    {.kind = NodeKind::kTableCell, .name = "table_cell", .columns = "colspan", .rows = "rowspan"},
};

constexpr MarkName kProseMirrorMarks[] = {
    {MarkKind::kLink, "link", "href"},
    {MarkKind::kBold, "strong"},
    {MarkKind::kItalic, "em"},
    {MarkKind::kCode, "code"},
};

}  // namespace

const Mapping kProseMirrorMapping{"prosemirror",     Shape::kNested, kProseMirrorNodes,
                                  kProseMirrorMarks, "hard_break",   true};

}  // namespace syncline::forms
