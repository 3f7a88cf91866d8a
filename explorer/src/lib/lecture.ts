// The lecture's panels and templates: what they ask, what comes back, and how an address keeps it.

export const LAMBDAS = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
export const MOST_PANEL_UNITS = 64;
export const MOST_HIDDEN = 40;
export const POINTS = { least: 20, most: 200, step: 10 };
export const MOST_SEED = 9999;

const DATA = ["moons", "circles", "spiral"] as const;
export type Data = (typeof DATA)[number];

export interface Measured {
  loss: number;
  accuracy: number;
}

export interface Panel {
  units: number;
  lambda: number;
  parameters: number;
  train: Measured;
  test: Measured;
  penalty: number;
  squares: number;
  says: string;
  grid: number[];
  strength: number[] | null;
}

export interface PanelsCard {
  card: "panels";
  classes: string[];
  kind: "probability" | "classes";
  points: { x: number[]; y: number[]; label: number[]; held: boolean[] };
  box: [number, number, number, number];
  columns: number;
  rows: number;
  panels: Panel[];
  says: string;
}

export interface Pixel {
  row: number;
  column: number;
  weight: number;
}

export interface Template {
  name: string;
  unit: number;
  strength: number | null;
  votes: string;
  shared: string[];
  most: number[];
  least: number[];
  alt: string;
  weights: number[];
  for: Pixel[];
  against: Pixel[];
}

export interface TemplatesCard {
  card: "templates";
  columns: number;
  scale: number;
  train: Measured;
  test: Measured;
  says: string;
  sharing: string;
  units: Template[];
  pictures: Record<string, number[]>;
  labels: Record<string, string>;
}

export interface PanelsSet {
  vary: "size" | "lambda";
  data: Data;
  seed: number;
  points: number;
  noise: number;
  units: number[]; // of each panel
  lambdas: number[];
}

export interface TemplatesSet {
  loss: "softmax" | "svm";
  lambda: number;
  units: number; // 0: no hidden layer
  seed: number;
  shown: number | null; // the unit that is enlarged
}

export const SIZES: PanelsSet = {
  vary: "size", data: "moons", seed: 2, points: 80, noise: 0.5,
  units: [3, 6, 20], lambdas: [0.0003, 0.0003, 0.0003],
}; // prettier-ignore

export const STRENGTHS: PanelsSet = { ...SIZES, vary: "lambda", units: [20, 20, 20], lambdas: [0.001, 0.01, 0.1] };

export const TEMPLATES: TemplatesSet = { loss: "softmax", lambda: 0.01, units: 0, seed: 0, shown: null };

export function readPanels(more: string): PanelsSet {
  const found = new URLSearchParams(more);
  const usual = found.get("vary") === "lambda" ? STRENGTHS : SIZES;
  const name = found.get("data");
  return {
    vary: usual.vary,
    data: DATA.find((each) => each === name) ?? usual.data,
    seed: number(found.get("seed"), usual.seed, 0, MOST_SEED, true),
    points: number(found.get("points"), usual.points, POINTS.least, POINTS.most, true),
    noise: number(found.get("noise"), usual.noise, 0, 1),
    units: three(found.get("units"), usual.units, (text, other) => number(text, other, 1, MOST_PANEL_UNITS, true)),
    lambdas: three(found.get("lambda"), usual.lambdas, (text, other) => number(text, other, 0, 10)),
  };
}

export function writePanels(set: PanelsSet): string {
  const found = new URLSearchParams({ view: "panels", vary: set.vary, data: set.data });
  found.set("seed", String(set.seed));
  found.set("points", String(set.points));
  found.set("noise", String(set.noise));
  found.set("units", listed(set.units));
  found.set("lambda", listed(set.lambdas));
  return found.toString().replaceAll("%2C", ",");
}

export function readTemplates(more: string): TemplatesSet {
  const found = new URLSearchParams(more);
  const shown = found.get("shown");
  return {
    loss: found.get("loss") === "svm" ? "svm" : "softmax",
    lambda: number(found.get("lambda"), TEMPLATES.lambda, 0, 10),
    units: number(found.get("units"), TEMPLATES.units, 0, MOST_HIDDEN, true),
    seed: number(found.get("seed"), TEMPLATES.seed, 0, MOST_SEED, true),
    shown: shown !== null && /^\d{1,2}$/.test(shown) ? Number(shown) : null,
  };
}

export function writeTemplates(set: TemplatesSet): string {
  const found = new URLSearchParams({ view: "templates", loss: set.loss });
  found.set("lambda", String(set.lambda));
  found.set("units", String(set.units));
  found.set("seed", String(set.seed));
  if (set.shown !== null) found.set("shown", String(set.shown));
  return found.toString();
}

/** A lambda's place on a slider. */
export function placeOf(lambda: number): number {
  let best = 0;
  LAMBDAS.forEach((each, i) => {
    if (Math.abs(each - lambda) < Math.abs((LAMBDAS[best] ?? 0) - lambda)) best = i;
  });
  return best;
}

function number(text: string | null, usual: number, least: number, most: number, isWhole = false): number {
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) return usual;
  return Math.max(least, Math.min(most, isWhole ? Math.round(value) : value));
}

/** Three numbers behind commas; one of them stands for all. */
function three(
  text: string | null,
  usual: number[],
  read: (text: string, usual: number) => number,
): number[] {
  if (text === null) return usual;
  const parts = text.split(",");
  return usual.map((each, i) => read(parts[i] ?? parts[0] ?? "", each));
}

function listed(numbers: number[]): string {
  return numbers.every((each) => each === numbers[0]) ? String(numbers[0]) : numbers.join(",");
}
