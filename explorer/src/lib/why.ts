// The question "why this gradient?", and its answer: chainrule/inspection/reason.py says the same.

export interface Reason {
  kind: "reason";
  cause: string;
  node: string;
  id: number | null;
  op: string;
  parameter: string;
  sentence: string;
  advice: string;
  numbers: Record<string, number | string>;
}

/** As chainrule/inspection/explanation.py has them. */
export interface Products {
  gradient: number | string;
  paths: {
    upstream: number | string;
    value: number | string;
    share: number | string;
    factors: { result: string; operand: string; formula: string; role: string; local: number | string }[];
  }[];
  rest: { branches: number; value: number | string };
}

export interface WhyCard {
  card: "why";
  reason: Reason;
  products: Products | null; // of one entry
}
