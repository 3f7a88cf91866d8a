// What the engine says of a gradient, and of a whole net: chainrule/inspection/reason.py and
// checkup.schema.json say the same.

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

/** As chainrule/inspection/checkup.schema.json says; what the page shows of it. */
export interface CheckupCard {
  card: "checkup";
  report: {
    rows: number;
    alarms: string[];
    checks: {
      name: string;
      state: "fine" | "alarm" | "left out";
      place: string;
      evidence: string;
      cause: string;
      suggestion: string;
    }[];
  };
}
