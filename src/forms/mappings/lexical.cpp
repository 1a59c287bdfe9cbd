// Lexical: the nodes of @lexical/rich-text, /list, /link and /code, as @lexical/yjs stores them. A kind of list stands for one
// value of the attribute that tells lists apart. Links are elements. It is read, and not written.
#include "forms/mapping.h"

namespace syncline::forms {
namespace {

constexpr NodeName kLexicalNodes[] = {
    {NodeKind::kParagraph, "paragraph"},
    {NodeKind::kHeading, "heading", "__tag"},
    {NodeKind::kBulletList, "list", "", "", "bullet"},
    {NodeKind::kOrderedList, "list", "__start", "", "number"},
    {NodeKind::kTaskList, "list", "", "", "check"},
    {NodeKind::kListItem, "listitem", "__checked"},
    {NodeKind::kQuote, "quote"},
    {NodeKind::kCodeBlock, "code", "", "__language"},
    {NodeKind::kRule, "horizontalrule"},
};

constexpr MarkName kLexicalMarks[] = {
    {MarkKind::kBold, "bold"},           {MarkKind::kItalic, "italic"},
    {MarkKind::kUnderline, "underline"}, {MarkKind::kStrike, "strikethrough"},
    {MarkKind::kCode, "code"},
};

}  // namespace

const Mapping kLexicalMapping{"lexical", Shape::kLexical, kLexicalNodes, kLexicalMarks,
                              "linebreak"};

}  // namespace syncline::forms
