// What the library leaves open between its parser and a hostile request.

import type { Readable, Writable } from "node:stream";
import { readFileMap } from "./file-map.js";
import { MalformedUpload, toUploadFault, type UploadFault } from "./upload-faults.js";

type FieldListener = (name: string, value: string, info: unknown) => void;

export interface ParserGuard {
  /** Part name → place in the operations; filled once the `map` field was read. */
  fileMap: ReadonlyMap<string, string>;
}

export function guardParser(parser: Writable, fail: (fault: UploadFault) => void): ParserGuard {
  const guard: ParserGuard = { fileMap: new Map() };
  const expected = new Set<string>();
  let operations: string | undefined;

  // The library listens for one error only, and a broken part brings two: the second would end the process.
  parser.on("error", (error) => fail(toUploadFault(error)));

  // The map is checked before the library follows its paths.
  const [passOn] = parser.listeners("field") as FieldListener[];
  parser.removeAllListeners("field");
  parser.on("field", (name: string, value: string, info: unknown) => {
    try {
      // The parser puts it where the bytes were no UTF-8.
      if (value.includes("\uFFFD")) throw new MalformedUpload("The fields must be valid UTF-8.");
      if (name === "operations") operations = value;
      if (name === "map" && operations !== undefined) guard.fileMap = readFileMap(operations, value);
    } catch (error) {
      return fail(toUploadFault(error));
    }
    for (const fileName of guard.fileMap.keys()) expected.add(fileName);
    passOn?.(name, value, info);
  });

  // A part that nobody waits for, or that comes a second time, would hold up all that follow.
  parser.on("file", (name: string | undefined, stream: Readable) => {
    if (name !== undefined && expected.delete(name)) return;
    stream.on("error", () => undefined).resume();
  });
  return guard;
}
