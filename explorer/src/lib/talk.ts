// One socket to the server: a question and its card. Of questions that are asked while one is being
// answered the server keeps the last, so an older one may never be answered.

import type { Card } from "./flow";

export type Question = { ask: string; [more: string]: unknown };
type Waiting = { id: number; done: (card: Card | null) => void };

const FIRST_PAUSE = 250; // ms until the socket is opened again; doubled each time
const LONGEST_PAUSE = 4000;

export class Talk {
  private socket: WebSocket | null = null;
  private waiting: Waiting[] = [];
  private unsent: string[] = [];
  private last = 0;
  private pause = FIRST_PAUSE;

  constructor(private readonly told: (isOpen: boolean) => void) {
    this.open();
  }

  /** A card, or null where a newer question has overtaken this one. */
  ask(question: Question): Promise<Card | null> {
    const id = ++this.last;
    const text = JSON.stringify({ ...question, id });
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text);
    else this.unsent = [...this.unsent.slice(-3), text];
    return new Promise((done) => this.waiting.push({ id, done }));
  }

  private open(): void {
    const token = new URLSearchParams(location.search).get("token") ?? "";
    const socket = new WebSocket(`ws://${location.host}/socket?token=${encodeURIComponent(token)}`);
    this.socket = socket;
    socket.onopen = () => {
      this.pause = FIRST_PAUSE;
      this.told(true);
      for (const text of this.unsent.splice(0)) socket.send(text);
    };
    socket.onmessage = (message) => this.answered(JSON.parse(String(message.data)) as Card);
    socket.onclose = () => {
      this.told(false);
      setTimeout(() => this.open(), this.pause);
      this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    };
  }

  private answered(card: Card): void {
    const id = card.id ?? 0;
    for (const each of this.waiting) {
      if (each.id < id) each.done(null);
      else if (each.id === id) each.done(card);
    }
    this.waiting = this.waiting.filter((each) => each.id > id);
  }
}
