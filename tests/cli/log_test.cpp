// `ls`, `cat` and `log` over a data directory, and over a server of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "backend/store/rocksdb_store.h"
#include "cli/program.h"
#include "log/blocking_log.h"
#include "syncline/crdt/any.h"

namespace syncline::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

log::Event change(const std::string& object, const std::string& update) {
  return sample_event(object, read_whole(data(update)));
}

// Workspace "demo" with two objects, and "other".
void fill(const std::string& data_dir) {
  auto store = backend::RocksDbStore::open({.data_dir = data_dir});
  ASSERT_TRUE(store) << store.error().message;
  TestLoop loop;
  const auto event_log = (*store)->open_loop(loop);
  BlockingLog log(*event_log, loop);
  ASSERT_TRUE(log.add("demo", change("notes/plan", "notes.v1")));
  ASSERT_TRUE(log.add("demo", change("abc", "abc.v1")));
  ASSERT_TRUE(log.add("demo", change("notes/plan", "edit.v1")));
  ASSERT_TRUE(log.add("other", change("x", "abc.v1")));
}

// A server of a data directory, on a free port, for the life of the object.
class Server {
 public:
  explicit Server(const std::string& data_dir) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(SYNCLINE_BINARY, SYNCLINE_BINARY, "serve", "--json", "--port", "0", "--threads", "1",
              "--data-dir", data_dir.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::string line;
    for (char c; ::read(ends[0], &c, 1) == 1 && c != '\n';) line += c;
    ::close(ends[0]);
    if (const auto json = crdt::from_json(line); json && json->find("url") != nullptr)
      url_ = std::get<std::string>(json->find("url")->value());
  }
  ~Server() {
    ::kill(child_, SIGTERM);
    int status = 0;
    ::waitpid(child_, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const std::string& url() const { return url_; }

 private:
  pid_t child_ = -1;
  std::string url_;
};

// The same answers from both sources.
void expect_answers(const std::vector<std::string>& source) {
  const auto ask = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), source.begin(), source.end());
    return run(arguments);
  };
  EXPECT_EQ(ask({"ls"}).out, "demo\nother\n");
  EXPECT_EQ(ask({"ls", "demo", "--json"}).out,
            "{\"workspace\":\"demo\",\"object\":\"abc\"}\n"
            "{\"workspace\":\"demo\",\"object\":\"notes/plan\"}\n");
  EXPECT_EQ(ask({"ls", "demo", "--prefix", "notes/"}).out, "notes/plan\n");
  EXPECT_THAT(ask({"ls", "dmo"}).err, HasSubstr("no workspace 'dmo'; did you mean 'demo'?"));
  EXPECT_EQ(ask({"cat", "demo/abc", "--json"}).out,
            R"({"workspace":"demo","object":"abc","position":2,"state":{"t":"abc"}})"
            "\n");
  EXPECT_EQ(ask({"cat", "demo/nothing"}).code, 1);
  EXPECT_EQ(ask({"cat", "demo/abc", "-o", "-"}).out, read_whole(data("abc.v1")));

  // The past: by position and by time.
  const std::string now = ask({"cat", "demo/notes/plan", "--json"}).out;
  const std::string then = ask({"cat", "demo/notes/plan", "--at", "2", "--json"}).out;
  EXPECT_THAT(then, HasSubstr(R"("position":1,"state":)"));
  EXPECT_THAT(now, HasSubstr(R"("position":3,"state":)"));
  EXPECT_EQ(ask({"cat", "demo/notes/plan", "--at", "2100-01-01", "--json"}).out, now);
  EXPECT_EQ(ask({"cat", "demo/notes/plan", "--at", "1", "-o", "-"}).out,
            read_whole(data("notes.v1")));
  EXPECT_EQ(ask({"cat", "demo/notes/plan", "--at", "2000-01-01"}).code, 1);
  EXPECT_THAT(ask({"cat", "demo/notes/plan", "--at", "4"}).err, HasSubstr("ends at position 3"));
  EXPECT_THAT(ask({"cat", "demo/abc", "--at", "?"}).err, HasSubstr("is no moment"));
  const Outcome whole = ask({"cat", "demo", "--at", "1"});
  EXPECT_EQ(whole.out, then);
  EXPECT_EQ(ask({"cat", "demo", "--after", "abc"}).out, now);
  EXPECT_EQ(ask({"cat", "dmo"}).code, 1);
  EXPECT_EQ(ask({"pin", "ls", "demo"}).out, "");

  // What happened in between, and who did it.
  const Outcome changed = ask({"diff", "demo", "1", "3", "--json"});
  EXPECT_EQ(changed.code, 1) << changed.err;
  EXPECT_EQ(std::count(changed.out.begin(), changed.out.end(), '\n'), 2);
  EXPECT_THAT(changed.out, HasSubstr(R"("changes":[{"path":"t","delta":[{"insert":"abc"}]}]})"));
  EXPECT_EQ(ask({"diff", "demo", "1", "--after", "2", "--json"}).out,
            changed.out.substr(changed.out.find('\n') + 1));
  EXPECT_EQ(ask({"diff", "demo/abc", "0", "-n", "1", "--json"}).out,
            changed.out.substr(0, changed.out.find('\n') + 1));
  EXPECT_THAT(ask({"diff", "demo/abc", "0"}).out, HasSubstr("\n          t: @0 +\"abc\"\n"));
  EXPECT_THAT(ask({"diff", "demo/notes/plan", "1"}).out,
              HasSubstr(" +\"Goodbye\" {\"bold\":true}"));
  EXPECT_EQ(ask({"diff", "demo", "3"}).code, 0);
  EXPECT_EQ(ask({"diff", "demo", "4"}).code, 2);
  const Outcome blame = ask({"blame", "demo/abc", "--json"});
  EXPECT_THAT(blame.out, ::testing::StartsWith(
                             R"({"path":"t","runs":[{"text":"abc","position":2,"time":"2023-)"));
  EXPECT_THAT(blame.out, HasSubstr(R"("principal":"anna","actor":"session-1"}]})"));
  EXPECT_THAT(ask({"blame", "demo/abc"}).out, HasSubstr("anna  \"abc\"\n"));
  EXPECT_EQ(ask({"blame", "demo/abc", "--at", "1"}).code, 1);

  const Outcome all = ask({"log", "show", "demo", "--json"});
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 3) << all.err;
  EXPECT_THAT(all.out,
              HasSubstr(R"("principal":"anna","actor":"session-1","object":"notes/plan")"));
  const Outcome one = ask({"log", "show", "demo", "--object", "notes/plan", "--after", "1"});
  EXPECT_THAT(one.out, HasSubstr("\n       3  2023-11-14T"));
  EXPECT_EQ(std::count(one.out.begin(), one.out.end(), '\n'), 2);
  const Outcome last = ask({"log", "tail", "demo", "-n", "2", "--json"});
  EXPECT_THAT(last.out, ::testing::StartsWith("{\"position\":2,"));
  EXPECT_EQ(std::count(last.out.begin(), last.out.end(), '\n'), 2);
  EXPECT_EQ(ask({"log", "show", "nowhere"}).code, 1);
}

TEST(DataDir, IsReadWithoutAServer) {
  const TempDir dir;
  fill(dir.file("data"));
  expect_answers({"--data-dir", dir.file("data")});
}

TEST(DataDir, MustExist) {
  const Outcome outcome = run({"ls", "--data-dir", "/nowhere"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "syncline ls: /nowhere is no data directory\n");
}

TEST(ServerSource, GivesTheSameAnswers) {
  const TempDir dir;
  fill(dir.file("data"));
  const Server server(dir.file("data"));
  ASSERT_NE(server.url(), "");
  expect_answers({"--server", server.url()});
  // Beside the server, and with the environment naming it.
  EXPECT_EQ(run({"ls", "--data-dir", dir.file("data")}).out, "demo\nother\n");
  EXPECT_EQ(run({"ls"}, {.environment = {{"SYNCLINE_SERVER", server.url()}}}).out, "demo\nother\n");
  EXPECT_EQ(run({"log", "repair", "--data-dir", dir.file("data")}).code, 1);
}

TEST(Pins, AreSetListedUsedAndRemoved) {
  const TempDir dir;
  fill(dir.file("data"));
  const std::vector<std::string> offline{"--data-dir", dir.file("data")};
  {
    const Server server(dir.file("data"));
    ASSERT_NE(server.url(), "");
    const auto ask = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.end(), {"--server", server.url()});
      return run(arguments);
    };
    const Outcome set = ask({"pin", "set", "demo", "draft", "--at", "2", "--json"});
    EXPECT_THAT(set.out, ::testing::StartsWith(R"({"name":"draft","position":2,"set":"2)"));
    EXPECT_EQ(ask({"pin", "set", "demo", "b"}).code, 0);
    EXPECT_EQ(ask({"pin", "set", "demo", "copy", "--at", "draft"}).code, 0);
    EXPECT_EQ(ask({"pin", "set", "demo", "2nd"}).code, 1);
    EXPECT_EQ(ask({"pin", "set", "demo", "far", "--at", "9"}).code, 1);
    EXPECT_EQ(ask({"pin", "set", "demo", "none", "--at", "0"}).code, 1);
    EXPECT_EQ(ask({"pin", "set", "nowhere", "x"}).code, 1);
    EXPECT_EQ(ask({"pin", "rm", "demo", "b"}).code, 0);
    EXPECT_THAT(ask({"pin", "rm", "demo", "b"}).err, HasSubstr("there is no pin 'b'"));
    EXPECT_THAT(ask({"cat", "demo/notes/plan", "--at", "draft", "--json"}).out,
                HasSubstr(R"("position":1,)"));
  }
  // Another life, and without a server.
  const Outcome list = run({"pin", "ls", "demo", "--json", offline[0], offline[1]});
  EXPECT_EQ(std::count(list.out.begin(), list.out.end(), '\n'), 2) << list.err;
  EXPECT_THAT(list.out, HasSubstr(R"({"name":"copy","position":2,)"));
  EXPECT_EQ(run({"pin", "ls", "demo", "--after", "copy", "--json", offline[0], offline[1]}).out,
            list.out.substr(list.out.find('\n') + 1));
  EXPECT_EQ(run({"pin", "rm", "demo", "copy", offline[0], offline[1]}).code, 1);
}

TEST(Restore, InPlaceAndIntoABranch) {
  const TempDir dir;
  fill(dir.file("data"));
  const Server server(dir.file("data"));
  ASSERT_NE(server.url(), "");
  const auto ask = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", server.url()});
    return run(arguments);
  };
  const std::string then = ask({"cat", "demo/notes/plan", "--at", "1"}).out;
  EXPECT_NE(ask({"cat", "demo/notes/plan"}).out, then);
  EXPECT_EQ(ask({"restore", "demo", "--at", "1"}).code, 2);
  EXPECT_EQ(ask({"restore", "demo", "--at", "1", "--confirm", "other"}).code, 1);
  // As diff tells a change; with --json, what the server said.
  const std::string would = ask({"restore", "demo", "--at", "2", "--dry-run"}).out;
  EXPECT_THAT(would, HasSubstr("\"abc\" is as it was then\n"));
  EXPECT_THAT(would, HasSubstr("\"notes/plan\" would change:\n          "));
  EXPECT_THAT(would, HasSubstr(": @"));
  EXPECT_THAT(would, Not(HasSubstr("[{")));
  EXPECT_THAT(ask({"restore", "demo", "--at", "2", "--dry-run", "--json"}).out,
              HasSubstr(R"("changes":[{"path":)"));
  EXPECT_EQ(ask({"log", "show", "demo", "--after", "3"}).out, "");

  const Outcome branch = ask({"restore", "demo", "--at", "2", "--into", "branch"});
  EXPECT_EQ(branch.code, 0) << branch.err;
  // Roots come in the order in which they are named: compared line by line, without it.
  const auto lines = [](std::string text) {
    std::erase(text, ',');
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      all.push_back(text.substr(at, text.find('\n', at) - at));
    std::ranges::sort(all);
    return all;
  };
  EXPECT_EQ(lines(ask({"cat", "branch/notes/plan"}).out), lines(then));
  EXPECT_EQ(ask({"cat", "branch/abc"}).out, ask({"cat", "demo/abc"}).out);
  EXPECT_EQ(ask({"restore", "demo", "--at", "2", "--into", "branch"}).code, 1);

  // What came later becomes empty; the log grows.
  const Outcome back = ask({"restore", "demo", "--at", "1", "--confirm", "demo", "--json"});
  EXPECT_EQ(back.code, 0) << back.err;
  EXPECT_EQ(lines(ask({"cat", "demo/notes/plan"}).out), lines(then));
  EXPECT_EQ(ask({"cat", "demo/abc"}).out.find("abc"), std::string::npos);
  EXPECT_THAT(ask({"log", "show", "demo", "--after", "3", "--json"}).out,
              HasSubstr(R"("actor":"restore of demo at 1")"));
  EXPECT_EQ(run({"restore", "demo", "--at", "1", "--dry-run", "--data-dir", dir.file("data")}).code,
            1);
}

TEST(ServerSource, ErrorsNameTheServer) {
  const Outcome closed = run({"ls", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(closed.code, 1);
  EXPECT_THAT(closed.err, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(run({"ls", "--server", "localhost"}).err, HasSubstr("not a URL"));
  EXPECT_THAT(run({"ls", "--server", "http://127.0.0.1:1", "--data-dir", "x"}).err,
              HasSubstr("only one of them"));
}

TEST(Verify, FindsSoundnessAndDamage) {
  const TempDir dir;
  fill(dir.file("data"));
  const Outcome sound = run({"log", "verify", "--data-dir", dir.file("data")});
  EXPECT_EQ(sound.code, 0) << sound.err;
  EXPECT_EQ(sound.out,
            "sound: 2 workspaces, 4 events, 0 snapshots\n"
            "replayed: 4 events and 0 snapshots came out the same\n"
            "signed: 0 of 4 events\n");

  // Damage in the middle of the write-ahead log.
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.file("data"))) {
    if (entry.path().extension() != ".log" || entry.file_size() == 0) continue;
    std::string bytes = read_whole(entry.path());
    bytes[bytes.size() / 2] ^= 0x40;
    write_whole(entry.path().string(), bytes);
  }
  const Outcome damaged = run({"log", "verify", "--json", "--data-dir", dir.file("data")});
  EXPECT_EQ(damaged.code, 1);
  EXPECT_THAT(damaged.out, HasSubstr("\"ok\":false"));
  EXPECT_THAT(damaged.err, HasSubstr("syncline log repair --data-dir"));

  const Outcome repaired = run({"log", "repair", "--data-dir", dir.file("data")});
  EXPECT_EQ(repaired.code, 0) << repaired.err;
  EXPECT_THAT(repaired.out, HasSubstr("the damaged files are in"));
  EXPECT_EQ(run({"log", "verify", "--data-dir", dir.file("data")}).code, 0);
}

}  // namespace
}  // namespace syncline::testing
