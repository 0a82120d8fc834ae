// What a page shows beside what a run brings. An id, a cursor or a URL differs from run to run: the one that is shown
// stands for the one that came, wherever the page uses it afterwards. Everything else has to be equal.

const standIns = /^(id|.*[cC]ursor|url|transactionId|merchantReference|reference|requestId)$/;
const time = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

export class ShownValues {
  /** By what is shown: what came in its place. */
  readonly #came = new Map<string, string>();

  /** Throws where the two differ, and says where. */
  match(shown: unknown, came: unknown, path = "the answer"): void {
    if (Array.isArray(shown) && Array.isArray(came)) {
      if (shown.length !== came.length) differ(path, shown, came);
      for (const [index, item] of shown.entries()) this.match(item, came[index], `${path}.${index}`);
    } else if (isObject(shown) && isObject(came)) {
      if (Object.keys(shown).sort().join() !== Object.keys(came).sort().join()) differ(path, shown, came);
      for (const [key, value] of Object.entries(shown)) this.match(value, came[key], `${path}.${key}`);
    } else if (typeof shown === "string" && typeof came === "string") {
      this.#matchText(shown, came, path);
    } else if (shown !== came) {
      differ(path, shown, came);
    }
  }

  /** A text of the page with the run's own values in it. */
  settle(text: string): string {
    let settled = text;
    // A URL may hold an id: the longer of the two is looked for first.
    const byLength = [...this.#came].sort(([one], [other]) => other.length - one.length);
    for (const [shown, came] of byLength) settled = settled.replaceAll(shown, came);
    return settled;
  }

  bind(shown: string, came: string): void {
    if (shown !== came) this.#came.set(shown, came);
  }

  #matchText(shown: string, came: string, path: string): void {
    const known = this.#came.get(shown);
    if (known === came || shown === came || (time.test(shown) && time.test(came))) return;
    const isStandIn = standIns.test(path.slice(path.lastIndexOf(".") + 1));
    if (known !== undefined || !isStandIn || formOf(shown) !== formOf(came)) differ(path, shown, came);
    this.bind(shown, came);
  }
}

function formOf(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return "uuid";
  return /^https?:/.test(text) ? "url" : "token";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function differ(path: string, shown: unknown, came: unknown): never {
  throw new Error(`${path}: the page shows ${JSON.stringify(shown)}, and ${JSON.stringify(came)} came.`);
}
