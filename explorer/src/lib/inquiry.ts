// What is asked of the graph that is shown: the last question of a kind counts, and is asked again
// where another question overtook it.

import type { Card } from "./flow";
import type { Question } from "./talk";

export type Ask = (question: Question) => Promise<Card | null>;

const TRIES = 5;
const PAUSE = 80; // ms between them

export class Inquiry {
  private last = 0;

  constructor(
    private readonly ask: Ask,
    private readonly quiet = 0, // ms that must pass without a newer question
  ) {}

  /** The answer, or null where a newer question has come meanwhile. */
  async about(question: Question): Promise<Card | null> {
    const mine = ++this.last;
    if (this.quiet > 0) await after(this.quiet);
    for (let i = 0; i < TRIES && mine === this.last; i += 1) {
      const found = await this.ask(question);
      if (found !== null) return mine === this.last ? found : null;
      await after(PAUSE);
    }
    return null;
  }

  drop(): void {
    this.last += 1;
  }
}

function after(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
