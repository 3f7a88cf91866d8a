// What stands in a gate. A number that a gate reads beside its input stands in it too, as the
// lecture writes it: +1, ×2, 1/x; it has no box of its own then.

import type { FlowNode } from "./flow";
import { brief } from "./numbers";

export interface Gates {
  signs: string[]; // by id
  within: Set<number>; // numbers that stand in their gate
}

const PRINTED: Record<string, string> = {
  "*": "×", "-": "−", "/": "÷", "**": "xⁿ", ">=": "≥", "<=": "≤", "!=": "≠", "==": "=",
}; // prettier-ignore
const POWERS: Record<string, string> = { "2": "x²", "3": "x³" };

export function gatesOf(nodes: FlowNode[]): Gates {
  const within = new Set<number>();
  const signs = nodes.map((node) => {
    const [first, second, ...more] = node.inputs.map((x) => (x.node === null ? undefined : nodes[x.node]));
    if (node.symbol === "-" && first !== undefined && second === undefined) return "×−1";
    if (first === undefined || second === undefined || more.length > 0) return plain(node);
    const number = [first, second].find((each) => isOwn(each));
    const other = number === first ? second : first;
    const sign = number === undefined || other.kind === "constant" ? "" : joined(node.symbol, brief(number.value), number === first);
    if (number === undefined || sign === "") return plain(node);
    within.add(number.id);
    return sign;
  });
  return { signs, within };
}

function plain(node: FlowNode): string {
  return node.symbol === "" ? node.op : (PRINTED[node.symbol] ?? node.symbol);
}

/** Whether a node is a number that one gate alone reads. */
function isOwn(node: FlowNode): boolean {
  return node.kind === "constant" && node.shape.length === 0 && !node.named && node.readers.length === 1;
}

function joined(symbol: string, number: string, isFirst: boolean): string {
  switch (symbol) {
    case "+":
      return number.startsWith("−") ? number : `+${number}`;
    case "*":
      return `×${number}`;
    case "-":
      return isFirst ? `${number}−x` : number.startsWith("−") ? `+${number.slice(1)}` : `−${number}`;
    case "/":
      return isFirst ? `${number}/x` : `÷${number}`;
    case "**":
      return isFirst ? `${number}^x` : (POWERS[number] ?? `x^${number}`);
    default:
      return "";
  }
}
