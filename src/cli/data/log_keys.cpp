#include <memory>

#include "backend/keys/key_ring.h"
#include "backend/store/dir_lock.h"
#include "cli/commands.h"
#include "cli/data/options.h"

namespace syncline::cli {
namespace {

struct LogKeysOptions {
  SourceOptions source;
  bool rotate = false;
};

// A server reads its keys when it starts, so it must not be running.
int rotate(const std::string& data_dir, Console& console) {
  const auto lock = backend::store::DirLock::take(data_dir);
  if (!lock) return console.failed(lock.error());
  auto keys = backend::KeyRing::open(data_dir);
  if (!keys) return console.failed(keys.error());
  if (auto done = keys->rotate(); !done) return console.failed(done.error());
  console.line(keys->signer().verifier().to_text());
  return kDone;
}

int show(const Command& command, const LogKeysOptions& options, Console& console) {
  auto api = open_api(command, options.source);
  if (!api) return console.failed(api.error());
  const auto keys = api->keys();
  if (!keys) return console.failed(keys.error());
  console.out(*keys);
  return kDone;
}

}  // namespace

void add_log_keys(Command& log) {
  Command& command = log.add("keys", "Print the keys that checkpoints are signed with");
  auto options = std::make_shared<LogKeysOptions>();
  source_options(command, options->source);
  command.flag({.name = "--rotate",
                .text = "Make a new key in the data directory and sign with it from now on; the "
                        "server must not be running"},
               options->rotate);
  command.details(
      "One verification key a line (C2SP's form), the newest last. What replaced keys signed stays "
      "valid. The private key is DIR/keys/signing.key: whoever has it can sign in this server's "
      "name.");
  command.example("syncline log keys --server http://127.0.0.1:4400", "what to verify with");
  command.example("syncline log keys --rotate --data-dir /var/lib/syncline", "a new key");
  command.run([&command, options](Console& console) {
    return options->rotate ? rotate(options->source.data_dir, console)
                           : show(command, *options, console);
  });
}

}  // namespace syncline::cli
