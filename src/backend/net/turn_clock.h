// The clock with which loops measure their turns (observe/turn_meter.h): the processor's time stamp
// counter, if the kernel itself trusts it; otherwise the monotonic clock.
//
// Reading the counter costs less than half of a call of clock_gettime(), and a loop reads its clock
// several times for each message. The kernel uses the counter as its clock source only if all cores
// agree and its speed is constant.
//
// Thread-safety: any thread. The first call takes a millisecond, to measure the length of a tick.
#pragma once

#include "observe/turn_meter.h"

namespace syncline::backend {

observe::TurnMeter::Clock turn_clock();

}  // namespace syncline::backend
