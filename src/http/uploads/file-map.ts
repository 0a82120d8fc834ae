import { MalformedUpload } from "./upload-faults.js";

/**
 * Which file part belongs at which place of the operations. Refuses what the library lets through: a place that is not an
 * empty one of the request's own, and a file or a place that is named twice, since only one of them would ever be read.
 * What is not JSON of the right shape is left to the library to complain about.
 */
export function readFileMap(operationsText: string, mapText: string): Map<string, string> {
  const operations = parseJson(operationsText);
  const map = parseJson(mapText);
  const files = new Map<string, string>();
  if (typeof map !== "object" || map === null) return files;
  const taken = new Set<string>();
  for (const [name, paths] of Object.entries(map)) {
    if (!Array.isArray(paths)) return files;
    if (paths.length > 1) throw new MalformedUpload("A file can be used in one place only.");
    const path: unknown = paths[0];
    // A part without a place is ignored.
    if (typeof path !== "string") continue;
    if (taken.has(path)) throw new MalformedUpload("Two files cannot be used in one place.");
    if (valueAt(operations, path) !== null) {
      throw new MalformedUpload("Every path of the 'map' field has to lead to a null in 'operations'.");
    }
    taken.add(path);
    files.set(name, path);
  }
  return files;
}

/** Own properties only: what every object inherits is no place for a file. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
