// Two ways of asking where other questions may overtake: of the graph that is shown the last question
// of a kind counts; of what takes long, a question waits until the one before it is answered.

import type { Answer } from "./answer.svelte";
import type { Card } from "./flow";
import type { Question } from "./talk";

export type Ask = (question: Question) => Promise<Card | null>;

const TRIES = 5;
const PAUSE = 80; // ms between them

/** The last question of a kind counts, and is asked again where another one overtook it. */
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

/** One question at a time: what is asked while one is being answered is asked behind it, once. */
export class OneByOne {
  private busy = false; // the same as the answer's, for whoever asks: an effect would follow that one
  private next: Question | null = null;

  constructor(
    private readonly ask: Ask,
    private readonly answer: Pick<Answer<Card["card"]>, "busy" | "take">,
  ) {}

  async put(question: Question): Promise<void> {
    if (this.busy) {
      this.next = question;
      return;
    }
    this.busy = this.answer.busy = true;
    const card = await this.ask(question);
    this.busy = this.answer.busy = false;
    this.answer.take(card);
    const next = this.next ?? (card === null ? question : null); // another part's question came between
    this.next = null;
    if (next !== null) void this.put(next);
  }
}

function after(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
