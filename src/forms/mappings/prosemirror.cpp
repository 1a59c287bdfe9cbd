// ProseMirror: the nodes and marks of prosemirror-schema-basic and prosemirror-schema-list, as y-prosemirror stores them. The
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
};

constexpr MarkName kProseMirrorMarks[] = {
    {MarkKind::kLink, "link", "href"},
    {MarkKind::kBold, "strong"},
    {MarkKind::kItalic, "em"},
    {MarkKind::kCode, "code"},
};

}  // namespace

const Mapping kProseMirrorMapping{"prosemirror", Shape::kNested, kProseMirrorNodes,
                                  kProseMirrorMarks, "hard_break"};

}  // namespace syncline::forms
