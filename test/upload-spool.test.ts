import { createHash, randomBytes } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { type SpoolDirectory, startSpoolDirectory } from "../src/http/uploads/spool-directory.js";
import { type IncomingFile, type SpooledFile, spoolFile } from "../src/http/uploads/spool-file.js";
import { UploadAborted } from "../src/http/uploads/upload-faults.js";
import { type SniffedType, sniffFileType } from "../src/journal/sniff-file-type.js";
import { canSeeNameless, spooledIn } from "./support/spool-descriptors.js";

let spool: SpoolDirectory;
const spooled: SpooledFile[] = [];

beforeEach(async () => {
  spool = await startSpoolDirectory();
});

afterEach(async () => {
  for (const file of spooled.splice(0)) await file.remove();
  await spool.stop();
});

function incoming(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): IncomingFile {
  return {
    filename: "id.png",
    mimetype: "image/png",
    createReadStream: () => Readable.from(chunks, { objectMode: false }),
  };
}

async function keep(content: Buffer, maxBytes = 10_000_000): Promise<SpooledFile> {
  const chunks: Buffer[] = [];
  for (let at = 0; at < content.length; at += 10_000) chunks.push(content.subarray(at, at + 10_000));
  const file = await spoolFile(incoming(chunks), { maxBytes, directory: spool.path });
  spooled.push(file);
  return file;
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

test.each([0, 1, 4100, 65_536, 65_537, 1_000_000])("a file of %d bytes is read back as it came", async (size) => {
  const content = randomBytes(size);
  const file = await keep(content);
  expect(file).toMatchObject({ fileName: "id.png", declaredType: "image/png", size, isTruncated: false });
  expect(file.sha256).toBe(sha256(content));
  expect(file.head.equals(content.subarray(0, 4100))).toBe(true);
  expect((await buffer(file.open())).equals(content)).toBe(true);
});

test("a file can be read again, also twice at the same time", async () => {
  const content = randomBytes(500_000);
  const file = await keep(content);
  const copies = await Promise.all([buffer(file.open()), buffer(file.open())]);
  const again = await buffer(file.open());
  expect([...copies, again].map(sha256)).toEqual([file.sha256, file.sha256, file.sha256]);
});

test("a small file waits in memory, a larger one in a file that has no name", async () => {
  await keep(randomBytes(65_536));
  expect(spooledIn(spool.path)).toEqual([]);
  await keep(randomBytes(65_537));
  expect(spooledIn(spool.path)).toEqual(canSeeNameless ? [expect.stringMatching(/ \(deleted\)$/)] : []);
});

test("nobody else may look into the spool's directory", async () => {
  expect((await stat(spool.path)).mode & 0o777).toBe(0o700);
});

test("a removed file is gone and cannot be opened any more", async () => {
  const file = await keep(randomBytes(200_000));
  await file.remove();
  await file.remove();
  expect(spooledIn(spool.path)).toEqual([]);
  expect(() => file.open()).toThrow(UploadAborted);
});

test("a file that is removed while it is read breaks the reading off", async () => {
  const file = await keep(randomBytes(2_000_000));
  const reading = file.open();
  reading.once("data", () => {
    reading.pause();
    file.remove().then(() => reading.resume());
  });
  await expect(finished(reading)).rejects.toThrow(UploadAborted);
});

test("a file of exactly the limit is taken, one byte more is marked and not kept", async () => {
  const content = randomBytes(200_001);
  const exact = await keep(content.subarray(0, 200_000), 200_000);
  expect(exact.isTruncated).toBe(false);
  await exact.remove();
  const over = await keep(content, 200_000);
  expect(over).toMatchObject({ isTruncated: true, size: 200_001 });
  expect(spooledIn(spool.path)).toEqual([]);
  expect(() => over.open()).toThrow(UploadAborted);
});

test("a file over the limit is read to its end, because the next one waits behind it", async () => {
  const chunk = randomBytes(50_000);
  let sent = 0;
  function* endless() {
    while (sent < 40) {
      sent += 1;
      yield chunk;
    }
  }
  const file = await spoolFile(incoming(endless()), { maxBytes: 100_000, directory: spool.path });
  expect(file).toMatchObject({ isTruncated: true, size: 2_000_000 });
  expect(sent).toBe(40);
});

test("a file that breaks off rejects and leaves nothing", async () => {
  async function* breaking() {
    for (let n = 0; n < 5; n += 1) yield randomBytes(50_000);
    throw new Error("connection reset");
  }
  const spooling = spoolFile(incoming(breaking()), { maxBytes: 10_000_000, directory: spool.path });
  await expect(spooling).rejects.toThrow(UploadAborted);
  expect(spooledIn(spool.path)).toEqual([]);
});

test("a stream that cannot be opened rejects as one that broke off", async () => {
  const closed = {
    createReadStream: () => {
      throw new Error("disconnected");
    },
  };
  await expect(spoolFile(closed, { maxBytes: 1, directory: spool.path })).rejects.toThrow(UploadAborted);
});

test("where the disk takes no file, the part is still read to its end before the failure is told", async () => {
  let sent = 0;
  function* chunks() {
    for (; sent < 20; sent += 1) yield randomBytes(50_000);
  }
  const directory = "/dev/null/spool";
  await expect(spoolFile(incoming(chunks()), { maxBytes: 10_000_000, directory })).rejects.toThrow("ENOTDIR");
  expect(sent).toBe(20);
});

test("a directory that was cleaned away under the process comes back", async () => {
  await rm(spool.path, { recursive: true });
  const content = randomBytes(100_000);
  const file = await keep(content);
  expect((await buffer(file.open())).equals(content)).toBe(true);
});

const pngSignature = Buffer.from("89504e470d0a1a0a", "hex");

function pngChunk(type: string, length: number): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(length);
  return Buffer.concat([size, Buffer.from(type), Buffer.alloc(length), Buffer.alloc(4)]);
}

const png = Buffer.concat([pngSignature, pngChunk("IHDR", 13), pngChunk("IDAT", 40), pngChunk("IEND", 0)]);
const pngWithProfile = Buffer.concat([pngSignature, pngChunk("IHDR", 13), pngChunk("iCCP", 60_000)]);
const animatedPng = Buffer.concat([pngSignature, pngChunk("IHDR", 13), pngChunk("acTL", 8), pngChunk("IDAT", 40)]);
const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000ffdb004300", "hex");
const pdf = Buffer.from("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "latin1");

function sniff(content: Buffer, fileName = "", declaredType = ""): Promise<SniffedType> {
  return sniffFileType({ head: content.subarray(0, 4100), fileName, declaredType });
}

test.each([
  ["JPEG", jpeg, "id.jpg", "image/jpeg", "image/jpeg"],
  ["JPEG", jpeg, "ID.JPEG", "image/jpg", "image/jpeg"],
  ["PNG", png, "id.png", "image/png", "image/png"],
  ["PNG with a large colour profile", pngWithProfile, "id.png", "image/png", "image/png"],
  ["PDF", pdf, "scan.2024.pdf", "application/pdf; version=1.7", "application/pdf"],
  ["PDF without a declared type", pdf, "id.pdf", "", "application/pdf"],
  ["PNG of no particular type", png, "id.png", "application/octet-stream", "image/png"],
  ["PNG whose name says nothing", png, "identity", "image/png", "image/png"],
])("a %s is taken", async (_, content, fileName, declaredType, contentType) => {
  expect(await sniff(content, fileName, declaredType)).toEqual({ contentType });
});

test("an empty file is told as such", async () => {
  expect(await sniff(Buffer.alloc(0), "id.png", "image/png")).toMatchObject({ fault: "FILE_EMPTY" });
});

test.each([
  ["a program that calls itself a picture", Buffer.from("MZ\x90\x00\x03", "latin1"), "id.png", "image/png"],
  ["text", Buffer.from("hello, this is no picture"), "id.png", "image/png"],
  ["a web page", Buffer.from("<!doctype html><script>1</script>"), "id.pdf", "application/pdf"],
  ["a vector drawing", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "id.svg", "image/svg+xml"],
  ["a GIF", Buffer.from("GIF89a\x01\x00\x01\x00"), "id.gif", "image/gif"],
  ["an animated PNG", animatedPng, "id.png", "image/png"],
  ["a PDF that starts late", Buffer.concat([Buffer.from("   "), pdf]), "id.pdf", "application/pdf"],
  ["a PDF behind a byte order mark", Buffer.concat([Buffer.from("efbbbf", "hex"), pdf]), "id.pdf", "application/pdf"],
  ["a picture that is a PDF as well", Buffer.concat([jpeg, pdf]), "id.jpg", "image/jpeg"],
  ["a picture that is a web page as well", Buffer.concat([jpeg, Buffer.from("<ScRiPt>1")]), "id.jpg", "image/jpeg"],
  ["a PDF that is a web page as well", Buffer.concat([pdf, Buffer.from("<html>")]), "id.pdf", "application/pdf"],
  ["a picture named as a program", png, "id.png.exe", "image/png"],
  ["a picture with a name that hides its end", png, "id\u202egnp.exe.png", "image/png"],
  ["a picture with a cut in its name", png, "id.exe\0.png", "image/png"],
])("%s is not taken", async (_, content, fileName, declaredType) => {
  expect(await sniff(content, fileName, declaredType)).toMatchObject({ fault: "FILE_TYPE_NOT_ALLOWED" });
});

test.each([
  ["named as a PDF", png, "id.pdf", "image/png"],
  ["declared as a JPEG", png, "id.png", "image/jpeg"],
  ["declared as text", png, "id.png", "text/plain"],
  ["declared as an SVG", jpeg, "id.jpg", "image/svg+xml"],
])("a picture %s does not agree with itself", async (_, content, fileName, declaredType) => {
  expect(await sniff(content, fileName, declaredType)).toMatchObject({ fault: "FILE_TYPE_MISMATCH" });
});
