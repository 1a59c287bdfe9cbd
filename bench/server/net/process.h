// What the benchmark programs do with their own process.
#pragma once

#include <cstddef>
#include <string_view>

namespace syncline::bench {

// Prints the reason to stderr and ends the process with status 2.
[[noreturn]] void give_up(std::string_view why);

// The kernel ends the process after so many seconds, whatever it is doing then.
void end_after(unsigned seconds);

// Raises the limit of open files as far as it goes, and returns it.
std::size_t raise_file_limit();

// Runs on this core only. False if the kernel refuses.
bool stay_on_core(int core);

}  // namespace syncline::bench
