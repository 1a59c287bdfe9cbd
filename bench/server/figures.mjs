// Computes the results from the runs: medians, ratios to the relay of the same round, and comparisons of two servers.
// Pure functions.
//
// A run: {round, scenario, subject, figures: {key: number}, others, complaints}.

export const kTolerance = 0.1

export const median = list => {
  if (list.length === 0) return undefined
  const sorted = list.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}

const spread = list => list.length === 0
  ? undefined
  : { median: median(list), least: Math.min(...list), most: Math.max(...list), rounds: list.length }

const valueOf = (runs, scenario, subject, round, key) => {
  const run = runs.find(run => run.scenario === scenario && run.subject === subject && run.round === round)
  const value = run?.figures?.[key]
  return Number.isFinite(value) ? value : undefined
}

// What of a figure is compared.
const kindOf = figure => figure.absolute ? 'value' : 'ratio'

// One row for each figure: {scenario, figure, of: {subject: {value, ratio, compared}}}, the first two as spread() has them.
// A ratio is of one round: that round's value by the relay's of that round. `compared`: {round: number}.
export const rowsOf = (runs, scenarios, subjects) => {
  const rounds = [...new Set(runs.map(run => run.round))]
  return scenarios.flatMap(scenario => scenario.figures.map(figure => {
    const of = {}
    for (const subject of subjects) {
      const values = {}
      const ratios = {}
      for (const round of rounds) {
        const value = valueOf(runs, scenario.name, subject, round, figure.key)
        const floor = valueOf(runs, scenario.name, 'relay', round, figure.key)
        if (value === undefined) continue
        values[round] = value
        if (floor > 0 && !figure.absolute) ratios[round] = value / floor
      }
      of[subject] = {
        value: spread(Object.values(values)),
        ratio: spread(Object.values(ratios)),
        compared: { value: values, ratio: ratios }[kindOf(figure)]
      }
    }
    return { scenario: scenario.name, figure, of }
  })).filter(row => subjects.some(subject => row.of[subject].value))
}

// How much worse `ours` is than `theirs`, for each figure: `times` 1.2 means 20 % worse, whether less or more is better.
// It compares the medians of the ratios to the relay, or of the values if the figure is absolute. `rounds` is the same
// comparison within each round; its spread shows the noise.
export const compare = (rows, ours, theirs, tolerance = kTolerance) => rows.flatMap(row => {
  const kind = kindOf(row.figure)
  const [a, b] = [row.of[ours]?.[kind]?.median, row.of[theirs]?.[kind]?.median]
  if (!(a > 0) || !(b > 0)) return []
  const timesWorse = (x, y) => row.figure.better === 'less' ? x / y : y / x
  const times = timesWorse(a, b)
  const both = Object.keys(row.of[ours].compared).filter(round => row.of[theirs].compared[round] > 0)
  const rounds = spread(both.map(round => timesWorse(row.of[ours].compared[round], row.of[theirs].compared[round])))
  return [{
    scenario: row.scenario,
    figure: row.figure.label,
    watched: row.figure.watched ?? false,
    ours: a,
    theirs: b,
    times,
    rounds,
    worse: times > 1 + tolerance
  }]
})
