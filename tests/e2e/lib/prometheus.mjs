// A strict reader of the text format of Prometheus, as tests/support/prometheus.h is for the unit tests.

import assert from 'node:assert/strict';

const kSample = /^([a-zA-Z_:][\w:]*)(\{(\w+)="((?:[^"\\]|\\\\|\\"|\\n)*)"\})? (\S+)$/;

// Checks a page, and gives its samples: Map of 'name{label="value"}' to number.
export function check_page(text) {
  assert.ok(text.endsWith('\n'));
  const samples = new Map();
  const types = new Map();
  let name;
  const buckets = new Map();
  for (const line of text.slice(0, -1).split('\n')) {
    const help = line.match(/^# HELP (\w+) .+$/);
    const type = line.match(/^# TYPE (\w+) (counter|gauge|histogram)$/);
    if (help) {
      [, name] = help;
      assert.ok(!types.has(name), `${name} comes twice`);
      continue;
    }
    if (type) {
      assert.equal(type[1], name, 'TYPE follows its HELP');
      types.set(name, type[2]);
      assert.equal(type[2] === 'counter', name.endsWith('_total'), line);
      continue;
    }
    const [, sample, labels = '', label, value, number] = line.match(kSample) ?? assert.fail(`not understood: ${line}`);
    assert.ok(Number.isFinite(Number(number)) && Number(number) >= 0, line);
    assert.ok(!samples.has(sample + labels), `${line} comes twice`);
    samples.set(sample + labels, Number(number));
    if (types.get(name) !== 'histogram') {
      assert.equal(sample, name, line);
    } else if (sample === `${name}_bucket`) {
      assert.equal(label, 'le');
      const bound = value === '+Inf' ? Infinity : Number(value);
      const before = buckets.get(name) ?? { bound: -1, count: 0 };
      assert.ok(bound > before.bound && Number(number) >= before.count, line);
      buckets.set(name, { bound, count: Number(number) });
    } else {
      assert.ok([`${name}_sum`, `${name}_count`].includes(sample), line);
    }
  }
  for (const [family, last] of buckets) {
    assert.equal(last.bound, Infinity, family);
    assert.equal(last.count, samples.get(`${family}_count`), family);
    assert.ok(samples.has(`${family}_sum`), family);
  }
  return samples;
}
