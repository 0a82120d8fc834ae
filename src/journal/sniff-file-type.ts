// The bytes decide what a file is; its name and its declared type only have to agree. Nothing is decoded here.

import { extname } from "node:path";

export type DocumentContentType = "image/jpeg" | "image/png" | "application/pdf";

export type SniffedType =
  | { contentType: DocumentContentType }
  | { fault: "FILE_EMPTY" | "FILE_TYPE_NOT_ALLOWED" | "FILE_TYPE_MISMATCH"; message: string };

export interface SniffableFile {
  head: Buffer;
  fileName: string;
  declaredType: string;
}

interface AllowedType {
  contentType: DocumentContentType;
  aliases: readonly string[];
  extensions: readonly string[];
  magic: Buffer;
}

const allowedTypes: readonly AllowedType[] = [
  {
    contentType: "image/jpeg",
    aliases: ["image/jpg", "image/pjpeg"],
    extensions: [".jpg", ".jpeg"],
    magic: Buffer.from("ffd8ff", "hex"),
  },
  {
    contentType: "image/png",
    aliases: ["image/x-png"],
    extensions: [".png"],
    magic: Buffer.from("89504e470d0a1a0a", "hex"),
  },
  {
    contentType: "application/pdf",
    aliases: ["application/x-pdf"],
    extensions: [".pdf"],
    magic: Buffer.from("%PDF-"),
  },
];

const undeclared: ReadonlySet<string> = new Set(["", "application/octet-stream", "binary/octet-stream"]);

// What a browser would run if it took the file for a page.
const markup = /<(?:!doctype|html|head|body|script|iframe|svg[\s>]|\?php)/i;

// Control and direction characters make a name read differently from what it ends in.
const deceptive = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

export async function sniffFileType({ head, fileName, declaredType }: SniffableFile): Promise<SniffedType> {
  if (head.length === 0) return { fault: "FILE_EMPTY", message: "The file has no bytes." };
  const type = await findType(head);
  if (type === undefined || isPolyglot(head, type)) {
    return { fault: "FILE_TYPE_NOT_ALLOWED", message: "Only JPEG, PNG and PDF files are taken." };
  }
  const extension = extname(fileName).toLowerCase();
  const isKnownExtension = allowedTypes.some(({ extensions }) => extensions.includes(extension));
  if (deceptive.test(fileName) || (extension.length > 1 && !isKnownExtension)) {
    return { fault: "FILE_TYPE_NOT_ALLOWED", message: "The file name has to end in .jpg, .jpeg, .png or .pdf." };
  }
  if (isKnownExtension && !type.extensions.includes(extension)) {
    return { fault: "FILE_TYPE_MISMATCH", message: `The file is ${type.contentType}, its name says otherwise.` };
  }
  if (!agrees(declaredType, type)) {
    return { fault: "FILE_TYPE_MISMATCH", message: `The file is ${type.contentType}, it was declared otherwise.` };
  }
  return { contentType: type.contentType };
}

async function findType(head: Buffer): Promise<AllowedType | undefined> {
  // Loaded with the first file: to start takes long enough.
  const { fileTypeFromBuffer } = await import("file-type");
  const found = await fileTypeFromBuffer(head);
  // Some readers, and the sniffer with them, skip what stands before a file. Here it starts with its first byte.
  return allowedTypes.find(({ contentType, magic }) => {
    return contentType === found?.mime && head.subarray(0, magic.length).equals(magic);
  });
}

/** The same bytes may be a second thing to another reader: PDF readers look for their mark in the whole first kilobyte. */
function isPolyglot(head: Buffer, { contentType }: AllowedType): boolean {
  return (contentType !== "application/pdf" && head.includes("%PDF-")) || markup.test(head.toString("latin1"));
}

function agrees(declaredType: string, { contentType, aliases }: AllowedType): boolean {
  const declared = (declaredType.split(";")[0] ?? "").trim().toLowerCase();
  return undeclared.has(declared) || declared === contentType || aliases.includes(declared);
}
