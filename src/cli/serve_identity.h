// The options of `syncline serve` that say whose tokens are accepted (docs/identity.md).
#pragma once

namespace syncline::cli {

class Command;
struct ServeOptions;

// `options` must live as long as the command.
void add_identity(Command& serve, ServeOptions& options);

}  // namespace syncline::cli
