// Times one case: a few times over when it is short, once when it is long, and not to its end when it is too long.

// Of CPU time: what else the machine does should not decide what is too long.
const kLimit = Number(process.env.BENCH_LIMIT_SECONDS ?? 6) * 1000
const kEnough = 400 // ms in all
const kMostReps = 15

class Over extends Error {}
// A result that is wrong: an engine that computes something else is not compared.
export class Check extends Error {}

const median = list => list.toSorted((a, b) => a - b)[list.length >> 1]

// prepare() and finish(state) are not timed; run(state, tick) calls tick() after each step. check(result) sees what run
// returned. Gives {ms, cpu, reps} or, past the limit, {over: ms}. cpu counts all threads, garbage collection included.
export const measure = (prepare, run, finish = () => {}, check = () => {}, mostReps = kMostReps) => {
  const wall = []
  const cpu = []
  let total = 0
  while (wall.length < mostReps && (wall.length === 0 || total < kEnough)) {
    const state = prepare()
    let steps = 0
    const cpuBefore = process.cpuUsage()
    const before = performance.now()
    const spent = () => { const used = process.cpuUsage(cpuBefore); return (used.user + used.system) / 1000 }
    const tick = () => { if ((++steps & 63) === 0 && performance.now() - before > kLimit && spent() > kLimit) throw new Over() }
    let result
    try {
      result = run(state, tick)
    } catch (error) {
      if (error instanceof Over) return { over: kLimit }
      throw error
    }
    const ms = performance.now() - before
    cpu.push(spent())
    wall.push(ms)
    total += ms
    check(result)
    finish(state)
  }
  return { ms: median(wall), cpu: median(cpu), reps: wall.length }
}
