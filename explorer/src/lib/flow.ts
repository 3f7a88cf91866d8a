// The flow of a graph as the engine gives it: chainrule/inspection/flow.schema.json says the same.

import type { PanelsCard, TemplatesCard } from "./lecture";
import type { CheckupCard, WhyCard } from "./why";
import type { CodeCard, PlayCard, TableCard } from "./play";

export type Numbers = number | string | boolean | Numbers[];

export interface Amount {
  shape: number[];
  dtype: string;
  size: number;
  numbers: Numbers | null;
  least: number | string | null;
  most: number | string | null;
  above_zero: number;
  below_zero: number;
  zeros: number;
  not_finite: number;
  largest: { index: number[]; number: number | string }[];
}

export interface Local {
  structure: string;
  outputs: number[];
  inputs: number[];
  bytes: number;
  slopes: Amount | null;
  matrix: Amount | null;
}

export interface FlowInput {
  name: string;
  node: number | null;
  local: Local | null;
  sends: Amount | null;
  why: string;
}

export interface Kept {
  bytes: number;
  gradient_bytes: number;
  shares: number | null;
  readers: { node: number; for: string }[];
  why: string;
}

export interface FlowNode {
  id: number;
  name: string;
  named: boolean;
  kind: "op" | "parameter" | "data" | "constant" | "several" | "module";
  op: string;
  call: string;
  symbol: string;
  settings: Record<string, string>;
  role: string;
  role_says: string;
  module: string;
  shape: number[];
  dtype: string;
  value: Amount | null;
  upstream: Amount | null;
  wants_gradient: boolean;
  is_end: boolean;
  fork: boolean;
  inputs: FlowInput[];
  readers: number[];
  kept: Kept;
}

export interface Flow {
  version: number;
  nodes: FlowNode[];
  ends: number[];
  modules: { path: string; kind: string }[];
  notes: string[];
}

export type Fold = "ops" | "gates" | "modules";

export interface Trouble {
  what: string;
  do: string;
  line?: number;
  column?: number;
  end?: number;
}

export interface Example {
  key: string;
  title: string;
  says: string;
  text: string;
  fold: Fold;
  node: string;
  why: string; // of which entry of it
}

export interface StartCard {
  card: "start";
  examples: Example[];
  subjects: { name: string; says: string; checks: boolean }[];
  ops: string[];
}

/** A formula as a tree: chainrule/explorer/mathml.py says of what. */
export type Tree = [string, ...Part[]];
export type Part = string | boolean | Tree | Tree[];

export interface OpFormula {
  kind: "entries" | "sum" | "row" | "arrays" | "loss";
  inputs: string[];
  out: Tree;
  back: (Tree | null)[];
  says: string;
}

export interface Turn {
  key: string;
  does: string;
}

export interface Mark {
  node: number;
  way: "onward" | "back" | "chosen";
  count: number;
  of: number;
  bits: string | null;
  says: string;
}

export interface ReachCard {
  card: "reach";
  node: number;
  entry: number[];
  name: string;
  says: string[];
  marks: Mark[];
}

export interface EntriesCard {
  card: "entries";
  node: number;
  tone: "value" | "gradient";
  shape: number[];
  rows: number;
  columns: number;
  most: number;
  cells: (number | string | boolean)[];
}

export interface JacobianCard {
  card: "jacobian";
  node: number;
  input: number;
  outputs: number[];
  inputs: number[];
  rows: number;
  columns: number;
  cells: (number | string | boolean)[] | null;
  high: number;
  wide: number;
  most: number;
  is_places: boolean;
  structure: string;
  says: string;
}

export interface GraphCard {
  card: "graph";
  text: string | null;
  error: Trouble | null;
  flow: Flow | null;
  inputs?: { node: number; name: string }[];
  summaries?: Record<string, string>;
  formulas?: Record<string, OpFormula>;
  folds?: Fold[];
  turns?: Record<string, Turn[]>;
  closely?: boolean;
}

export interface ErrorCard {
  card: "error";
  error: Trouble;
}

export interface KeptCard {
  card: "kept";
  answers: [{ ask: string; [more: string]: unknown }, Card][];
}

export type Card = (
  | StartCard
  | GraphCard
  | ReachCard
  | EntriesCard
  | JacobianCard
  | PanelsCard
  | TemplatesCard
  | WhyCard
  | CheckupCard
  | ErrorCard
  | KeptCard
  | PlayCard
  | TableCard
  | CodeCard
) & { id: number | null };
