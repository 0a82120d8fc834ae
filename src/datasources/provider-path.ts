import { ProviderError } from "./provider-error.js";

// Ids come from callers. One that the URL would swallow ("", "..") must never turn into the path of something else.
const maxSegmentLength = 255;

/** A path below the API's root: providerPath`/customer/${id}/files`. */
export function providerPath(parts: TemplateStringsArray, ...ids: string[]): string {
  return parts.reduce((path, part, index) => path + toSegment(ids[index - 1] as string) + part);
}

function toSegment(id: string): string {
  const segment = encode(id);
  if (segment === "" || segment.length > maxSegmentLength || /^\.+$/.test(segment)) {
    throw new ProviderError("NOT_FOUND", "An id that no path can hold is not the provider's.", {
      outcome: "NOT_DONE",
      isUnsent: true,
    });
  }
  return segment;
}

/** Empty for half a character, which no URL can carry. */
function encode(id: string): string {
  try {
    return encodeURIComponent(id);
  } catch {
    return "";
  }
}
