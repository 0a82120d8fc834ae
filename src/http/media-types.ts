// In which of its two media types an answer is given.

export const jsonType = "application/json";
export const responseType = "application/graphql-response+json";

/** The newer type for whoever names it, and does not like the older one better. */
export function mediaTypeFor(accept: string | undefined): string {
  const weights = new Map<string, number>();
  for (const item of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
    // Of two that weigh the same, the one that is named first counts.
    if (!weights.has(type)) weights.set(type, (Number.isNaN(weight) ? 0 : weight) - weights.size * 1e-6);
  }
  const newer = weights.get(responseType) ?? 0;
  return newer > 0 && newer > (weights.get(jsonType) ?? 0) ? responseType : jsonType;
}

/** For those who name one and nothing else. Null: what the client would like better is for the server to choose. */
export function usualMediaType(accept: string | undefined): string | null {
  if (accept === undefined || accept === "*/*" || accept === jsonType) return usualJson;
  return accept === responseType ? usualResponse : null;
}

export const usualJson = `${jsonType}; charset=utf-8`;
const usualResponse = `${responseType}; charset=utf-8`;
