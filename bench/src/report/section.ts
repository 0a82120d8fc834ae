// What a scenario hands back to be written down.

export interface Table {
  head: string[];
  rows: string[][];
}

/** One line of what the gateway has to hold. */
export interface Bound {
  what: string;
  limit: string;
  measured: string;
  isHeld: boolean;
}

export interface Section {
  title: string;
  /** How it was measured, a sentence or two. */
  text: string[];
  tables: Table[];
  bounds: Bound[];
}
