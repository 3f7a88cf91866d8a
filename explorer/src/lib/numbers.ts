// Numbers as people read them. All of them come from the engine; here they are only written.

import type { Amount, Numbers } from "./flow";

const DIGITS = 4;
const FEW_DIGITS = 2; // of a range: it tells a size
const IN_A_ROW = 4; // entries of an array that fit on a wire
const LONGEST_ROW = 22; // characters of them

export function written(x: Numbers | null, digits = DIGITS): string {
  if (x === null) return "";
  if (Array.isArray(x)) return `[${x.map((each) => written(each, digits)).join(" ")}]`;
  if (typeof x === "boolean") return x ? "true" : "false";
  if (typeof x === "string") return x === "inf" ? "∞" : x === "-inf" ? "−∞" : x;
  const short = Number(x.toPrecision(digits));
  const size = Math.abs(short);
  const text =
    size !== 0 && (size >= 1e6 || size < 1e-4)
      ? short.toExponential().replace("e+", "e")
      : String(short);
  return text.replaceAll("-", "−").replace(/^−0$/, "0");
}

/** A number, a few of them, or from where to where. */
export function brief(amount: Amount | null): string {
  if (amount === null) return "";
  if (amount.size === 0) return "empty";
  if (amount.numbers !== null && amount.size === 1) return written(flat(amount.numbers)[0] ?? null);
  if (isRow(amount)) return written(amount.numbers);
  if (amount.not_finite > 0) return `${amount.not_finite} not finite`;
  if (amount.least === amount.most) return `all ${written(amount.least)}`;
  return `${written(amount.least)} … ${written(amount.most)}`;
}

/** What stands on a wire: a range is told shortly there. */
export function onWire(amount: Amount | null): string {
  const text = brief(amount);
  if (amount === null || !text.includes(" … ")) return text;
  return `${written(amount.least, FEW_DIGITS)}…${written(amount.most, FEW_DIGITS)}`;
}

/** Whether an array is short enough to be written out on a wire. */
export function isRow(amount: Amount): boolean {
  const fits = amount.numbers !== null && amount.size <= IN_A_ROW && amount.shape.length === 1;
  return fits && written(amount.numbers).length <= LONGEST_ROW;
}

export function flat(x: Numbers): Numbers[] {
  return Array.isArray(x) ? x.flatMap(flat) : [x];
}

export function shapeOf(shape: number[]): string {
  if (shape.length === 0) return "a number";
  return shape.length === 1 ? `${shape[0]} numbers` : shape.join(" × ");
}

export function bytes(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let i = 0;
  while (n >= 1024 && i < units.length - 1) {
    n /= 1024;
    i += 1;
  }
  return `${written(n)} ${units[i]}`;
}

/** In words, for those who hear the page. */
export function said(amount: Amount | null): string {
  return amount === null ? "none" : brief(amount).replaceAll("−", "minus ");
}
