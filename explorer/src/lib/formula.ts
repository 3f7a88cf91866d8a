// A formula of the table becomes that of one gate: the names of what it reads, or their numbers.
// Nothing is computed here; the numbers are the engine's.

import type { FlowNode, OpFormula, Part, Tree } from "./flow";
import { leafName } from "./layout";
import { brief } from "./numbers";

export type Words = (variable: string) => Tree | null;

/** The tree with something in the place of each variable. */
export function filled(tree: Tree, words: Words): Tree {
  const [kind, ...parts] = tree;
  if (kind === "v") {
    const name = String(parts[0]);
    const word = words(name) ?? (["i", name] as Tree);
    return parts[1] === true && isNegative(word) ? bracketed(word) : word;
  }
  const inner = parts[0];
  if (kind === "sub" && Array.isArray(inner) && inner[0] === "v" && inner[1] === "upstream") {
    const whole = filled(inner as Tree, words);
    return indexed(whole, parts[1] as Tree);
  }
  return [kind, ...parts.map((part) => filledPart(part, words))];
}

function filledPart(part: Part, words: Words): Part {
  if (!Array.isArray(part)) return part;
  return isTree(part) ? filled(part, words) : part.map((each) => filled(each, words));
}

function isTree(part: Tree | Tree[]): part is Tree {
  return typeof part[0] === "string";
}

function isNegative(tree: Tree): boolean {
  return tree[0] === "n" && String(tree[1]).startsWith("−");
}

function bracketed(tree: Tree): Tree {
  return ["row", ["o", "("], tree, ["o", ")"]];
}

/** ∂L over ∂f with an index at the f. */
function indexed(whole: Tree, index: Tree): Tree {
  const [kind, above, below] = whole;
  const [row, sign, of] = (below ?? []) as Tree;
  return [kind, above ?? "", [String(row), sign ?? "", ["sub", of as Tree, index]]];
}

/** ∂ over ∂. */
export function derivative(of: Tree, by: Tree): Tree {
  return ["frac", ["row", ["o", "∂"], of], ["row", ["o", "∂"], by]];
}

/** The names of a gate's inputs, and its settings. */
export function names(node: FlowNode, operands: (FlowNode | null)[], loss: string): Words {
  return (variable) => {
    if (variable === "out") return ["i", node.name];
    if (variable === "upstream") return derivative(["i", loss], ["i", node.name]);
    const at = node.inputs.findIndex((x) => x.name === variable);
    const operand = at < 0 ? null : (operands[at] ?? null);
    if (operand !== null) return [operand.kind === "constant" ? "n" : "i", leafName(operand)];
    return setting(node, variable);
  };
}

/** The numbers of the same, where all of them are single numbers. */
export function numbers(node: FlowNode, operands: (FlowNode | null)[]): Words | null {
  const isSingle = [node, ...operands].every((each) => each !== null && each.shape.length === 0);
  if (!isSingle) return null;
  return (variable) => {
    const at = node.inputs.findIndex((x) => x.name === variable);
    const of = variable === "out" ? node : at < 0 ? null : (operands[at] ?? null);
    return of === null ? setting(node, variable) : ["n", brief(of.value)];
  };
}

function setting(node: FlowNode, variable: string): Tree | null {
  const found = node.settings[variable];
  if (found === undefined) return null;
  return /^-?[\d.]/.test(found) ? ["n", found.replace("-", "−")] : ["i", found.replaceAll("'", "")];
}

/** The left side of what an input receives: a local gradient, or the gradient itself. */
export function received(
  formula: OpFormula,
  node: FlowNode,
  operand: FlowNode,
  loss: string,
): Tree {
  const isIndexed = formula.kind === "sum" || formula.kind === "row";
  const by: Tree = ["i", leafName(operand)];
  const of = formula.kind === "entries" ? node.name : loss;
  return derivative(["i", of], isIndexed ? ["sub", by, ["i", "i"]] : by);
}
