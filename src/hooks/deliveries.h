// Deliveries: the webhooks of the workspaces of one loop: what is stored of them, and who delivers.
//
// All of them are read when the loop begins, so events that came while no server ran are delivered.
//
// Thread-safety: none; it lives on its loop. Answers come in a later turn, or at once.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hooks/delivery.h"
#include "log/done.h"
#include "observe/report.h"

namespace syncline::hooks {

class Deliveries {
 public:
  // `owns`: whether the workspace lives on this loop. `reports` may be nullptr.
  Deliveries(HookServices services, std::function<bool(std::string_view)> owns,
             observe::Sink* reports);
  ~Deliveries();
  Deliveries(const Deliveries&) = delete;
  Deliveries& operator=(const Deliveries&) = delete;

  bool enabled() const { return services_.sender != nullptr; }
  // Nothing is sent from now on.
  void stop();

  // Of a workspace, by id.
  std::vector<const Delivery*> list(std::string_view workspace) const;
  // False until those of this loop are read, and when it ends.
  bool loaded() const { return !enabled() || (loaded_ && !stopped_); }
  // Who is asked for the first content of an object: of several, the one with the longest prefix. nullptr: none.
  const Delivery* content_hook(std::string_view workspace, std::string_view object) const;
  // nullptr: there is none.
  Delivery* find(std::string_view workspace, std::string_view id) const;

  // Stores a new endpoint, which gets the events from now on. Its id and the mark of the key are set here. Answers with
  // the id.
  //   kTooLarge     the workspace has as many as it can
  //   kInvalid      as check_endpoint()
  //   kUnavailable  the endpoints of this loop are still being read, or the store does not take it
  void add(Endpoint endpoint, log::Done<std::string> done);
  // kNotFound: there is none.
  void remove(std::string_view workspace, std::string_view id, log::Done<void> done);
  // Nothing is sent for the webhooks of the workspace from now on; whoever calls erases their records. kUnavailable: they
  // are still being read.
  Result<void> forget(std::string_view workspace);
  // A new secret. For a day, what is sent has the signature of the one before, too.
  void rotate(std::string_view workspace, std::string_view id, log::Done<void> done);

  // Sends a message of the type "test" and answers what the receiver did.
  void test(std::string_view workspace, std::string_view id, HookSender::Done done);

  // Given-up events whose positions follow `after`, in order.
  void list_dead(std::string_view workspace, std::string_view id, log::Position after,
                 std::size_t limit, log::Done<std::vector<Dead>> done);
  // Has those sent again: the one at `position`, or all (0). Answers how many.
  void replay(std::string_view workspace, std::string_view id, log::Position position,
              log::Done<std::size_t> done);

  // A question to an endpoint, signed as its messages are.
  void ask(const Endpoint& endpoint, const std::string& message, HookRequest request,
           HookSender::Done done);

  // For who is shown a secret.
  std::string secret_of(const Endpoint& endpoint) const;

  const HookCounters& counters() const { return counters_; }
  std::size_t size() const { return endpoints_.size(); }
  std::size_t disabled() const;
  std::size_t late() const;  // objects that wait for another attempt, or for their time

 private:
  using Key = std::pair<std::string, std::string>;  // workspace and id

  void load(std::string after);
  void take_page(std::vector<log::DirectoryEntry> page);
  void load_progress(Endpoint endpoint);
  void begin(Endpoint endpoint, Progress progress);
  void look_at_makers();
  void put(Endpoint endpoint, log::Done<void> done);

  HookServices services_;
  const std::function<bool(std::string_view)> owns_;
  const observe::Reporter reporter_;
  HookCounters counters_;
  std::map<Key, std::unique_ptr<Delivery>> endpoints_;
  std::map<std::string, std::size_t, std::less<>> adding_;  // by workspace: being stored
  bool loaded_ = false;
  bool stopped_ = false;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::hooks
