// What is read of a frame: its pictures as numbers, and the sentences that tell it.

import { numbers, type Frame } from "./frames";
import { written as number } from "./numbers";
import type { Begun } from "./play";

export interface Unit {
  layer: number;
  unit: number;
}

const SHARES = 255; // of a byte that stands for 1

/** Bytes as shares from 0 to 1. */
export function shares(bytes: Frame["arrays"][string] | undefined): number[] {
  return numbers(bytes === undefined ? undefined : Float32Array.from(bytes, (x) => x / SHARES));
}

/** Cells on a side of the picture of the plane. */
export function cellsOfPlane(frame: Frame | null): number {
  return Math.round(Math.sqrt(frame?.arrays.surface?.length ?? 0));
}

/** Cells on a side of the picture of each unit. */
export function cellsOfUnit(begun: Begun | null, frame: Frame | null): number {
  const units = begun?.settings.layers.reduce((sum, count) => sum + count, 0) ?? 0;
  return units === 0 ? 0 : Math.round(Math.sqrt((frame?.arrays.units?.length ?? 0) / units));
}

/** The picture of a unit. */
export function unitGrid(of: Unit, begun: Begun | null, frame: Frame | null): number[] {
  const before = begun?.settings.layers.slice(0, of.layer).reduce((sum, count) => sum + count, 0) ?? 0;
  const size = cellsOfUnit(begun, frame) ** 2;
  const place = (before + of.unit) * size;
  return numbers(frame?.arrays.units?.subarray(place, place + size));
}

/** The place of the first of these epochs that is not before this one. */
export function nearest(epochs: number[], epoch: number): number {
  const i = epochs.findIndex((each) => each >= epoch);
  return i < 0 ? Math.max(0, epochs.length - 1) : i;
}

export function percent(x: number | null): string {
  return x === null ? "" : `${number(Math.round(1000 * x) / 10)} % right`;
}

export function says(of: Frame): string {
  const part = (name: string, which: "train" | "test") =>
    of.accuracy[which] === null ? "" : `${name} loss ${number(of.loss[which] ?? "out of bounds")}, ${percent(of.accuracy[which])}`;
  const dead = of.layers.reduce((sum, each) => sum + each.dead.length, 0);
  const parts = [part("training", "train"), part("test", "test")].filter((text) => text !== "");
  const more = dead === 0 ? "" : ` ${dead} dead ${dead === 1 ? "unit" : "units"}.`;
  return `Epoch ${of.epoch}: ${parts.join("; ")}.${more}`;
}

export function warpSays(of: Frame): string {
  const warp = of.warp;
  if (warp === null) return "";
  if (warp.how === "units") return `Across and up: ${warp.axes.join(" and ")} of layer ${warp.layer + 1}, as they are.`;
  const parts = warp.shares.map((share) => `${number(Math.round(100 * (share ?? 0)))} %`);
  return `Across and up: the first two principal directions of layer ${warp.layer + 1}, with ${parts.join(" and ")} of the spread.`;
}
