// Recognises RSA keys of the faulty generator of CVE-2017-15361 ("ROCA", Nemec and others, CCS 2017): modulo each
// of many small primes, the modulus is a power of 65537. A sound key has this property with a
// probability of less than 2^-27.
#pragma once

struct bignum_st;

namespace syncline::jose {

bool is_roca_modulus(const bignum_st* modulus);

}  // namespace syncline::jose
