// Waiting, bounded: nothing in this suite waits for ever, and what did not happen is named.
// The bounds are for a machine that is busy with other things: none of them is a claim about speed.

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until `condition()` gives something true, and gives it back. `what` says what did not happen; as a function it
// is called only then.
export async function until(condition, what, ms = 30_000) {
  const end = Date.now() + ms;
  for (let pause = 1; ; pause = Math.min(pause * 2, 20)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) {
      const words = typeof what === 'function' ? await what() : what;
      throw new Error(`not within ${ms} ms: ${words}`);
    }
    await sleep(pause);
  }
}

// The first `event` of an emitter or event target, or an error after `ms`.
export function once(emitter, event, ms = 30_000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no '${event}' within ${ms} ms`)), ms);
    emitter.once(event, (...values) => {
      clearTimeout(timer);
      resolve(values.length > 1 ? values : values[0]);
    });
  });
}

export function within(promise, what, ms = 30_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
