// What a playground is told, and what it says: chainrule/explorer/playground writes the same names.

import type { Trouble } from "./flow";

export interface Settings {
  data: string;
  rows: number;
  noise: number;
  seed: number;
  held: number;
  layers: number[];
  activation: string;
  loss: string;
  strength: number;
  optimizer: string;
  rate: number;
  batch: number;
}

export interface Points {
  x: number[];
  y: number[];
  label: number[];
  classes: string[];
  columns: string[];
}

export type Box = [number, number, number, number];

export interface Begun {
  settings: Settings;
  points: Points;
  held: boolean[];
  box: Box;
  outputs: number;
}

export type PlayCard = { card: "play"; run: number } & (
  | ({ says: "begun" } & Begun)
  | { says: "error"; error: Trouble }
);

export interface TableCard {
  card: "table";
  points: Points;
}

export interface CodeCard {
  card: "code";
  text: string;
}

export const USUAL: Settings = {
  data: "moons",
  rows: 300,
  noise: 0.15,
  seed: 0,
  held: 0.3,
  layers: [8, 8],
  activation: "tanh",
  loss: "softmax_cross_entropy",
  strength: 0,
  optimizer: "adam",
  rate: 0.01,
  batch: 32,
};

/** What the start page offers. */
export const PLAYS: { title: string; says: string; settings: Settings }[] = [
  {
    title: "Two moons",
    says: "See what every unit sees while a net is trained, and go back through time.",
    settings: USUAL,
  },
  {
    title: "A spiral of three arms",
    says: "The lecture's data: a linear classifier fails, and two hidden layers bend the plane.",
    settings: { ...USUAL, data: "spiral", activation: "relu", rate: 0.03 },
  },
  {
    title: "XOR without a hidden layer",
    says: "No straight line parts it. Add a layer, and watch it come apart.",
    settings: { ...USUAL, data: "xor", layers: [] },
  },
  {
    title: "Points of your own",
    says: "Click them in, type a table, or drop a CSV; then share the address, or leave as code.",
    settings: { ...USUAL, data: "own", layers: [4] },
  },
];

export const NOBODY: Points = { x: [], y: [], label: [], classes: [], columns: [] };
export const CLICKED: Box = [-1.5, 1.5, -1.5, 1.5]; // the field in which points are set
export const MOST_CLASSES = 4;
export const MOST_LAYERS = 4;
export const MOST_UNITS = 32;
export const MOST_IN_ADDRESS = 16_000; // characters

export const DATA: Record<string, string> = {
  moons: "Moons",
  circles: "Circles",
  spiral: "Spiral",
  xor: "XOR",
  own: "Your own",
};
export const LOSSES: Record<string, string> = {
  softmax_cross_entropy: "softmax",
  hinge: "SVM (hinge)",
  binary_cross_entropy: "logistic",
  squared_error: "squared error",
};
export const ACTIVATIONS = [
  "relu", "leaky_relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "mish", "softplus", "identity",
]; // prettier-ignore
export const OPTIMIZERS: Record<string, string> = {
  sgd: "SGD",
  momentum: "SGD, momentum 0.9",
  adam: "Adam",
  adamw: "AdamW",
  rmsprop: "RMSProp",
  adagrad: "Adagrad",
  nadam: "NAdam",
  radam: "RAdam",
  lion: "Lion",
};
export const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
export const STRENGTHS = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

/** Settings and points of one's own as text for the address; null where that would be too long. */
export function written(settings: Settings, own: Points): string | null {
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const usual = USUAL[name as keyof Settings];
    if (JSON.stringify(value) !== JSON.stringify(usual)) changed[name] = value;
  }
  if (settings.data === "own" && own.x.length > 0) {
    // Signs that an address holds as they are.
    changed.points = own.x.map((x, i) => `${x}_${own.y[i]}_${own.label[i]}`).join("*");
    if (own.columns.length > 0) Object.assign(changed, { classes: own.classes, columns: own.columns });
  }
  const text = JSON.stringify(changed);
  return text.length <= MOST_IN_ADDRESS ? text : null;
}

export interface Found {
  settings: Settings;
  own: Points;
  isWhole: boolean; // nothing that the address holds was left out
}

/** The reverse. What an address holds may be anything; the server checks the numbers themselves. */
export function read(text: string | null): Found {
  const settings: Settings = { ...USUAL, layers: [...USUAL.layers] };
  const own: Points = { x: [], y: [], label: [], classes: [], columns: [] };
  let found: unknown = null;
  let isWhole = true;
  try {
    found = JSON.parse(text || "{}");
  } catch {
    return { settings, own, isWhole: false };
  }
  if (typeof found !== "object" || found === null) return { settings, own, isWhole: false };
  const given = found as Record<string, unknown>;
  for (const [name, usual] of Object.entries(USUAL)) {
    const value = given[name];
    const fits =
      name === "layers"
        ? Array.isArray(value) && value.length <= MOST_LAYERS && value.every(isUnits)
        : typeof value === typeof usual;
    if (fits) Object.assign(settings, { [name]: value });
    else if (value !== undefined) isWhole = false;
  }
  if (!Object.hasOwn(DATA, settings.data)) {
    settings.data = USUAL.data;
    isWhole = false;
  }
  const points = String(given.points ?? "");
  for (const text of points === "" ? [] : points.split("*")) {
    const [x, y, label] = text.split("_").map(Number);
    if (x === undefined || y === undefined || label === undefined || ![x, y, label].every(Number.isFinite)) {
      isWhole = false;
      continue;
    }
    own.x.push(x);
    own.y.push(y);
    own.label.push(Math.max(0, Math.min(MOST_CLASSES - 1, Math.round(label))));
  }
  own.columns = names(given.columns, 2);
  if (own.columns.length > 0) own.classes = names(given.classes, MOST_CLASSES);
  return { settings, own, isWhole };
}

function isUnits(x: unknown): boolean {
  return typeof x === "number" && Number.isInteger(x) && x >= 1 && x <= MOST_UNITS;
}

function names(given: unknown, most: number): string[] {
  return Array.isArray(given) ? given.slice(0, most).map(String) : [];
}

/** Points as lines of a table, which can be edited and read again. */
export function asTable(own: Points): string {
  const [a, b] = own.columns.length === 2 ? own.columns : ["x", "y"];
  const name = (label: number) => own.classes[label] ?? `class ${label}`;
  const rows = own.x.map((x, i) => `${x},${own.y[i]},${quoted(name(own.label[i] ?? 0))}`);
  return [`${quoted(a ?? "x")},${quoted(b ?? "y")},class`, ...rows].join("\n");
}

/** The text of a file: UTF-8, UTF-16 as Excel marks it, or else what Windows writes in the West. */
export function decoded(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes);
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function classesOf(points: Points): string[] {
  const count = Math.max(points.classes.length, ...points.label.map((label) => label + 1), 0);
  return Array.from({ length: count }, (_, i) => points.classes[i] ?? `class ${i}`);
}
