// What all commands have in common: exit codes, suggestions, help, settings, streams, completions,
// the manual page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"

namespace syncline::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

void expect_misused(const std::vector<std::string>& arguments, const std::string& message) {
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.code, 2) << message;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, StartsWith(message + "\nTry: syncline"));
}

TEST(Misuse, ExitsWith2AndSuggests) {
  expect_misused({"dco"}, "syncline: unknown command 'dco'; did you mean 'doc'?");
  expect_misused({"doc", "shwo", "x"},
                 "syncline doc: unknown command 'shwo'; did you mean 'show'?");
  expect_misused({"doc", "frobnicate"}, "syncline doc: unknown command 'frobnicate'");
  expect_misused({"doc", "show", "--jsno", "x"},
                 "syncline doc show: unknown option '--jsno'; did you mean '--json'?");
  expect_misused({"serve", "--data-dri=x"},
                 "syncline serve: unknown option '--data-dri'; did you mean '--data-dir'?");
  expect_misused({"doc", "show", "--as", "jsno", "x"},
                 "syncline doc show: --as: 'jsno' is none of json, text, xml, delta; did you mean "
                 "'json'?");
  expect_misused({"doc", "show"}, "syncline doc show: FILE is required");
  expect_misused({"doc"},
                 "syncline doc: which command? One of show, inspect, diff, merge, apply, delta, "
                 "convert, sv, ds");
  expect_misused({"doc", "diff", "a", "b", "c"}, "syncline doc diff: one argument too many: 'c'");
  expect_misused({"serve", "--port", "65536"},
                 "syncline serve: --port: '65536' is no whole number from 0 to 65535");
  expect_misused({"cat", "demo/"},
                 "syncline cat: 'demo/' is no WORKSPACE or WORKSPACE/OBJECT, such as demo/welcome");
}

TEST(Help, IsDataAndHasExamples) {
  const Outcome root = run({"--help"});
  EXPECT_EQ(root.code, 0);
  EXPECT_EQ(root.err, "");
  EXPECT_EQ(run({}).out, root.out);
  for (const char* command : {"serve", "ls", "cat", "log", "doc", "completions"})
    EXPECT_THAT(root.out, HasSubstr(std::string("\n  ") + command + " "));
  EXPECT_THAT(root.out, Not(HasSubstr("\n  man ")));
  const Outcome show = run({"doc", "show", "--help"});
  EXPECT_EQ(show.code, 0);
  EXPECT_THAT(show.out, AllOf(HasSubstr("Usage: syncline doc show [OPTIONS] FILE…"),
                              HasSubstr("Examples:"), HasSubstr("--json")));
  EXPECT_THAT(run({"--version"}).out, StartsWith("syncline 0."));
}

TEST(Settings, FlagsBeforeEnvironmentBeforeFile) {
  const TempDir dir;
  const std::string config = dir.file("config.toml");
  write_whole(config, "[ls]\ndata-dir = \"/from-file\"\n");
  const auto err = [&](std::vector<std::string> more, bool environment) {
    std::vector<std::string> arguments{"ls", "--config", config};
    arguments.insert(arguments.end(), more.begin(), more.end());
    RunOptions options;
    if (environment) options.environment = {{"SYNCLINE_DATA_DIR", "/from-environment"}};
    return run(arguments, options).err;
  };
  EXPECT_THAT(err({}, false), HasSubstr("/from-file"));
  EXPECT_THAT(err({}, true), HasSubstr("/from-environment"));
  EXPECT_THAT(err({"--data-dir", "/from-flag"}, true), HasSubstr("/from-flag"));
}

TEST(Settings, WrongKeysAndFilesAreMisuse) {
  const TempDir dir;
  write_whole(dir.file("key"), "[serve]\nprot = 1\n");
  const Outcome key = run({"ls", "--config=" + dir.file("key")});
  EXPECT_EQ(key.code, 2);
  EXPECT_THAT(key.err, HasSubstr("'prot' is no option of syncline serve; did you mean 'port'?"));
  const Outcome missing = run({"ls", "--config", dir.file("none")});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr(dir.file("none")));
}

TEST(Streams, NoColourOffATerminal) {
  const Outcome outcome = run({"doc", "diff", data("notes.v1"), data("edited.v1")},
                              {.environment = {{"TERM", "xterm-256color"}}});
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
}

TEST(Streams, AReaderThatLeavesIsNoFailureAFullDiskIs) {
  // The reader is gone before the program begins.
  const Outcome gone =
      run_shell("exec 3> >(true); wait $!; \"$SYNCLINE\" doc inspect " + data("notes.v1") + " >&3");
  EXPECT_EQ(gone.code, 0);
  EXPECT_EQ(gone.err, "");
  const Outcome full = run_shell("\"$SYNCLINE\" doc show " + data("notes.v1") + " > /dev/full");
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.err, HasSubstr("cannot write to stdout: No space left"));
}

TEST(Completions, BashOffersCommandsOptionsAndChoices) {
  const auto complete = [](const std::string& words, int index) {
    return run_shell("source <(\"$SYNCLINE\" completions bash); compopt() { :; }; COMP_WORDS=(" +
                     words + "); COMP_CWORD=" + std::to_string(index) +
                     "; _syncline; echo \"${COMPREPLY[@]}\"");
  };
  EXPECT_EQ(complete("syncline d", 1).out, "diff doc\n");
  EXPECT_EQ(complete("syncline doc con", 2).out, "convert\n");
  EXPECT_EQ(complete("syncline doc show --as ''", 4).out, "json text xml delta\n");
  EXPECT_EQ(complete("syncline serve --tls-", 2).out, "--tls-cert --tls-key\n");
  EXPECT_EQ(complete("syncline doc show --as", 3).err, "");
}

TEST(Completions, ExistForEveryShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Outcome outcome = run({"completions", shell});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("inspect"), HasSubstr("data-dir")));
  }
  EXPECT_EQ(run_shell("bash -n <(\"$SYNCLINE\" completions bash)").err, "");
  EXPECT_EQ(run({"completions", "tcsh"}).code, 2);
}

// Mended with: syncline man > docs/cli/syncline.1
TEST(ManPage, InTheRepositoryIsTheProgramsOwn) {
  EXPECT_EQ(read_whole(SYNCLINE_SOURCE_DIR "/docs/cli/syncline.1"), run({"man"}).out);
}

}  // namespace
}  // namespace syncline::testing
