#include "migrate/pull.h"

#include <fmt/format.h>

#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "protocol/hocuspocus.h"
#include "protocol/y_sync.h"
#include "syncline/crdt/id_set.h"

namespace syncline::migrate {
namespace {

using protocol::SyncKind;

// Message types that both protocols have, and those of Hocuspocus.
constexpr std::uint64_t kSync = 0;
constexpr std::uint64_t kAuth = 2;
constexpr std::uint64_t kSyncReply = 4;
constexpr std::uint64_t kClose = 7;

constexpr std::uint64_t kToken = 0;   // of kAuth, from the client; from the server: send it
constexpr std::uint64_t kDenied = 1;  // of kAuth

Bytes nothing_known() {
  return crdt::encode_state_vector({});
}

std::unexpected<Error> refused(std::string_view reason) {
  return fail(ErrorCode::kForbidden, reason.empty()
                                         ? "the server refuses it"
                                         : fmt::format("the server refuses it: {}", reason));
}

std::unexpected<Error> not_understood(std::string_view protocol) {
  return fail(ErrorCode::kMalformed, fmt::format("the server does not speak {}", protocol));
}

class YWebsocketPull final : public Pull {
 public:
  std::vector<Bytes> begin() override { return {ask()}; }

  Bytes ask() override { return protocol::encode_y_sync(SyncKind::kStep1, nothing_known()); }

  Result<void> take(ByteView frame) override {
    while (!frame.empty()) {
      ByteReader in(frame);
      if (in.var_uint() == kAuth) {
        const std::uint64_t what = in.var_uint();
        const std::string_view reason = in.var_string();
        if (in.ok() && what == 0) return refused(reason);
      }
      const auto message = protocol::take_y_message(frame);
      if (!message) return not_understood("the protocol of y-websocket");
      if (message->kind != protocol::YMessage::Kind::kSync) continue;
      if (message->sync == SyncKind::kStep1) continue;
      keep(message->payload);
      if (message->sync == SyncKind::kStep2) ++answers_;
    }
    return {};
  }
};

class HocuspocusPull final : public Pull {
 public:
  HocuspocusPull(std::string document, std::string token)
      : document_(std::move(document)), token_(std::move(token)) {}

  std::vector<Bytes> begin() override { return {authentication(), ask()}; }

  Bytes ask() override {
    return protocol::encode_hocuspocus_sync(document_, SyncKind::kStep1, nothing_known());
  }

  Result<void> take(ByteView message) override {
    ByteReader in(message);
    const std::string_view address = in.var_string();
    const std::uint64_t type = in.var_uint();
    if (!in.ok()) return not_understood("the protocol of Hocuspocus");
    if (address.substr(0, address.find('\0')) != document_) return {};
    if (type == kAuth) return take_auth(in);
    if (type == kClose) return refused(in.var_string());
    if (type != kSync && type != kSyncReply) return {};
    const auto sync = protocol::decode_sync_body(in);
    if (!sync) return not_understood("the protocol of Hocuspocus");
    if (sync->sync == SyncKind::kStep1) return {};
    keep(sync->payload);
    if (sync->sync == SyncKind::kStep2) ++answers_;
    return {};
  }

 private:
  Result<void> take_auth(ByteReader& in) {
    const std::uint64_t what = in.var_uint();
    if (what == kDenied) return refused(in.var_string());
    if (what == kToken) replies_.push_back(authentication());
    if (!in.ok()) return not_understood("the protocol of Hocuspocus");
    return {};
  }

  Bytes authentication() const {
    ByteWriter out;
    out.var_string(document_);
    out.var_uint(kAuth);
    out.var_uint(kToken);
    out.var_string(token_);
    return out.take();
  }

  const std::string document_;
  const std::string token_;
};

}  // namespace

std::unique_ptr<Pull> pull_y_websocket() {
  return std::make_unique<YWebsocketPull>();
}

std::unique_ptr<Pull> pull_hocuspocus(std::string document, std::string token) {
  return std::make_unique<HocuspocusPull>(std::move(document), std::move(token));
}

}  // namespace syncline::migrate
