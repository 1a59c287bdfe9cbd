// Knows how many local edits the server has not yet made durable.
//
// The server confirms by count: "so many more of the updates that this connection carried are durable",
// in the order in which they were sent. A sync step 2
// is an update in this sense, since it carries whatever the server lacked. What makes this more than a subtraction is
// reconnecting: edits made offline, or sent and never confirmed, travel again inside the one sync step 2 that
// opens the next connection. So an update sent before that step 2 proves nothing about older edits, and only a confirmation
// that reaches step 2 or something after it moves the mark.

export type SentKind = 'step2' | 'update';

export class SaveTracker {
  private edits_ = 0;
  private saved_ = 0;
  private sent_ = 0;
  private confirmed_ = 0;
  private resynced_ = false;
  // For each message in flight, how many edits are durable once it is.
  private flights_: { index: number; edits: number }[] = [];

  /** Local edits, since the document was opened, that a lost machine or closed tab would lose. */
  get unsaved(): number {
    return this.edits_ - this.saved_;
  }

  /** Call before the edit is sent, so that the message that carries it counts it. */
  edited(): void {
    this.edits_ += 1;
  }

  /** A new connection counts from zero. */
  connected(): void {
    this.sent_ = 0;
    this.confirmed_ = 0;
    this.resynced_ = false;
    this.flights_ = [];
  }

  sent(kind: SentKind): void {
    this.sent_ += 1;
    if (kind === 'step2') this.resynced_ = true;
    if (this.resynced_) this.flights_.push({ index: this.sent_, edits: this.edits_ });
  }

  /** `more` messages of this connection are durable beyond those confirmed before. More than were sent is not believed. */
  confirmed(more: number): void {
    if (this.confirmed_ + more > this.sent_) return;
    this.confirmed_ += more;
    while (this.flights_.length > 0 && this.flights_[0]!.index <= this.confirmed_) {
      this.saved_ = this.flights_.shift()!.edits;
    }
  }
}
