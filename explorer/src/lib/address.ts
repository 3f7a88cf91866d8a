// What is shown is kept behind the # of the address, which no browser sends to the server.

import type { Fold } from "./flow";

export interface Place {
  view: "start" | "graph" | "play" | "panels" | "templates";
  text: string | null; // typed lines
  subject: string | null; // a function, or a run
  fold: Fold;
  step: number | null; // null: all of them
  node: string | null; // by its name
  turned: string[]; // ops and modules that are folded the other way
  lit: string | null; // the entry whose influence is lit up: "x[0,2]"
  why: string | null; // the entry whose gradient is asked about: "0,2"; "" for all of it
  more: string; // what a view with settings of its own keeps: see lecture.ts
  play: string | null; // a playground's settings and own points
}

const OWN: readonly string[] = ["panels", "templates"]; // views that write their part themselves

export const START: Place = {
  view: "start",
  text: null,
  subject: null,
  fold: "ops",
  step: null,
  node: null,
  turned: [],
  lit: null,
  why: null,
  more: "",
  play: null,
};

export function readPlace(hash: string): Place {
  const found = new URLSearchParams(hash.replace(/^#/, ""));
  const own = found.get("view") ?? "";
  if (OWN.includes(own)) return { ...START, view: own as Place["view"], more: found.toString() };
  const text = found.get("text");
  const subject = found.get("subject");
  if (found.get("view") === "play") return { ...START, view: "play", play: found.get("play") };
  if (found.get("view") !== "graph" || (text === null && subject === null)) return { ...START };
  const fold = found.get("fold");
  const step = found.get("step");
  return {
    view: "graph",
    text: subject === null ? text : null,
    subject,
    fold: fold === "gates" || fold === "modules" ? fold : "ops",
    step: step !== null && /^\d{1,6}$/.test(step) ? Number(step) : null,
    node: found.get("node"),
    turned: found.getAll("turned"),
    lit: found.get("lit"),
    why: found.get("why"),
    more: "",
    play: null,
  };
}

export function writePlace(place: Place): string {
  if (place.view === "start") return "";
  if (OWN.includes(place.view)) return `#${place.more}`;
  if (place.view === "play") {
    return `#${new URLSearchParams({ view: "play", play: place.play ?? "{}" }).toString()}`;
  }
  const found = new URLSearchParams({ view: "graph" });
  if (place.text !== null) found.set("text", place.text);
  if (place.subject !== null) found.set("subject", place.subject);
  if (place.fold !== "ops") found.set("fold", place.fold);
  if (place.step !== null) found.set("step", String(place.step));
  if (place.node !== null) found.set("node", place.node);
  for (const key of place.turned) found.append("turned", key);
  if (place.lit !== null) found.set("lit", place.lit);
  if (place.why !== null) found.set("why", place.why);
  return `#${found.toString()}`;
}
