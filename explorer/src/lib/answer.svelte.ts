// What came of the questions of a view: the last card of its kind, or what was wrong with the question.

import type { Card, Trouble } from "./flow";

type CardOf<Kind extends Card["card"]> = Extract<Card, { card: Kind }>;

export class Answer<Kind extends Card["card"]> {
  card = $state.raw<CardOf<Kind> | null>(null);
  trouble = $state.raw<Trouble | null>(null);
  busy = $state(false); // whether one is awaited

  constructor(private readonly kind: Kind) {}

  /** Beside an error the last card stays; null, which a newer question has overtaken, says nothing. */
  take(found: Card | null): void {
    if (found?.card === this.kind) [this.card, this.trouble] = [found as CardOf<Kind>, null];
    else if (found?.card === "error") this.trouble = found.error;
  }

  /** Nothing is known any longer. */
  clear(): void {
    this.card = null;
    this.trouble = null;
  }
}
