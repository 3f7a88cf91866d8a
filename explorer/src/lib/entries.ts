// Entries of arrays: how they are named in the address, and where they stand.

export interface Lit {
  name: string;
  entry: number[];
}

/** "x[0,2]" of the address; a number without axes is "x[]". */
export function readLit(text: string | null): Lit | null {
  const found = text === null ? null : /^(.*)\[([\d,]*)\]$/s.exec(text);
  if (found === null || found === undefined) return null;
  const places = (found[2] ?? "").split(",").filter((each) => each !== "");
  return { name: found[1] ?? "", entry: places.map(Number) };
}

export function writeLit(name: string, entry: number[]): string {
  return `${name}[${entry.join(",")}]`;
}

/** "0,2" of the address: null where nothing is asked, no axes for all of it. */
export function readEntry(text: string | null): number[] | null {
  if (text === null || !/^[\d,]*$/.test(text)) return null;
  return text.split(",").filter((each) => each !== "").map(Number);
}

/** The place of an entry that is counted through all axes. */
export function entryOf(place: number, shape: number[]): number[] {
  const entry: number[] = [];
  for (const length of [...shape].reverse()) {
    entry.unshift(place % length);
    place = Math.floor(place / length);
  }
  return entry;
}

export function placeOf(entry: number[], shape: number[]): number {
  return entry.reduce((place, k, i) => place * (shape[i] ?? 1) + k, 0);
}

/** Rows and columns of an array as a matrix: a vector is one row, more axes are stacked. */
export function flatShape(shape: number[]): [number, number] {
  const columns = shape.at(-1) ?? 1;
  return [shape.slice(0, -1).reduce((a, b) => a * b, 1), columns];
}
