#include "base/hmac.h"

#include <gtest/gtest.h>

#include <string>

#include "base/constant_time.h"

namespace syncline {
namespace {

std::string code(const std::string& key, const std::string& message) {
  return to_hex(hmac_sha256(as_bytes(key), as_bytes(message)));
}

// RFC 4231, test cases 1, 2, 3, 6 and 7.
TEST(Hmac, ThePublishedCodes) {
  EXPECT_EQ(code(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(code("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(code(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      code(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(code(std::string(131, '\xaa'),
                 "This is a test using a larger than block-size key and a larger than block-size "
                 "data. The key needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(Hmac, EqualMeansEveryByte) {
  const Bytes a{1, 2, 3};
  EXPECT_TRUE(equal_in_constant_time(a, Bytes{1, 2, 3}));
  EXPECT_FALSE(equal_in_constant_time(a, Bytes{1, 2, 4}));
  EXPECT_FALSE(equal_in_constant_time(a, Bytes{0, 2, 3}));
  EXPECT_FALSE(equal_in_constant_time(a, Bytes{1, 2}));
}

}  // namespace
}  // namespace syncline
