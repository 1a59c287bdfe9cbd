// `syncline doc` on updates that npm yjs made (tests/data/updates).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "cli/program.h"
#include "syncline/crdt/any.h"

namespace syncline::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void expect_json_lines(const std::string& text) {
  for (const std::string& line : lines_of(text)) EXPECT_TRUE(crdt::from_json(line)) << line;
}

TEST(DocShow, PrintsEveryRootAsYjsDoes) {
  const std::string expected =
      R"({"as":"json","content":{"board":{"title":"The plan","items":["milk","bread",2,true,null]},)"
      R"("content":"Goodbye world\nsecond line\n","page":"<p class=\"a\">hi</p>"}})"
      "\n";
  const Outcome whole = run({"doc", "show", data("edited.v1"), "--json"});
  EXPECT_EQ(whole.out, expected);
  EXPECT_EQ(whole.err, "");
  EXPECT_EQ(whole.code, 0);
  // In any order, versions mixed.
  EXPECT_EQ(run({"doc", "show", data("edit.v2"), data("notes.v1"), "--json"}).out, expected);
  EXPECT_EQ(
      run({"doc", "show", "-", data("edit.v1"), "--json"}, {.input = read_whole(data("notes.v2"))})
          .out,
      expected);
}

TEST(DocShow, IndentsForPeople) {
  const Outcome outcome = run({"doc", "show", data("abc.v1")});
  EXPECT_EQ(outcome.out, "{\n  \"t\": \"abc\"\n}\n");
}

TEST(DocShow, PrintsTextXmlAndDelta) {
  EXPECT_EQ(run({"doc", "show", data("edited.v1"), "--as", "text"}).out,
            "Goodbye world\nsecond line\n");
  EXPECT_EQ(run({"doc", "show", data("edited.v1"), "--as", "xml"}).out, "<p class=\"a\">hi</p>\n");
  EXPECT_EQ(run({"doc", "show", data("edited.v1"), "--as=delta", "--root=content", "--json"}).out,
            R"({"as":"delta","root":"content","content":[{"insert":"Goodbye","attributes":)"
            R"({"bold":true}},{"insert":" world\nsecond line\n"}]})"
            "\n");
}

TEST(DocShow, AsksWhichRootAndSuggestsOne) {
  const Outcome unknown =
      run({"doc", "show", data("notes.v1"), "--as", "text", "--root", "contnt"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_EQ(unknown.err, "syncline doc show: no root type 'contnt'; did you mean 'content'?\n");
  const Outcome empty = run({"doc", "show", data("empty.v2"), "--as", "text"});
  EXPECT_EQ(empty.code, 1);
  EXPECT_EQ(empty.err, "syncline doc show: the document is empty\n");
}

TEST(DocShow, SaysWhatWaits) {
  const Outcome structs = run({"doc", "show", data("edit.v1")});
  EXPECT_EQ(structs.code, 0);
  EXPECT_THAT(structs.err, HasSubstr("wait for client 1001 from clock"));
  const Outcome deletes = run({"doc", "show", data("deletes.v2")});
  EXPECT_THAT(deletes.err, HasSubstr("deletions wait"));
  EXPECT_EQ(run({"doc", "show", data("abc.v1"), data("deletes.v1")}).err, "");
}

TEST(DocMerge, GivesTheBytesOfYjs) {
  const TempDir dir;
  const Outcome merged =
      run({"doc", "merge", data("notes.v1"), data("edit.v1"), "-o", dir.file("out")});
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_EQ(merged.out + merged.err, "");
  EXPECT_EQ(read_whole(dir.file("out")), read_whole(data("edited.merged.v1")));
}

TEST(DocApply, GivesTheBytesOfYjsAndReplacesAFileWhole) {
  const TempDir dir;
  const std::string file = dir.file("notes");
  std::filesystem::copy_file(data("notes.v2"), file);
  const Outcome applied =
      run({"doc", "apply", file, data("edit.v1"), "-o", file, "--keep-deleted"});
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(read_whole(file), read_whole(data("edited.apply.v1")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.root()), {}), 1);
}

TEST(DocConvert, GivesTheBytesOfYjs) {
  EXPECT_EQ(run({"doc", "convert", data("notes.v1"), "--to", "v2", "-o", "-"}).out,
            read_whole(data("notes.v2")));
  EXPECT_EQ(run({"doc", "convert", data("notes.v2"), "--to", "v1", "-o", "-"}).out,
            read_whole(data("notes.v1")));
}

TEST(DocDelta, GivesTheBytesOfYjs) {
  EXPECT_EQ(run({"doc", "delta", data("edited.v1"), "--since", data("notes.sv"), "-o", "-"}).out,
            read_whole(data("edited.diff.v1")));
  const Outcome no_vector =
      run({"doc", "delta", data("edited.v1"), "--since", data("notes.v1"), "-o", "-"});
  EXPECT_EQ(no_vector.code, 1);
  EXPECT_THAT(no_vector.err, HasSubstr("notes.v1: no state vector"));
}

TEST(DocSv, PrintsAndEncodes) {
  EXPECT_EQ(run({"doc", "sv", data("edited.v1")}).out,
            "CLIENT  CLOCK\n  1001     35\n  2002     11\n");
  EXPECT_EQ(run({"doc", "sv", data("edited.v1"), "--json"}).out,
            "{\"client\":1001,\"clock\":35}\n{\"client\":2002,\"clock\":11}\n");
  EXPECT_EQ(run({"doc", "sv", data("notes.v2"), "-o", "-"}).out, read_whole(data("notes.sv")));
}

TEST(DocDs, AddsDeleteSetsUp) {
  EXPECT_EQ(run({"doc", "ds", data("edit.v1"), data("deletes.v2"), "--json"}).out,
            "{\"deleted\":{\"client\":7,\"clock\":1,\"len\":1}}\n"
            "{\"deleted\":{\"client\":1001,\"clock\":0,\"len\":5}}\n"
            "{\"deleted\":{\"client\":1001,\"clock\":24,\"len\":1}}\n");
}

TEST(DocInspect, ListsEveryKindOfContent) {
  const Outcome json = run({"doc", "inspect", data("kinds.v1"), "--json"});
  EXPECT_EQ(json.code, 0) << json.err;
  expect_json_lines(json.out);
  for (const char* part :
       {R"("kind":"any")",
        R"("kind":"binary","origin":{"client":3,"clock":1},"parent":{"root":"all"})",
        R"("content":"0102ff")", R"("guid":"sub-1")", R"("type":"Map")", R"("content":"😀y")",
        R"("content":{"image":"a.png"})", R"("name":"bold","content":true)",
        R"("deleted":{"client":3,"clock":0,"len":1})"})
    EXPECT_THAT(json.out, HasSubstr(part));
  const Outcome table = run({"doc", "inspect", data("abc.v1")});
  EXPECT_THAT(table.out,
              HasSubstr("Yjs update v1, 13 B, 1 struct of 1 client, 0 elements deleted"));
  EXPECT_THAT(table.out, HasSubstr("ID   LEN  KIND    ORIGIN  RIGHT  PARENT  KEY  CONTENT\n"
                                   "7:0    3  string                 t            \"abc\"\n"));
}

TEST(DocDiff, ComparesContentNotHistory) {
  const Outcome same = run({"doc", "diff", data("abc.v1"), data("abc-other.v1")});
  EXPECT_EQ(same.code, 0);
  EXPECT_EQ(same.out + same.err, "");
  const Outcome different = run({"doc", "diff", data("notes.v1"), data("edited.v2")});
  EXPECT_EQ(different.code, 2);  // no such file
  EXPECT_EQ(different.out, "");
}

TEST(DocDiff, SaysWhatChanged) {
  const Outcome outcome = run({"doc", "diff", data("notes.v1"), data("edited.v1")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "board.title\n- \"Plan\"\n+ \"The plan\"\n"
            "board.items[1]\n+ \"bread\"\n"
            "content\n@ line 1\n- Hello world\n+ ⟦bold⟧Goodbye⟦/bold⟧ world\n");
  const Outcome json = run({"doc", "diff", data("notes.v1"), data("edited.v1"), "--json"});
  EXPECT_EQ(json.code, 1);
  expect_json_lines(json.out);
  EXPECT_THAT(json.out, HasSubstr(R"({"path":"board.items[1]","change":"added","after":"bread"})"));
}

// ---- bad input: named, explained, and nothing written

TEST(DocErrors, EveryTruncationIsRefusedAndNothingIsWritten) {
  const TempDir dir;
  const std::string whole = read_whole(data("notes.v1"));
  for (std::size_t length = 0; length < whole.size(); length += 13) {
    write_whole(dir.file("cut"), whole.substr(0, length));
    const Outcome outcome =
        run({"doc", "merge", data("edit.v1"), dir.file("cut"), "-o", dir.file("out")});
    EXPECT_EQ(outcome.code, 1) << length;
    EXPECT_THAT(outcome.err, StartsWith("syncline doc merge: " + dir.file("cut") + ": "));
    EXPECT_FALSE(std::filesystem::exists(dir.file("out")));
  }
}

TEST(DocErrors, NameTheFile) {
  EXPECT_EQ(run({"doc", "show", "/nowhere/a.bin"}).err,
            "syncline doc show: /nowhere/a.bin: no such file or directory\n");
  EXPECT_EQ(run({"doc", "show", "-"}).err,
            "syncline doc show: stdin: empty; even an empty update has 2 bytes\n");
  EXPECT_EQ(run({"doc", "show", "/tmp"}).err, "syncline doc show: /tmp: is a directory\n");
  EXPECT_THAT(run({"doc", "show", data("notes.v1"), "--format", "v2"}).err,
              HasSubstr("notes.v1: no Yjs update v2: "));
  EXPECT_THAT(run({"doc", "show", "-", "-"}).err, HasSubstr("only once"));
  EXPECT_EQ(run({"doc", "convert", data("abc.v1"), "--to", "v2", "-o", "/nowhere/out"}).err,
            "syncline doc convert: /nowhere/out: no such file or directory\n");
}

}  // namespace
}  // namespace syncline::testing
