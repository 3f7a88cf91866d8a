// What leaves as one file: the page with answers inside, in the place of a server. A view that wants
// more than answers leaves a state of its own under its name, and finds it again in the file.

import type { Card } from "./flow";
import type { Ask } from "./inquiry";
import { Talk, type Question } from "./talk";

export interface Kept {
  version: 1;
  title: string;
  place: string; // what is shown first, as it stands behind the # of an address
  answers: [Question, Card][];
  states: Record<string, unknown>; // of views, by their names
}

export interface Wish {
  title: string;
  place: string;
  of?: Question | null; // whose graph is kept, in every fold that has room
  answers?: [Question, Card][]; // that are at hand
  states?: Record<string, unknown>;
}

const EMPTY = "/one-file.html"; // empty_file.py makes it
const SLOT = '<script type="application/json" id="kept">null</script>';
const LONGEST_NAME = 60;
export const NEEDS_PYTHON = "This file was kept for looking at: nothing is computed in it.";
const DO = "For numbers and lines of your own run: chainrule explore";

/** Of this file; null where a server answers. */
export const kept: Kept | null = inside();

/** What a view left of itself when the file was made; null in a page with a server. */
export function keptState<State>(view: string): State | null {
  return (kept?.states[view] as State | undefined) ?? null;
}

/** Answers from the file, in the place of the socket. */
export class KeptTalk extends Talk {
  private readonly answers: Map<string, Card>;

  constructor(found: Kept) {
    super(() => undefined);
    this.answers = new Map(found.answers.map(([asked, card]) => [keyOf(asked), card]));
  }

  override ask(question: Question): Promise<Card | null> {
    const trouble: Card = { id: null, card: "error", error: { what: NEEDS_PYTHON, do: DO } };
    return Promise.resolve(this.answers.get(keyOf(question)) ?? trouble);
  }

  protected override open(): void {} // there is nobody to talk to
}

/** Make the file and hand it to the reader; what went wrong, or "". */
export async function keep(ask: Ask | null, wish: Wish): Promise<string> {
  let answers = wish.answers ?? [];
  if (ask !== null && wish.of != null) {
    const card = await ask({ ask: "keep", of: wish.of });
    if (card === null) return "Something newer was asked meanwhile. Try again.";
    if (card.card !== "kept") return card.card === "error" ? card.error.what : "There is no graph.";
    answers = [...answers, ...card.answers];
  }
  const states = wish.states ?? {};
  const all: Kept = { version: 1, title: wish.title, place: wish.place, answers, states };
  const empty = await fetch(EMPTY).then((found) => (found.ok ? found.text() : ""), () => "");
  if (!empty.includes(SLOT)) return "The explorer does not answer.";
  const json = JSON.stringify(all).replaceAll("<", "\\u003c"); // no name ends the script it is in
  save(empty.replace(SLOT, () => SLOT.replace("null", () => json)), fileName(wish.title));
  return "";
}

function save(text: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function fileName(title: string): string {
  const words = title.normalize("NFKD").match(/[a-zA-Z0-9]+/g) ?? [];
  return `${words.join("-").slice(0, LONGEST_NAME) || "graph"}.html`;
}

function inside(): Kept | null {
  try {
    const found = JSON.parse(document.getElementById("kept")?.textContent ?? "null") as Kept | null;
    return found?.version === 1 ? found : null;
  } catch {
    return null;
  }
}

/** The same text for the same question, whatever the order of its parts; empty parts say nothing. */
function keyOf(x: unknown): string {
  if (Array.isArray(x)) return `[${x.map(keyOf).join()}]`;
  if (x === null || typeof x !== "object") return JSON.stringify(x) ?? "null";
  const parts = Object.entries(x)
    .filter(([key]) => key !== "id")
    .map(([key, value]) => [key, keyOf(value)] as const)
    .filter(([, value]) => value !== "null" && value !== "[]" && value !== "{}")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${parts.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`;
}
