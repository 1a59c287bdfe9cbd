// Functions of the benchmark programs for their own process.
#pragma once

#include <cstddef>
#include <string_view>

namespace syncline::bench {

// Prints the reason to stderr and ends the process with status 2.
[[noreturn]] void give_up(std::string_view why);

// Makes the kernel end the process after this many seconds in any case.
void end_after(unsigned seconds);

// Raises the limit of open files to its maximum and returns it.
std::size_t raise_file_limit();

// Runs this process on this core only. False if the kernel refuses.
bool stay_on_core(int core);

}  // namespace syncline::bench
