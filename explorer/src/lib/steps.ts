// The order in which a graph is walked: forward gate by gate, then back, gate by gate.

import type { Flow, FlowNode } from "./flow";
import { brief } from "./numbers";

export interface Step {
  phase: "forward" | "start" | "backward";
  node: number;
}

export class Steps {
  readonly all: Step[];
  readonly forward: number;
  private readonly at = new Map<number, number>(); // when a node's value is known
  private readonly back = new Map<number, number>(); // when a node sends its gradients

  constructor(private readonly flow: Flow) {
    const ops = flow.nodes.filter((node) => node.op !== "");
    const begun = flow.nodes.filter((node) => node.is_end && node.upstream !== null);
    const sending = ops.filter((node) => node.inputs.some((x) => x.sends !== null));
    this.all = ops.map((node) => ({ phase: "forward", node: node.id }));
    this.forward = this.all.length;
    ops.forEach((node, i) => this.at.set(node.id, i + 1));
    for (const node of begun.slice(-1)) this.all.push({ phase: "start", node: node.id });
    for (const node of sending.reverse()) {
      this.all.push({ phase: "backward", node: node.id });
      this.back.set(node.id, this.all.length);
    }
  }

  knowsValue(node: FlowNode, step: number): boolean {
    return step >= (this.at.get(node.id) ?? 0);
  }

  hasSent(id: number, step: number): boolean {
    const when = this.back.get(id);
    return when !== undefined && step >= when;
  }

  /** Whether all that comes back to a node has arrived. */
  knowsUpstream(node: FlowNode, step: number): boolean {
    if (node.upstream === null) return false;
    if (node.is_end && step <= this.forward) return false;
    return node.readers.every((id) => !this.back.has(id) || this.hasSent(id, step));
  }

  /** What happens at a step, in a sentence. */
  says(step: number): string {
    const now = this.all[step - 1];
    if (now === undefined) return "Inputs are given. Step forward to compute gate by gate.";
    const node = this.flow.nodes[now.node];
    if (node === undefined) return "";
    if (now.phase === "forward") return `Forward: ${node.name} = ${node.call} = ${brief(node.value)}`;
    if (now.phase === "start")
      return `Backward starts at ${node.name}: its gradient is ${brief(node.upstream)}`;
    const sent = node.inputs
      .filter((x) => x.sends !== null && x.node !== null)
      .map((x) => {
        const name = this.flow.nodes[x.node ?? 0]?.name ?? "";
        const local = x.local?.slopes ?? x.local?.matrix ?? null;
        const both =
          node.upstream?.size === 1 && local?.size === 1
            ? `${brief(node.upstream)} × ${brief(local)} = `
            : "";
        return `${name} receives ${both}${brief(x.sends)}`;
      });
    return `Backward through ${node.name} (${node.op}): ${sent.join(", ")}`;
  }
}
