#include "jose/roca.h"

#include <openssl/bn.h>

namespace syncline::jose {
namespace {

// Those of the generator of keys below 1,024 bits, which the generators of longer keys use, too.
constexpr unsigned kPrimes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

bool is_power_of_generator(unsigned rest, unsigned prime) {
  unsigned power = 1;
  do {
    if (power == rest) return true;
    power = power * (65537 % prime) % prime;
  } while (power != 1);
  return false;
}

}  // namespace

bool is_roca_modulus(const bignum_st* modulus) {
  for (const unsigned prime : kPrimes)
    if (!is_power_of_generator(static_cast<unsigned>(BN_mod_word(modulus, prime)), prime))
      return false;
  return true;
}

}  // namespace syncline::jose
