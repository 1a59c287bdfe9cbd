#include "cli/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace syncline::testing {
namespace {

void redirect(const std::string& path, int flags, int descriptor) {
  const int file = ::open(path.c_str(), flags, 0600);
  if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

Outcome spawn(std::vector<std::string> words, const RunOptions& options) {
  const TempDir dir;
  write_whole(dir.file("in"), options.input);
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "SYNCLINE=" SYNCLINE_BINARY};
  // A sanitizer in the program is told what it is told here: of RocksDB it knows no locks.
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"})
    if (const char* value = std::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> variables = pointers(environment);
  const pid_t child = ::fork();
  if (child == 0) {
    redirect(dir.file("in"), O_RDONLY, STDIN_FILENO);
    redirect(dir.file("out"), O_WRONLY | O_CREAT, STDOUT_FILENO);
    redirect(dir.file("err"), O_WRONLY | O_CREAT, STDERR_FILENO);
    ::execve(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          read_whole(dir.file("out")), read_whole(dir.file("err"))};
}

}  // namespace

Outcome run(const std::vector<std::string>& arguments, const RunOptions& options) {
  std::vector<std::string> words{SYNCLINE_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return spawn(std::move(words), options);
}

Outcome run_shell(const std::string& script) {
  return spawn({"/bin/bash", "-c", script}, {});
}

std::string data(const std::string& name) {
  return SYNCLINE_SOURCE_DIR "/tests/data/updates/" + name;
}

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_whole(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace syncline::testing
