// Reproducible randomness: a test prints its seed, SYNCLINE_SEED=… runs the same one again.

export const seed = Number(process.env.SYNCLINE_SEED ?? Date.now() % 1_000_000_000);

export class Random {
  constructor(from = seed) {
    this.state = from >>> 0;
  }

  // A float in [0, 1), by Tommy Ettinger's mulberry32.
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(n) {
    return Math.floor(this.next() * n);
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  bytes(n) {
    return Uint8Array.from({ length: n }, () => this.below(256));
  }
}
