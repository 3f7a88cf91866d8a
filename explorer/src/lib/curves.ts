// The one door to uPlot: lines over epochs, in the page's own colours.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Line {
  label: string;
  values: ArrayLike<number>;
  stride?: number; // of several numbers an epoch, the place of the first and the distance
  offset?: number;
  colour: string;
  dashed?: boolean;
}

export interface Curves {
  epochs: ArrayLike<number>;
  lines: Line[];
  now: number; // the epoch that is shown
  logarithmic: boolean;
}

const AXIS = 46; // px for the numbers on the left
const FONT = "12px system-ui, sans-serif";

export class Chart {
  private plot: uPlot | null = null;
  private drawn = "";
  private now = 0;

  constructor(private readonly place: HTMLElement) {}

  draw(curves: Curves, width: number, height: number): void {
    const [ink, rule, accent] = ["--muted", "--line", "--accent"].map((name) => this.colour(name));
    const key = JSON.stringify([
      curves.lines.map((line) => [line.label, line.colour]), curves.logarithmic, ink, rule,
    ]); // prettier-ignore
    this.now = curves.now;
    const data = [Array.from(curves.epochs), ...curves.lines.map((line) => column(line, curves))];
    if (this.plot === null || key !== this.drawn) {
      this.plot?.destroy();
      this.drawn = key;
      const axis = { stroke: ink, font: FONT, grid: { stroke: rule, width: 1 }, ticks: { show: false } };
      this.plot = new uPlot(
        {
          width,
          height,
          padding: [8, 10, 0, 0],
          legend: { show: false },
          cursor: { show: false },
          scales: {
            x: { time: false },
            y: curves.logarithmic ? { distr: 3 } : { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] },
          },
          axes: [
            { ...axis, size: 26, gap: 3 },
            { ...axis, size: AXIS, gap: 4, values: (_, ticks) => ticks.map(short) },
          ],
          series: [
            {},
            ...curves.lines.map((line) => ({
              label: line.label,
              stroke: line.colour,
              width: 2,
              dash: line.dashed === true ? [5, 4] : undefined,
              points: { show: false },
              spanGaps: true,
            })),
          ],
          hooks: { draw: [(plot: uPlot) => this.mark(plot, accent ?? "")] },
        } as uPlot.Options,
        data as uPlot.AlignedData,
        this.place,
      );
      return;
    }
    if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
    this.plot.setData(data as uPlot.AlignedData);
  }

  destroy(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  /** A colour of the page as a canvas takes it. */
  private colour(name: string): string {
    this.place.style.color = `var(${name})`;
    return getComputedStyle(this.place).color;
  }

  /** A line at the epoch that is shown. */
  private mark(plot: uPlot, colour: string): void {
    const x = Math.round(plot.valToPos(this.now, "x", true));
    const { left, top, width, height } = plot.bbox;
    if (x < left || x > left + width) return;
    plot.ctx.save();
    plot.ctx.strokeStyle = colour;
    plot.ctx.lineWidth = devicePixelRatio;
    plot.ctx.setLineDash([]);
    plot.ctx.beginPath();
    plot.ctx.moveTo(x, top);
    plot.ctx.lineTo(x, top + height);
    plot.ctx.stroke();
    plot.ctx.restore();
  }
}

function column(line: Line, curves: Curves): (number | null)[] {
  const stride = line.stride ?? 1;
  const offset = line.offset ?? 0;
  const found: (number | null)[] = [];
  for (let i = 0; i < curves.epochs.length; i += 1) {
    const x = line.values[i * stride + offset] ?? NaN;
    found.push(Number.isFinite(x) && !(curves.logarithmic && x <= 0) ? x : null);
  }
  return found;
}

function short(x: number | null): string {
  if (x === null) return "";
  const size = Math.abs(x);
  const text = size !== 0 && (size >= 1e4 || size < 1e-3) ? x.toExponential(0).replace("e+", "e") : String(Number(x.toPrecision(3)));
  return text.replaceAll("-", "−");
}
