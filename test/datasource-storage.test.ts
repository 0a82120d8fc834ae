import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { Readable } from "node:stream";
import { toAddressKind } from "../src/datasources/public-address.js";
import { ObjectStorage, type StoredFile } from "../src/datasources/storage.js";
import { StorageError } from "../src/datasources/storage-error.js";
import { checkUploadUrl, createGuardedLookup, type UploadUrlRule } from "../src/datasources/upload-url.js";
import { failureOf, type StubHandler, startStubProvider } from "./support/stub-provider.js";

const local: UploadUrlRule = { allowedHosts: null, isLoopbackProvider: true };
const remote: UploadUrlRule = { allowedHosts: null, isLoopbackProvider: false };
const route = "PUT /bucket/file";
const stored: StubHandler = { headers: { ETag: '"9b2cf535"' } };

function fileOf(bytes: Buffer, overrides: Partial<StoredFile> = {}): StoredFile {
  return { size: bytes.length, contentType: "image/png", open: () => Readable.from([bytes]), ...overrides };
}

async function put(handler: StubHandler, file = fileOf(Buffer.from("bytes")), timeoutMs = 5_000) {
  const provider = await startStubProvider();
  provider.answer(route, handler);
  const slot = { url: `${provider.url}/bucket/file?X-Amz-Signature=abc`, headers: [] };
  return { provider, done: new ObjectStorage(local).putObject(slot, file, timeoutMs) };
}

async function failToPut(handler: StubHandler, file?: StoredFile, timeoutMs?: number): Promise<StorageError> {
  const { done } = await put(handler, file, timeoutMs);
  const error = await failureOf(done);
  expect(error).toBeInstanceOf(StorageError);
  expect(String(error)).not.toContain("X-Amz-Signature");
  return error as StorageError;
}

describe("a file is put", () => {
  test("with the given headers, its type and length, and nothing else", async () => {
    const provider = await startStubProvider();
    provider.answer(route, stored);
    const headers = [
      { name: "x-amz-acl", value: "private" },
      { name: "X-Amz-Meta-Customer", value: "customer-1" },
      { name: "Host", value: "elsewhere.example" },
      { name: "Content-Length", value: "1" },
    ];
    const slot = { url: `${provider.url}/bucket/file?X-Amz-Expires=300&X-Amz-Signature=a%2Fb`, headers };
    await new ObjectStorage(local).putObject(slot, fileOf(Buffer.from("12345")), 5_000);
    const [request] = provider.received(route);
    const pairs = Array.from({ length: (request?.rawHeaders.length ?? 0) / 2 }, (_, i) => [
      request?.rawHeaders[2 * i],
      request?.rawHeaders[2 * i + 1],
    ]);
    expect(Object.fromEntries(pairs)).toEqual({
      "x-amz-acl": "private",
      "X-Amz-Meta-Customer": "customer-1",
      "Content-Type": "image/png",
      "Content-Length": "5",
      Host: new URL(provider.url).host,
      Connection: "close",
    });
    expect(request?.query.toString()).toBe("X-Amz-Expires=300&X-Amz-Signature=a%2Fb");
    expect(request?.body.toString()).toBe("12345");
  });

  test("with the content type that was signed", async () => {
    const provider = await startStubProvider();
    provider.answer(route, stored);
    const slot = { url: `${provider.url}/bucket/file`, headers: [{ name: "content-type", value: "image/jpeg" }] };
    await new ObjectStorage(local).putObject(slot, fileOf(Buffer.from("12345")), 5_000);
    const contentTypes = provider.received(route)[0]?.rawHeaders.filter((name) => /^content-type$/i.test(name));
    expect(contentTypes).toEqual(["content-type"]);
    expect(provider.received(route)[0]?.headers["content-type"]).toBe("image/jpeg");
  });

  test.each([200, 201, 204, 206])("when the storage answers %i, with or without an ETag", async (status) => {
    const { done } = await put({ status });
    await expect(done).resolves.toBeUndefined();
  });

  test("byte for byte, however it is cut", async () => {
    const bytes = randomBytes(3_000_017);
    const pieces = Array.from({ length: 60 }, (_, i) => bytes.subarray(i * 50_001, (i + 1) * 50_001));
    const { provider, done } = await put(stored, fileOf(bytes, { open: () => Readable.from(pieces) }));
    await done;
    const sha256 = (data: Buffer | undefined) =>
      createHash("sha256")
        .update(data ?? "")
        .digest("hex");
    expect(sha256(provider.received(route)[0]?.body)).toBe(sha256(bytes));
  });
});

describe("a file is not stored", () => {
  test.each([
    ["the URL is too old", { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }, "EXPIRED"],
    ["the storage wants it elsewhere", { status: 307, headers: { Location: "http://127.0.0.1:1/" } }, "REFUSED"],
    ["the storage refuses it", { status: 400 }, "REFUSED"],
    ["the storage is busy", { status: 503 }, "UNAVAILABLE"],
  ] as const)("when %s", async (_name, answer, kind) => {
    expect(await failToPut(answer)).toMatchObject({ kind, httpStatus: answer.status });
  });

  test("when the connection breaks", async () => {
    const error = await failToPut((_request, response) => {
      response.destroy();
      return undefined;
    });
    expect(error.kind).toBe("UNAVAILABLE");
  });

  test("when the answer does not come in time", async () => {
    const error = await failToPut(() => undefined, undefined, 200);
    expect(error.kind).toBe("UNAVAILABLE");
    expect(error.message).toContain("in time");
  });

  test.each([
    ["shorter", 6],
    ["longer", 4],
  ])("when it is %s than announced", async (_name, size) => {
    expect((await failToPut(stored, fileOf(Buffer.from("bytes"), { size }))).kind).toBe("SOURCE_FAILED");
  });

  test("when its source breaks off, fails or cannot be opened", async () => {
    const breaking = () =>
      Readable.from(
        (function* () {
          yield Buffer.from("by");
          throw new Error("disk");
        })(),
      );
    const closing = () => {
      const source = new Readable({ read() {} });
      source.push("by");
      setImmediate(() => source.destroy());
      return source;
    };
    const missing = () => {
      throw new Error("no file");
    };
    for (const open of [breaking, closing, missing]) {
      expect((await failToPut(stored, fileOf(Buffer.from("bytes"), { open }))).kind).toBe("SOURCE_FAILED");
    }
  });

  test("and its source is let go when the storage answers early", async () => {
    // Answers after the head of the request, and reads on like a storage that lets the client finish.
    const storage = createServer((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
      socket.on("error", () => {}).resume();
    }).listen(0, "127.0.0.1");
    await once(storage, "listening");
    const { port } = storage.address() as { port: number };
    const source = new Readable({ read() {} });
    source.push("by");
    const closed = once(source, "close");
    const file = fileOf(Buffer.alloc(100), { open: () => source });
    const put = new ObjectStorage(local).putObject({ url: `http://127.0.0.1:${port}/`, headers: [] }, file, 5_000);
    expect(await failureOf(put)).toMatchObject({ kind: "EXPIRED" });
    await closed;
    storage.close();
  });
});

describe("upload URLs", () => {
  test.each([
    ["https://storage.example/f", remote],
    ["https://93.184.216.34/f", remote],
    ["https://[2606:2800:220:1::1]/f", remote],
    ["http://127.0.0.1:4010/f", local],
    ["http://localhost:4010/f", local],
    ["https://10.1.2.3/f", local],
    ["https://eu.bucket.amazonaws.com/f", { ...remote, allowedHosts: ["amazonaws.com"] }],
    ["https://AMAZONAWS.com./f", { ...remote, allowedHosts: [".amazonaws.com"] }],
  ])("%s is used where the rule allows it", (url, rule) => {
    expect(checkUploadUrl(url, rule).href).toBe(new URL(url).href);
  });

  test.each([
    ["http://storage.example/f", remote],
    ["ftp://storage.example/f", local],
    ["file:///etc/passwd", local],
    ["not a url", local],
    ["https://user:secret@storage.example/f", remote],
    ["https://127.0.0.1/f", remote],
    ["https://0x7f.1/f", remote],
    ["https://2130706433/f", remote],
    ["https://10.0.0.8/f", remote],
    ["https://172.31.255.1/f", remote],
    ["https://192.168.1.1/f", remote],
    ["https://169.254.169.254/latest/meta-data", remote],
    ["https://169.254.169.254/latest/meta-data", local],
    ["https://0.0.0.0/f", remote],
    ["https://[::1]/f", remote],
    ["https://[::ffff:127.0.0.1]/f", remote],
    ["https://[::ffff:a9fe:a9fe]/f", local],
    ["https://[fd00::1]/f", remote],
    ["https://[fe80::1]/f", remote],
    ["https://[64:ff9b::7f00:1]/f", remote],
    ["https://notamazonaws.com/f", { ...remote, allowedHosts: ["amazonaws.com"] }],
    ["https://amazonaws.com.evil.example/f", { ...remote, allowedHosts: ["amazonaws.com"] }],
    ["http://127.0.0.1/f", { ...local, allowedHosts: ["amazonaws.com"] }],
  ])("%s is refused where the rule forbids it", (url, rule) => {
    expect(() => checkUploadUrl(url, rule)).toThrow(StorageError);
    expect(() => checkUploadUrl(url, rule)).not.toThrow("secret");
  });

  test("a name that leads to this machine is refused when the connection is made", async () => {
    const slot = { url: "https://localhost:4010/f", headers: [] };
    const error = await failureOf(new ObjectStorage(remote).putObject(slot, fileOf(Buffer.from("bytes")), 5_000));
    expect(error).toMatchObject({ kind: "FORBIDDEN_URL" });
  });

  test("a name is resolved for one address and for all of them", async () => {
    const lookup = createGuardedLookup(local);
    const one = await new Promise((resolve) =>
      lookup("127.0.0.1", { family: 4 }, (_error, address) => resolve(address)),
    );
    const all = await new Promise((resolve) => lookup("127.0.0.1", { all: true }, (_error, list) => resolve(list)));
    expect([one, all]).toEqual(["127.0.0.1", [{ address: "127.0.0.1", family: 4 }]]);
  });

  test.each([
    ["8.8.8.8", "PUBLIC"],
    ["2606:2800:220:1::1", "PUBLIC"],
    ["::ffff:8.8.8.8", "PUBLIC"],
    ["127.9.9.9", "LOOPBACK"],
    ["::1", "LOOPBACK"],
    ["::ffff:7f00:1", "LOOPBACK"],
    ["192.168.0.1", "PRIVATE"],
    ["fd12::1", "PRIVATE"],
    ["100.64.0.1", "SPECIAL"],
    ["224.0.0.1", "SPECIAL"],
    ["fe80::1%eth0", "SPECIAL"],
    ["2002:7f00:1::", "SPECIAL"],
    ["::", "SPECIAL"],
    ["nonsense", "SPECIAL"],
  ])("the address %s is %s", (address, kind) => {
    expect(toAddressKind(address)).toBe(kind);
  });
});
