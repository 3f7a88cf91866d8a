// One socket to the server: a question and its card. Of questions that are asked while one is being
// answered the server keeps the last, so an older one may never be answered.

import type { Card } from "./flow";

export type Question = { ask: string; [more: string]: unknown };
type Waiting = { id: number; done: (card: Card | null) => void };

const FIRST_PAUSE = 250; // ms until the socket is opened again; doubled each time
const LONGEST_PAUSE = 4000;
const REFUSED = 403;
const LARGEST_QUESTION = 320 * 1024; // bytes; the server closes the socket of one that sends more
const TOO_MUCH = {
  what: "This is more text than the explorer takes at once.",
  do: "Leave some of it out: 240,000 characters are the most, and fewer where many of them are quotes.",
};

/** Who hears what a training says without being asked. */
export interface Listener {
  opened: () => void; // the socket is new: a training that an old one had is over
  closed: () => void; // and with it the training
  card: (card: Card) => void;
  frame: (frame: ArrayBuffer) => void;
}

/** Why there is no socket: nobody answers, or another explorer does, whose token is another. */
export type Silence = "nobody" | "another";

/** What a page answers to each frame: without it, no more than two are sent. */
export const SEEN: Question = { ask: "seen" };

export class Talk {
  private socket: WebSocket | null = null;
  private waiting: Waiting[] = [];
  private unsent: { id: number; text: string }[] = [];
  private idle: (() => void)[] = [];
  private last = 0;
  private pause = FIRST_PAUSE;
  private listener: Listener | null = null;

  constructor(private readonly told: (silence: Silence | null) => void) {
    this.open();
  }

  /** A card, or null where a newer question has overtaken this one. */
  ask(question: Question): Promise<Card | null> {
    const id = ++this.last;
    const text = JSON.stringify({ ...question, id });
    if (new TextEncoder().encode(text).length > LARGEST_QUESTION)
      return Promise.resolve({ id, card: "error", error: TOO_MUCH });
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text);
    else this.unsent = [...this.unsent.slice(-3), { id, text }];
    return new Promise((done) => this.waiting.push({ id, done }));
  }

  /** The same for what is asked beside: it waits until nothing else is being answered. */
  async aside(question: Question): Promise<Card | null> {
    while (this.waiting.length > 0) await new Promise<void>((done) => this.idle.push(done));
    return this.ask(question);
  }

  private rest(): void {
    if (this.waiting.length === 0) for (const done of this.idle.splice(0)) done();
  }

  /** An order to a training: passed on at once, and lost where the socket is closed. */
  tell(order: Question): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(order));
  }

  /** Hear a training; null: no longer. */
  hear(listener: Listener | null): void {
    this.listener = listener;
    if (this.socket?.readyState === WebSocket.OPEN) queueMicrotask(() => this.listener?.opened());
  }

  protected open(): void {
    const token = new URLSearchParams(location.search).get("token") ?? "";
    const socket = new WebSocket(`ws://${location.host}/socket?token=${encodeURIComponent(token)}`);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.told(null);
      for (const each of this.unsent.splice(0)) socket.send(each.text);
      this.listener?.opened();
    };
    socket.onmessage = (message) => {
      if (message.data instanceof ArrayBuffer) {
        if (this.listener === null) this.tell(SEEN);
        else this.listener.frame(message.data);
      } else this.answered(JSON.parse(String(message.data)) as Card);
    };
    socket.onclose = () => {
      void this.silence().then(this.told);
      this.listener?.closed();
      this.forget();
      setTimeout(() => this.open(), this.pause);
      this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    };
  }

  private answered(card: Card): void {
    if (card.card === "play") {
      this.listener?.card(card);
      return;
    }
    const id = card.id ?? 0;
    for (const each of this.waiting) {
      if (each.id < id) each.done(null);
      else if (each.id === id) each.done(card);
    }
    this.waiting = this.waiting.filter((each) => each.id > id);
    this.rest();
  }

  private async silence(): Promise<Silence | null> {
    const { status } = await fetch(location.pathname + location.search).catch(() => ({ status: 0 }));
    if (this.socket?.readyState === WebSocket.OPEN) return null;
    return status === REFUSED ? "another" : "nobody";
  }

  /** What was sent before the socket closed is never answered. */
  private forget(): void {
    const kept = new Set(this.unsent.map((each) => each.id));
    for (const each of this.waiting) if (!kept.has(each.id)) each.done(null);
    this.waiting = this.waiting.filter((each) => kept.has(each.id));
    this.rest();
  }
}
