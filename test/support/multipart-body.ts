import { randomUUID } from "node:crypto";

export interface FilePart {
  name: string;
  fileName?: string;
  contentType?: string;
  content: Buffer | string;
}

export interface FieldPart {
  name: string;
  value: string;
}

export type Part = FilePart | FieldPart;

export interface MultipartBody {
  contentType: string;
  bytes: Buffer;
}

/** A multipart body with exactly these parts in exactly this order, however wrong they are. */
export function multipartBody(parts: Part[], boundary = `b-${randomUUID()}`): MultipartBody {
  const chunks = parts.flatMap((part) => [partHead(part, boundary), partContent(part), Buffer.from("\r\n")]);
  const bytes = Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes };
}

/** The two fields of the GraphQL multipart specification for files at `variables.files.N`, part names "0", "1", … */
export function operationFields(fileCount: number): FieldPart[] {
  const indexes = Array.from({ length: fileCount }, (_, index) => index);
  const operations = { query: "mutation ($files: [Upload!]!) { x }", variables: { files: indexes.map(() => null) } };
  const map = Object.fromEntries(indexes.map((index) => [index, [`variables.files.${index}`]]));
  return [
    { name: "operations", value: JSON.stringify(operations) },
    { name: "map", value: JSON.stringify(map) },
  ];
}

export function partHead(part: Part, boundary: string): Buffer {
  const lines = [`--${boundary}`];
  if ("value" in part) {
    lines.push(`Content-Disposition: form-data; name="${part.name}"`);
  } else {
    lines.push(
      `Content-Disposition: form-data; name="${part.name}"; filename="${part.fileName ?? `${part.name}.bin`}"`,
    );
    lines.push(`Content-Type: ${part.contentType ?? "application/octet-stream"}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}

function partContent(part: Part): Buffer {
  return Buffer.from("value" in part ? part.value : part.content);
}
