// The flow of a graph as the engine gives it: chainrule/inspection/flow.schema.json says the same.

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
}

export interface StartCard {
  card: "start";
  examples: Example[];
  subjects: { name: string; says: string }[];
  ops: string[];
}

export interface GraphCard {
  card: "graph";
  text: string | null;
  error: Trouble | null;
  flow: Flow | null;
  inputs?: { node: number; name: string }[];
  summaries?: Record<string, string>;
  folds?: Fold[];
  closely?: boolean;
}

export interface ErrorCard {
  card: "error";
  error: Trouble;
}

export type Card = (StartCard | GraphCard | ErrorCard) & { id: number | null };
