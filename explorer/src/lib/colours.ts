// Colours that colour-blind readers can tell apart, on light and on dark paper.
// Source: Okabe and Ito 2008, "Color universal design". The engine's own pictures have the same.

export type Colour = readonly [red: number, green: number, blue: number];

export interface Palette {
  isDark: boolean;
  paper: Colour;
  ink: Colour;
  negative: Colour; // and class 0
  positive: Colour; // and class 1
  classes: readonly Colour[];
}

const LIGHT: Palette = {
  isDark: false,
  paper: [255, 255, 255],
  ink: [27, 33, 44],
  negative: [0, 114, 178],
  positive: [213, 94, 0],
  classes: [
    [0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167],
    [230, 159, 0], [86, 180, 233], [110, 110, 110], [150, 130, 20],
  ],
}; // prettier-ignore

// The same hues, lighter: they stand on dark paper as the others do on white.
const DARK: Palette = {
  isDark: true,
  paper: [26, 30, 37],
  ink: [233, 235, 239],
  negative: [78, 174, 232],
  positive: [255, 148, 66],
  classes: [
    [78, 174, 232], [255, 148, 66], [64, 206, 160], [232, 154, 197],
    [245, 196, 80], [150, 212, 250], [175, 175, 175], [210, 195, 90],
  ],
}; // prettier-ignore

/** How strongly an area may be coloured at most: points and lines still stand out on it. */
const STRONGEST = 0.62;

export function palette(): Palette {
  const set = document.documentElement.dataset.theme;
  const isDark =
    set === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : set === "dark";
  return isDark ? DARK : LIGHT;
}

/** Tells the palette whenever it changes, until the function that comes back is called. */
export function onPalette(told: (palette: Palette) => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const changed = () => told(palette());
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", changed);
  return () => {
    watch.disconnect();
    system.removeEventListener("change", changed);
  };
}

export function mixed(from: Colour, to: Colour, share: number): Colour {
  const part = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * share);
  return [part(0), part(1), part(2)];
}

export function css(colour: Colour, alpha = 1): string {
  return `rgb(${colour[0]} ${colour[1]} ${colour[2]} / ${alpha})`;
}

export function ofClass(palette: Palette, number: number): Colour {
  return palette.classes[number % palette.classes.length] ?? palette.ink;
}

/** From −1 (blue) over 0 (paper) to 1 (orange): an area. */
export function diverging(palette: Palette, x: number, strongest = STRONGEST): Colour {
  const share = Number.isFinite(x) ? Math.max(-1, Math.min(1, x)) : 0;
  const end = share < 0 ? palette.negative : palette.positive;
  return mixed(palette.paper, end, Math.abs(share) * strongest);
}

/** The area of a class, the paler the less sure it is. */
export function area(palette: Palette, number: number, strength: number): Colour {
  const share = Math.max(0, Math.min(1, strength));
  return mixed(palette.paper, ofClass(palette, number), share * STRONGEST);
}
