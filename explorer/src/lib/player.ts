// A training as the page follows it: orders go out, frames come in. A frame is answered once it has
// been shown, so that a slow page is sent fewer of them.

import type { Trouble } from "./flow";
import { kept, readFrame, type Frame, type KeptFrame } from "./frames";
import type { Begun, Points, Settings } from "./play";
import { SEEN, type Talk } from "./talk";

export interface Told {
  begun: (begun: Begun) => void;
  frame: (frame: Frame) => void;
  trouble: (trouble: Trouble) => void;
  opened: (again: boolean) => void; // there is a server; again: the training before is over
  closed: () => void; // there is none
}

/** What is needed to show a playground without a server: plain JSON. */
export interface KeptPlay {
  version: 1;
  begun: Begun;
  frames: KeptFrame[];
}

export const PACES = {
  slow: "5 epochs a second",
  steady: "60 epochs a second",
  fast: "as fast as it can",
};
export type Pace = keyof typeof PACES;

const KEPT_FRAMES = 40; // in a page that leaves
const PATIENCE = 10_000; // ms for one of them

export class Player {
  private static runs = 0; // of all players: what is left of an older one is told by it
  private run = 0;
  private owed = 0; // frames that have not been answered
  private waiting: Frame | null = null;
  private asked = false; // for a moment of the past, which has not come yet
  private wanted: number | null = null; // the one to be asked for next
  private tickets = new Map<number, (frame: Frame) => void>();
  private ticket = 0;
  private drawing = 0;
  private opened = false;

  constructor(
    private readonly talk: Talk,
    private readonly told: Told,
  ) {
    talk.hear({
      opened: () => {
        const again = this.opened;
        this.asked = false;
        this.owed = 0;
        this.opened = true;
        told.opened(again);
      },
      closed: told.closed,
      card: (card) => {
        if (card.card !== "play" || card.run !== this.run) return;
        if (card.says === "begun") told.begun(card);
        else {
          this.asked = false;
          told.trouble(card.error);
        }
      },
      frame: (bytes) => this.came(readFrame(bytes)),
    });
  }

  close(): void {
    this.talk.hear(null);
    cancelAnimationFrame(this.drawing);
    if (this.run > 0) this.order("pause");
    this.answer();
  }

  begin(settings: Settings, points: Points, plays: boolean, more: Record<string, unknown>): void {
    this.run = ++Player.runs;
    this.asked = false;
    this.wanted = null;
    const own = settings.data === "own" ? points : null;
    this.order("begin", { run: this.run, settings, points: own, plays, ...more });
  }

  /** Nothing is trained: what the last training still says is heard no more. */
  rest(): void {
    this.run = ++Player.runs;
    this.asked = false;
    this.wanted = null;
    this.order("pause");
  }

  order(what: string, more: Record<string, unknown> = {}): void {
    this.talk.tell({ ask: "play", do: what, ...more });
  }

  /** Show the moment after an epoch; of those asked for while one is on its way, the last. */
  past(epoch: number): void {
    if (this.asked) {
      this.wanted = epoch;
      return;
    }
    this.asked = true;
    this.order("past", { epoch, ticket: 0 });
  }

  /** Moments from the beginning to now, as data. */
  async keep(begun: Begun, epochs: number[]): Promise<KeptPlay> {
    this.order("pause");
    const count = Math.min(KEPT_FRAMES, epochs.length);
    const frames: KeptFrame[] = [];
    for (let i = 0; i < count; i += 1) {
      const epoch = epochs[Math.round((i * (epochs.length - 1)) / Math.max(count - 1, 1))] ?? 0;
      const ticket = ++this.ticket;
      const frame = await new Promise<Frame | null>((done) => {
        this.tickets.set(ticket, done);
        setTimeout(() => done(null), PATIENCE);
        this.order("past", { epoch, ticket });
      });
      this.tickets.delete(ticket);
      if (frame !== null) frames.push(kept(frame));
    }
    return { version: 1, begun, frames };
  }

  private came(frame: Frame): void {
    if (this.owed === 0) this.drawing = requestAnimationFrame(() => this.draw());
    this.owed += 1;
    if (frame.run === this.run) {
      if (frame.ticket === 0) this.asked = false;
      if (frame.ticket !== null && frame.ticket > 0) this.tickets.get(frame.ticket)?.(frame);
      else this.waiting = frame;
      if (frame.ticket === 0 && this.wanted !== null) {
        const epoch = this.wanted;
        this.wanted = null;
        this.past(epoch);
      }
    }
  }

  private draw(): void {
    const frame = this.waiting;
    this.waiting = null;
    if (frame !== null && frame.run === this.run) this.told.frame(frame);
    this.answer();
  }

  private answer(): void {
    for (; this.owed > 0; this.owed -= 1) this.talk.tell(SEEN);
  }
}
