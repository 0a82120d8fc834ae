// Values that can be recognised wherever they turn up, in whatever spelling.

export interface Leak {
  where: string;
  name: string;
  around: string;
}

/** The plain text, and what it becomes in a URL, in base64, in hex and as a printed buffer. */
function spellingsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  // The outer letters of base64 depend on what stands beside the value.
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    return text.slice(Math.ceil((offset * 8) / 6) + 1, -5);
  });
  const escaped = JSON.stringify(value).slice(1, -1);
  return [
    value,
    escaped,
    encodeURIComponent(value),
    bytes.toString("hex"),
    [...bytes].join(","),
    [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
    ...base64.filter((text) => text.length >= 8),
  ];
}

/** Every place where a canary is found, whether its letters are great or small. */
export function leaksOf(canaries: Readonly<Record<string, string>>, written: Readonly<Record<string, string>>): Leak[] {
  const leaks: Leak[] = [];
  for (const [where, text] of Object.entries(written)) {
    const lower = text.toLowerCase();
    for (const [name, value] of Object.entries(canaries)) {
      if (value.length < 6) throw new Error(`The canary ${name} is too short to be told from chance.`);
      const found = spellingsOf(value)
        .map((spelling) => lower.indexOf(spelling.toLowerCase()))
        .find((index) => index >= 0);
      if (found !== undefined) leaks.push({ where, name, around: text.slice(Math.max(0, found - 150), found + 100) });
    }
  }
  return leaks;
}
