// The life of a playground: what is set, the training that is made of it, and the moment that is shown.

import type { Card, Trouble } from "./flow";
import { numbers, unkept, type Frame } from "./frames";
import { nearest, says, type Unit } from "./moment";
import { NOBODY, USUAL, decoded, read, written, type Begun, type Points, type Settings } from "./play";
import { Player, type KeptPlay, type Pace } from "./player";
import type { Talk } from "./talk";

const SETTLED = 250; // ms after the last change until the training begins anew
const SAID_EVERY = 3000; // ms between two sentences that are read out
const LONGEST_FILE = 240_000; // bytes; the server says the same of characters
const UNREAD = "Not all that the address holds could be read: what is usual stands in its place.";

export const WAITS = "Set points of at least two classes, or open a table: then there is something to learn.";

export class Session {
  settings = $state.raw<Settings>(USUAL);
  own = $state.raw<Points>(NOBODY);
  begun = $state.raw<Begun | null>(null);
  frame = $state.raw<Frame | null>(null);
  trouble = $state.raw<Trouble | null>(null);
  note = $state("");
  said = $state(""); // what is read out
  playing = $state(false);
  compiling = $state(false);
  // Who asked for less motion is shown less of it.
  pace = $state<Pace>(matchMedia("(prefers-reduced-motion: reduce)").matches ? "slow" : "steady");
  layer = $state(0); // that bends the plane
  axes = $state.raw<number[]>([]); // two units of it, or none
  chosen = $state.raw<Unit | null>(null); // a unit in the field

  readonly isOwn = $derived.by(() => this.settings.data === "own");
  readonly waits = $derived.by(() => this.isOwn && new Set(this.own.label).size < 2);
  readonly epochs = $derived.by(() =>
    this.film.length > 0
      ? this.film.map((each) => each.epoch)
      : Array.from(numbers(this.frame?.arrays.epochs)),
  );
  readonly at = $derived.by(() => (this.frame === null ? 0 : nearest(this.epochs, this.frame.epoch)));
  readonly isPast = $derived.by(() => this.frame !== null && this.frame.epoch < this.frame.present);
  readonly sentence = $derived.by(() => (this.frame === null ? "" : says(this.frame)));
  readonly fits = $derived.by(() => written(this.settings, this.own)); // null: too long for an address
  readonly fragment = $derived.by(
    () => `#view=play&play=${encodeURIComponent(this.fits ?? written(this.settings, NOBODY) ?? "")}`,
  );

  readonly isLive: boolean;
  private readonly film: Frame[]; // of what was kept
  private player: Player | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastAddress: string | null;
  private lastSaid = 0;

  constructor(
    readonly talk: Talk | null, // null: what was kept is shown, and nothing is trained
    kept: KeptPlay | null,
    address: string | null,
    private readonly go: (address: string | null) => void,
  ) {
    const found = read(address);
    this.settings = kept?.begun.settings ?? found.settings;
    this.own = found.own;
    this.note = found.isWhole ? "" : UNREAD;
    this.begun = kept?.begun ?? null;
    this.film = kept?.frames.map(unkept) ?? [];
    this.frame = this.film.at(-1) ?? null;
    this.isLive = talk !== null;
    this.lastAddress = address;
  }

  /** Follow a training, until what is returned is called. */
  follow(): () => void {
    if (this.talk === null) return () => undefined;
    this.player = new Player(this.talk, {
      begun: (found) => {
        this.begun = found;
        this.trouble = null;
      },
      frame: (found) => {
        this.frame = found;
        this.playing = found.plays;
        this.compiling = false;
        this.sayNow(found);
      },
      trouble: (found) => {
        this.trouble = found;
        this.playing = false;
        this.compiling = false;
        this.said = found.what;
      },
      opened: (again) => {
        if (again) this.note = "The connection was lost, and the training with it. It begins anew.";
        this.begin(false);
      },
      closed: () => {
        this.playing = false;
        this.compiling = false;
      },
    });
    return () => {
      clearTimeout(this.timer);
      this.player?.close();
    };
  }

  /** Another address: gone back to, or typed. */
  moved(address: string | null): void {
    if (address === this.lastAddress || !this.isLive) return;
    this.lastAddress = address;
    const found = read(address);
    this.settings = found.settings;
    this.own = found.own;
    this.note = found.isWhole ? "" : UNREAD;
    this.begin(false);
  }

  begin(plays: boolean): void {
    clearTimeout(this.timer);
    this.trouble = null;
    if (this.waits) {
      this.begun = null;
      this.frame = null;
      this.playing = false;
      this.compiling = false;
      this.chosen = null;
      if (this.isLive) this.said = WAITS;
      this.player?.rest();
      return;
    }
    this.compiling = true;
    const { layers } = this.settings;
    if (this.chosen !== null && this.chosen.unit >= (layers[this.chosen.layer] ?? 0)) this.chosen = null;
    this.layer = Math.min(this.layer, Math.max(0, layers.length - 1));
    if (this.axes.some((unit) => unit >= (layers[this.layer] ?? 0))) this.axes = [];
    const looked = { pace: this.pace, layer: this.layer, units: this.axes };
    this.player?.begin(this.settings, this.own, plays, looked);
  }

  change(next: Partial<Settings>): void {
    this.settings = { ...this.settings, ...next };
    this.anew();
  }

  changeOwn(next: Points): void {
    this.own = next;
    this.anew();
  }

  /** Take the points of a file. */
  async take(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    if (file.size > LONGEST_FILE) {
      const what = `This file has ${Math.round(file.size / 1000)} kB; ${LONGEST_FILE / 1000} kB are the most.`;
      this.trouble = { what, do: "Leave columns and rows out: three columns are read." };
      return;
    }
    await this.table(decoded(await file.arrayBuffer()));
  }

  /** Take the points of a table; whether it could be read. */
  async table(text: string): Promise<boolean> {
    const card = await this.talk?.ask({ ask: "table", text });
    if (card?.card === "table") {
      this.trouble = null;
      this.settings = { ...this.settings, data: "own" };
      this.changeOwn(card.points);
      return true;
    }
    if (card?.card === "error") this.trouble = card.error;
    return false;
  }

  play(): void {
    if (this.waits || this.begun === null || this.film.length > 0) return;
    this.note = "";
    this.trouble = null;
    this.playing = !this.playing;
    this.player?.order(this.playing ? "play" : "pause");
  }

  step(): void {
    this.trouble = null;
    this.playing = false;
    this.player?.order("step");
  }

  keepPace(): void {
    this.player?.order("pace", { pace: this.pace });
  }

  look(): void {
    this.player?.order("look", { layer: this.layer, units: this.axes });
  }

  choose(layer: number, unit: number): void {
    this.chosen = this.chosen?.layer === layer && this.chosen.unit === unit ? null : { layer, unit };
  }

  /** Show a moment by its place among those that are kept. */
  show(index: number): void {
    const i = Math.max(0, Math.min(index, this.epochs.length - 1));
    this.playing = false;
    if (this.film.length > 0) this.frame = this.film[i] ?? this.frame;
    else if (i === this.epochs.length - 1) this.player?.past(this.frame?.present ?? 0);
    else this.player?.past(this.epochs[i] ?? 0);
  }

  /** The script that trains the same net as far. */
  async script(of: Begun, now: Frame): Promise<Card | null> {
    const points = of.settings.data === "own" ? of.points : null;
    const question = { ask: "code", settings: of.settings, points, epochs: now.present };
    return (await this.talk?.ask(question)) ?? null;
  }

  /** All that is needed to show this without a server. */
  async keep(): Promise<KeptPlay | null> {
    if (this.player === null || this.begun === null || this.frame === null) return null;
    const now = this.frame.present;
    this.playing = false;
    const found = await this.player.keep(this.begun, this.epochs);
    this.player.past(now);
    return found;
  }

  private anew(): void {
    this.remember();
    const plays = this.playing;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.begin(plays), SETTLED);
  }

  private remember(): void {
    const text = written(this.settings, this.own);
    this.note = text === null ? "These points are too many for an address: only the settings are kept in it." : "";
    this.lastAddress = text ?? written(this.settings, NOBODY);
    this.go(this.lastAddress);
  }

  private sayNow(of: Frame): void {
    const now = performance.now();
    if (of.plays && now - this.lastSaid < SAID_EVERY) return;
    this.lastSaid = now;
    this.said = says(of);
  }
}
