// All files of a call are looked at before the first of them is sent, so that every fault is told at once.

import type { DocumentCategory } from "../schema/document.enum.js";
import { Rejection, type UserErrorFields } from "../schema/rejection.js";
import type { ReceivedFile } from "../schema/upload.scalar.js";
import type { CheckedFile } from "./documents.js";
import { sniffFileType } from "./sniff-file-type.js";

export interface FileToCheck {
  /** Where in the input the file stands. */
  path: string[];
  category: DocumentCategory;
  file: ReceivedFile;
}

export async function checkFiles(files: readonly FileToCheck[], maxBytes: number): Promise<CheckedFile[]> {
  const faults: UserErrorFields[] = [];
  const checked: CheckedFile[] = [];
  for (const { path, category, file } of files) {
    if (file.isTruncated) {
      faults.push({ field: path, code: "FILE_TOO_LARGE", message: `The file is larger than ${maxBytes} bytes.` });
      continue;
    }
    const type = await sniffFileType(file);
    if ("fault" in type) {
      faults.push({ field: path, code: type.fault, message: type.message });
      continue;
    }
    const { fileName, size, sha256 } = file;
    checked.push({ category, fileName, size, sha256, contentType: type.contentType, open: () => file.open() });
  }
  if (faults.length > 0) throw new Rejection(faults);
  return checked;
}
