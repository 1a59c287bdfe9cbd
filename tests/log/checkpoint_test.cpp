#include "log/checkpoint.h"

#include <gtest/gtest.h>

#include <random>

#include "base/base64.h"
#include "support/hex.h"

namespace syncline::log {
namespace {

using test::from_hex;

TEST(Base64, IsThatOfTheStandard) {
  const std::pair<std::string_view, std::string_view> known[] = {{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : known) {
    EXPECT_EQ(to_base64(as_bytes(bytes)), text);
    EXPECT_EQ(from_base64(text), to_bytes(as_bytes(bytes)));
  }
  for (const auto* bad :
       {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "=m9v", "Zg==Zg==", "Zm9\n", "Zm-v", "===="})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

ed25519::Seed seed_of(std::uint8_t byte) {
  ed25519::Seed seed;
  seed.fill(byte);
  return seed;
}

// RFC 8032, section 7.1, test 3.
TEST(Ed25519, SignsAsPublished) {
  ed25519::Seed seed;
  const Bytes secret = from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
  std::ranges::copy(secret, seed.begin());
  const Bytes message{0xaf, 0x82};
  auto signature = ed25519::sign(seed, message);
  EXPECT_EQ(Bytes(signature.begin(), signature.end()),
            from_hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"));
  EXPECT_TRUE(ed25519::verify(ed25519::public_key_of(seed), message, signature));
  EXPECT_FALSE(ed25519::verify(ed25519::public_key_of(seed_of(1)), message, signature));
  signature[5] ^= 1;
  EXPECT_FALSE(ed25519::verify(ed25519::public_key_of(seed), message, signature));
}

class CheckpointNote : public ::testing::Test {
 protected:
  const NoteSigner signer_{"log.example/a", seed_of(7)};
  const NoteSigner other_{"witness.example", seed_of(8)};
  const Checkpoint checkpoint_{"log.example/a/w/team", 42, sha256(as_bytes("root"))};
  const std::string note_ = *sign_checkpoint(checkpoint_, {signer_, other_});
};

TEST_F(CheckpointNote, IsReadByWhoeverTrustsOneOfItsSigners) {
  EXPECT_EQ(open_checkpoint(note_, {signer_.verifier()}), checkpoint_);
  EXPECT_EQ(open_checkpoint(note_, {other_.verifier()}), checkpoint_);
  const NoteSigner stranger{"log.example/a", seed_of(9)};
  EXPECT_EQ(open_checkpoint(note_, {stranger.verifier()}).error().code, ErrorCode::kUnauthorized);
  EXPECT_EQ(open_checkpoint(note_, {}).error().code, ErrorCode::kUnauthorized);
}

TEST_F(CheckpointNote, IsThreeLinesAndSignatures) {
  EXPECT_TRUE(note_.starts_with("log.example/a/w/team\n42\n" + to_base64(checkpoint_.root) +
                                "\n\n\xe2\x80\x94 log.example/a "));
  EXPECT_TRUE(note_.ends_with("\n"));
}

// Every byte of the text, and of the one trusted signature, matters.
TEST_F(CheckpointNote, NoByteCanBeChanged) {
  const std::string note = *sign_checkpoint(checkpoint_, {signer_});
  for (std::size_t i = 0; i < note.size(); ++i) {
    for (const char flip : {1, 2, 4, 16, 32}) {
      std::string changed = note;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      EXPECT_FALSE(open_checkpoint(changed, {signer_.verifier()})) << i;
    }
    EXPECT_FALSE(open_checkpoint(note.substr(0, i), {signer_.verifier()})) << i;
  }
}

TEST_F(CheckpointNote, RefusesWhatHasNoPlaceInANote) {
  EXPECT_FALSE(sign_checkpoint({"two\nlines", 1, {}}, {signer_}));
  EXPECT_FALSE(sign_checkpoint({"", 1, {}}, {signer_}));
  EXPECT_FALSE(sign_checkpoint(checkpoint_, {{"a key", seed_of(1)}}));
  EXPECT_FALSE(sign_checkpoint(checkpoint_, {{"a+key", seed_of(1)}}));
  EXPECT_EQ(open_checkpoint(std::string(kMaxNoteBytes + 1, 'x'), {}).error().code,
            ErrorCode::kTooLarge);
}

TEST_F(CheckpointNote, AKeyIsOneLineOfText) {
  const std::string text = signer_.verifier().to_text();
  EXPECT_EQ(NoteVerifier::from_text(text), signer_.verifier());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(NoteVerifier::from_text(changed)) << i;
  }
  // The example of the format's specification.
  const std::string published =
      "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  ASSERT_TRUE(NoteVerifier::from_text(published));
  EXPECT_EQ(NoteVerifier::from_text(published)->to_text(), published);
}

}  // namespace
}  // namespace syncline::log
