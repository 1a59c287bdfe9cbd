#include "backend/process/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

namespace syncline::backend {
namespace {

std::unique_ptr<ChildProcess> shell(const std::string& script, bool input = false) {
  auto started = ChildProcess::start({.command = {"sh", "-c", script}, .input = input});
  EXPECT_TRUE(started) << started.error().message;
  return std::move(*started);
}

TEST(ChildProcess, TellsWhatItSaysAndHowItEnds) {
  const auto child = shell("echo one; echo two; exit 3");
  EXPECT_EQ(child->wait_line(10'000), "one");
  EXPECT_EQ(child->wait_line(10'000), "two");
  const auto end = child->wait(10'000);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, 3);
  EXPECT_FALSE(end->well());
  EXPECT_EQ(to_string(*end), "exit code 3");
  EXPECT_EQ(child->line(), std::nullopt);
  child->signal(SIGKILL);  // it is gone: nobody is struck
}

TEST(ChildProcess, ReadsWhatIsWritten) {
  const auto child = shell("while read line; do echo got $line; done; echo end", true);
  EXPECT_TRUE(child->write_line("this"));
  EXPECT_EQ(child->wait_line(10'000), "got this");
  EXPECT_EQ(child->ended(), std::nullopt);
}

TEST(ChildProcess, EndsByASignalAndWithItsOwner) {
  auto child = shell("echo ready; exec sleep 100");
  EXPECT_EQ(child->wait_line(10'000), "ready");
  EXPECT_GT(child->resident_bytes(), 0U);
  child->signal(SIGTERM);
  const auto end = child->wait(10'000);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->signal, SIGTERM);
  EXPECT_EQ(to_string(*end), "signal 15");

  child = shell("exec sleep 100");
  const pid_t pid = child->pid();
  EXPECT_EQ(::kill(pid, 0), 0);
  child.reset();
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(ChildProcess, HasNoSettingsOfOurs) {
  ::setenv("SYNCLINE_TOKEN", "secret", 1);
  auto started = ChildProcess::start(
      {.command = {"sh", "-c", "echo [$SYNCLINE_TOKEN$MORE]"}, .environment = {{"MORE", "more"}}});
  ::unsetenv("SYNCLINE_TOKEN");
  ASSERT_TRUE(started);
  EXPECT_EQ((*started)->wait_line(10'000), "[more]");
}

TEST(ChildProcess, SaysWhenThereIsNoSuchProgram) {
  const auto started = ChildProcess::start({.command = {"/no/such/program"}});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace syncline::backend
