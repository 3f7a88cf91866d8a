// A frame: what is shown of one moment. Its bytes are those that play_frame.py writes; nothing of it
// is computed here. A frame can be kept as text and shown again without a server.

export interface LayerNumbers {
  gradient: number | null;
  ratio: number | null;
  verdict: "low" | "ok" | "high" | "unknown"; // of the ratio, as the checkup has it
  dead: number[];
  saturated: number[];
}

export interface Warp {
  layer: number;
  how: "units" | "principal";
  axes: string[];
  shares: (number | null)[];
}

export interface Head {
  run: number;
  plays: boolean;
  present: number; // epochs that the training has come to
  ticket: number | null;
  epoch: number; // that is shown
  steps: number;
  loss: { train: number | null; test: number | null };
  accuracy: { train: number | null; test: number | null };
  objective: number | null;
  layers: LayerNumbers[];
  warp: Warp | null;
  reach?: (number | null)[]; // of each unit: its largest activation in the picture
}

type Arrays = Record<string, Int8Array | Uint8Array | Int32Array | Float32Array>;

export interface Frame extends Head {
  arrays: Arrays;
}

export interface KeptFrame {
  head: Head;
  arrays: Record<string, { type: string; data: string }>;
}

const KINDS = { int8: Int8Array, uint8: Uint8Array, int32: Int32Array, float32: Float32Array };
const ALIGNED = 8;

export function readFrame(bytes: ArrayBuffer): Frame {
  const length = new DataView(bytes).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(bytes, 4, length));
  const { arrays: named, ...head } = JSON.parse(text) as Head & {
    arrays: [name: string, type: keyof typeof KINDS, size: number][];
  };
  const arrays: Arrays = {};
  let place = aligned(length + 4);
  for (const [name, type, size] of named) {
    arrays[name] = new KINDS[type](bytes, place, size);
    place = aligned(place + size * KINDS[type].BYTES_PER_ELEMENT);
  }
  return { ...head, arrays };
}

function aligned(place: number): number {
  return Math.ceil(place / ALIGNED) * ALIGNED;
}

/** A frame as plain JSON. */
export function kept(frame: Frame): KeptFrame {
  const { arrays, ...head } = frame;
  const found: KeptFrame["arrays"] = {};
  for (const [name, array] of Object.entries(arrays)) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    const type = Object.entries(KINDS).find(([, kind]) => array instanceof kind)?.[0] ?? "uint8";
    found[name] = { type, data: btoa(text) };
  }
  return { head, arrays: found };
}

/** The reverse. */
export function unkept(frame: KeptFrame): Frame {
  const arrays: Arrays = {};
  for (const [name, { type, data }] of Object.entries(frame.arrays)) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    arrays[name] = new (KINDS[type as keyof typeof KINDS] ?? Uint8Array)(bytes.buffer);
  }
  return { ...frame.head, arrays };
}

/** Numbers of a frame where an array is asked for: they are read by index alone. */
export function numbers(array: Arrays[string] | undefined): number[] {
  return (array ?? []) as unknown as number[];
}
