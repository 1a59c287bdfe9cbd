// A clock that a history sets: import this before Yjs, which keeps the function that tells the time.

let now = 1

Date.now = () => now

export const pass = milliseconds => { now += milliseconds }
export const time = () => now
