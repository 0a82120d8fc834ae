// The shapes in which the provider has been seen to write the headers of a pre-signed URL.

export const presignedHeaderShapes = ["host", "lists", "texts", "pairs", "objects", "empty", "none"] as const;

/**
 * `host`, as the live provider answers: a map of lists with `Host` alone. `lists`, `texts`, `pairs` and `objects` hold
 * further signed headers, as a map of lists, a map of texts, a list of pairs and a list of `{name, value}`. `empty` is an
 * empty list; with `none` the field is missing.
 */
export type PresignedHeaderShape = (typeof presignedHeaderShapes)[number];

export function isPresignedHeaderShape(value: unknown): value is PresignedHeaderShape {
  return (presignedHeaderShapes as readonly unknown[]).includes(value);
}

/** What is signed beside `Host`. Only the shapes that name further headers have any. */
export function signedHeadersOf(shape: PresignedHeaderShape, contentType: string | undefined): Record<string, string> {
  if (shape === "host" || shape === "empty" || shape === "none") return {};
  return {
    "x-amz-server-side-encryption": "AES256",
    ...(contentType === undefined ? {} : { "Content-Type": contentType }),
  };
}

/** The `headers` field of the answer; undefined where the answer has none. */
export function inShape(shape: PresignedHeaderShape, headers: Record<string, string>): unknown {
  const pairs = Object.entries(headers);
  switch (shape) {
    case "host":
    case "lists":
      return Object.fromEntries(pairs.map(([name, value]) => [name, [value]]));
    case "texts":
      return headers;
    case "pairs":
      return pairs;
    case "objects":
      return pairs.map(([name, value]) => ({ name, value }));
    case "empty":
      return [];
    case "none":
      return undefined;
  }
}
