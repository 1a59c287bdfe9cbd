// The key from which the secrets of webhooks follow (hooks/signature.h). It is a file in the data directory that only its
// owner can read:
//
//   DIR/keys/webhooks    one line: WEBHOOKS+<base64 of 32 bytes>
//
// The file is in no backup. Whoever restores one elsewhere copies the file, or gives each receiver a new secret. A server
// without the file makes a key.
#pragma once

#include <string>

#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::backend {

// Reads the key of `data_dir`, in which the folder "keys" exists, or makes it. kCorrupt if the file is damaged.
Result<Bytes> open_hook_key(const std::string& data_dir);

}  // namespace syncline::backend
