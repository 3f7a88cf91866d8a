// Where gates and wires stand. dagre places up to a few hundred nodes; beyond, columns by depth do.

import dagre from "@dagrejs/dagre";
import type { Flow, FlowNode } from "./flow";
import { gatesOf, type Gates } from "./gates";
import { brief, isRow, onWire, shapeOf } from "./numbers";

const MOST_BY_DAGRE = 260; // nodes
const MOST_PASSED = 450; // columns, by all wires together
const FONT = 13; // px of a label on a wire
const WIDTH = 0.61; // of a character, in em of a font whose characters are all as wide
const HIGH = 40; // px of a wire's two labels
const ROW = 66; // px between gates of a column, where columns are placed by depth
const LANES = 5; // heights at which long wires pass below them

export interface Box {
  id: number;
  x: number; // of the middle
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

type Way = { y: number; points: Point[] };

export interface Wire {
  key: string;
  source: number;
  target: number | null; // null: the wire that leaves the graph
  input: number; // which input of the target
  path: string;
  label: Point;
}

export interface Layout {
  boxes: Box[]; // by id; a number that stands in its gate has none
  wires: Wire[];
  width: number;
  height: number;
  gates: Gates;
}

/** What a leaf is called in the picture; a constant is its number. */
export function leafName(node: FlowNode): string {
  return node.kind === "constant" && node.shape.length === 0 ? brief(node.value) : node.name;
}

export function short(text: string, most = 22): string {
  const half = (most - 1) >> 1;
  return text.length <= most ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** The labels of a wire: shape and value above, gradient below. */
export function valueLabel(node: FlowNode): string {
  const isPlain = node.shape.length === 0 || (node.value !== null && isRow(node.value));
  return `${isPlain ? "" : `(${node.shape.join("×")}) `}${onWire(node.value)}`;
}

function sizeOf(node: FlowNode, sign = ""): { width: number; height: number } {
  if (node.op === "") {
    const text = short(leafName(node));
    return { width: Math.max(34, text.length * 8.6 + 22), height: 30 };
  }
  const text = short(sign, 18);
  if (text.length <= 2) return { width: 42, height: 42 };
  return { width: text.length * 8.4 + 26, height: 38 };
}

function labelWidth(above: string, below: string): number {
  return Math.max(above.length, below.length, 3) * FONT * WIDTH + 16;
}

export function laidOut(flow: Flow): Layout {
  const depth = depths(flow);
  // dagre takes a step of its own for every column that a wire passes.
  const passed = flow.nodes.reduce((sum, node) => {
    const spans = node.inputs.map((x) => (x.node === null ? 0 : (depth[x.node] ?? 0) - (depth[node.id] ?? 0)));
    return sum + spans.reduce((a, b) => a + b, 0);
  }, 0);
  const isEasy = flow.nodes.length <= MOST_BY_DAGRE && passed <= MOST_PASSED;
  const gates = gatesOf(flow.nodes);
  return isEasy ? byDagre(flow, gates) : byColumns(flow, depth, gates);
}

/** How many gates lie between each node and the end. */
function depths(flow: Flow): number[] {
  const depth = new Array<number>(flow.nodes.length).fill(0);
  for (let i = flow.nodes.length - 1; i >= 0; i -= 1)
    for (const x of flow.nodes[i]?.inputs ?? [])
      if (x.node !== null) depth[x.node] = Math.max(depth[x.node] ?? 0, (depth[i] ?? 0) + 1);
  return depth;
}

function byDagre(flow: Flow, gates: Gates): Layout {
  const drawn = flow.nodes.filter((node) => !gates.within.has(node.id));
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 26, edgesep: 14, ranksep: 22, marginx: 16, marginy: 32 });
  for (const node of drawn) graph.setNode(String(node.id), sizeOf(node, gates.signs[node.id]));
  for (const node of drawn) {
    node.inputs.forEach((x, i) => {
      const source = x.node === null ? undefined : flow.nodes[x.node];
      if (source === undefined || gates.within.has(source.id)) return;
      const bare = source.kind === "constant";
      const width = bare ? 14 : labelWidth(valueLabel(source), onWire(x.sends));
      const label = { width, height: bare ? 8 : HIGH, labelpos: "c" };
      graph.setEdge(String(source.id), String(node.id), label, `${node.id}.${i}`);
    });
    if (node.is_end) {
      graph.setNode(`end${node.id}`, { width: 1, height: 1 });
      const width = labelWidth(valueLabel(node), onWire(node.upstream));
      const label = { width, height: HIGH, labelpos: "c" };
      graph.setEdge(String(node.id), `end${node.id}`, label, `end${node.id}`);
    }
  }
  dagre.layout(graph);
  inOrder(flow, graph);
  const size = graph.graph() as { width?: number; height?: number };
  const upright = size.height ?? 100; // dagre puts the first input of a gate below the second
  const boxes = new Array<Box>(flow.nodes.length);
  for (const { id } of drawn) {
    const { x, y, width, height } = graph.node(String(id)) as Box;
    boxes[id] = { id, x, y: upright - y, width, height };
  }
  const wires: Wire[] = [];
  for (const edge of graph.edges()) {
    const found = graph.edge(edge) as { points: Point[]; x?: number; y?: number; width: number };
    const turned = found.points.map((point) => ({ x: point.x, y: upright - point.y }));
    const ends = edge.w.startsWith("end");
    const source = Number(edge.v);
    const target = ends ? null : Number(edge.w);
    const input = ends ? 0 : Number((edge.name ?? "").split(".")[1]);
    const middle = turned[turned.length >> 1] ?? { x: 0, y: 0 };
    const label = { x: found.x ?? middle.x, y: found.y === undefined ? middle.y : upright - found.y };
    const way = levelled(turned, label, found.width / 2);
    const points = joined(boxes[source], target === null ? undefined : boxes[target], way);
    wires.push({ key: edge.name ?? "", source, target, input, path: curve(points), label });
  }
  return { boxes, wires, width: size.width ?? 100, height: upright, gates };
}

/** Leaves that one gate alone reads stand in the order in which it reads them. */
function inOrder(flow: Flow, graph: InstanceType<typeof dagre.graphlib.Graph>): void {
  for (const node of flow.nodes) {
    const alone = node.inputs.flatMap((x, i) => {
      const source = x.node === null ? undefined : flow.nodes[x.node];
      const isAlone = source?.op === "" && source.readers.length === 1 && graph.hasNode(String(source.id));
      return isAlone ? [{ id: source.id, i, x: (graph.node(String(source.id)) as Box).x }] : [];
    });
    const column = alone.filter((each) => Math.abs(each.x - (alone[0]?.x ?? 0)) < 1);
    // dagre counts from the bottom here: see upright.
    const heights = column.map((each) => (graph.node(String(each.id)) as Box).y).sort((a, b) => b - a);
    const edges = column.map(
      (each) => graph.edge(String(each.id), String(node.id), `${node.id}.${each.i}`) as Way,
    );
    const ways = edges
      .map(({ y, points }) => ({ y, points }))
      .sort((a, b) => b.y - a.y);
    column.forEach((each, i) => {
      (graph.node(String(each.id)) as Box).y = heights[i] ?? 0;
      Object.assign(edges[i] ?? {}, ways[i]);
    });
  }
}

/** A way that leaves at the right of its source and enters at the left of its target. */
function joined(from: Box | undefined, to: Box | undefined, points: Point[]): Point[] {
  const inner = points.slice(1, -1);
  const first = from ? { x: from.x + from.width / 2, y: from.y } : points[0];
  const last = to ? { x: to.x - to.width / 2, y: to.y } : points[points.length - 1];
  return [...(first ? [first] : []), ...inner, ...(last ? [last] : [])];
}

/** A way that is level under its label. */
function levelled(points: Point[], label: Point, half: number): Point[] {
  return points.flatMap((point) =>
    Math.abs(point.x - label.x) < 1 && Math.abs(point.y - label.y) < 1
      ? [{ x: label.x - half, y: label.y }, { x: label.x + half, y: label.y }]
      : [point],
  );
}

/** A smooth way through points: level at both ends. */
function curve(points: Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let path = `M${first.x.toFixed(1)},${first.y.toFixed(1)}`;
  let before = first;
  for (const point of rest) {
    const middle = (before.x + point.x) / 2;
    path += ` C${middle.toFixed(1)},${before.y.toFixed(1)} ${middle.toFixed(1)},${point.y.toFixed(1)} ${point.x.toFixed(1)},${point.y.toFixed(1)}`;
    before = point;
  }
  return path;
}

/** Columns by the longest way to the end, each in the order of what it is read by. */
function byColumns(flow: Flow, rank: number[], gates: Gates): Layout {
  const deepest = rank.reduce((a, b) => Math.max(a, b), 0);
  const columns: FlowNode[][] = Array.from({ length: deepest + 1 }, () => []);
  const drawn = flow.nodes.filter((node) => !gates.within.has(node.id));
  for (const node of drawn) columns[deepest - (rank[node.id] ?? 0)]?.push(node);
  const boxes: Box[] = new Array<Box>(flow.nodes.length);
  let left = 16;
  let height = 0;
  for (const column of columns) {
    const sizes = column.map((node) => sizeOf(node, gates.signs[node.id]));
    const widest = Math.max(...sizes.map((size) => size.width), 30);
    const label = column.map((node) => labelWidth(valueLabel(node), onWire(node.upstream)));
    let top = 16;
    column.forEach((node, i) => {
      const size = sizes[i] ?? { width: 30, height: 30 };
      boxes[node.id] = { id: node.id, x: left + widest / 2, y: top + HIGH / 2, ...size };
      top += ROW;
    });
    height = Math.max(height, top);
    left += widest + Math.max(...label, 60) + 46;
  }
  for (const column of columns) {
    const used = column.length * ROW;
    for (const node of column) {
      const box = boxes[node.id];
      if (box) box.y += (height - used) / 2;
    }
  }
  const wires: Wire[] = [];
  for (const node of flow.nodes) {
    const to = boxes[node.id];
    if (to === undefined) continue;
    node.inputs.forEach((x, input) => {
      const from = x.node === null ? undefined : boxes[x.node];
      if (from === undefined || x.node === null) return;
      const isLong = (rank[x.node] ?? 0) - (rank[node.id] ?? 0) > 1;
      const width = labelWidth(valueLabel(flow.nodes[x.node] ?? node), onWire(x.sends));
      // A wire that passes other columns goes below them, and is labelled where it arrives.
      const lane = Math.max(from.y, to.y) + ROW / 2 + 8 + (x.node % LANES) * 7;
      const label = isLong
        ? { x: to.x - to.width / 2 - width / 2 - 4, y: lane }
        : { x: from.x + from.width / 2 + width / 2 + 2, y: from.y };
      const level = { x: label.x + width / 2, y: label.y };
      const way = isLong
        ? [{ x: from.x + from.width / 2 + 40, y: lane }, { x: label.x - width / 2, y: lane }, level]
        : [level];
      const points = joined(from, to, [from, ...way, to]);
      wires.push({ key: `${node.id}.${input}`, source: x.node, target: node.id, input, path: curve(points), label });
    });
    if (node.is_end) {
      const start = { x: to.x + to.width / 2, y: to.y };
      const path = curve([start, { x: start.x + 120, y: to.y }]);
      const label = { x: start.x + 60, y: to.y };
      wires.push({ key: `end${node.id}`, source: node.id, target: null, input: 0, path, label });
    }
  }
  return { boxes, wires, width: left, height, gates };
}

export function describe(node: FlowNode): string {
  const what = node.op === "" ? node.name : `${node.name} = ${node.call}`;
  return `${what}, ${shapeOf(node.shape)}`;
}
