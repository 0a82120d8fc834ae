import { once } from "node:events";
import { createServer } from "node:net";
import { PassThrough } from "node:stream";
import { LosslessNumber } from "lossless-json";
import { pino } from "pino";
import { ProviderError } from "../src/datasources/provider-error.js";
import { connect, failureOf, type StubHandler, startStubProvider } from "./support/stub-provider.js";

const route = "POST /api/external/payout";

async function failWith(handler: StubHandler, options = {}): Promise<ProviderError> {
  const provider = await startStubProvider();
  provider.answer(route, handler);
  const error = await failureOf(connect(provider, options).post("/payout", { a: 1 }, "payout"));
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

describe("exact numbers", () => {
  test.each(["0.1", "612.88", "20.0", "9007199254740993.01"])(
    "%s keeps its digits in both directions",
    async (digits) => {
      const provider = await startStubProvider();
      provider.answer(route, { body: `{"amount": ${digits}}` });
      const answer = await connect(provider).post("/payout", { from_amount: new LosslessNumber(digits) });
      expect(provider.received(route)[0]?.body.toString()).toBe(`{"from_amount":${digits}}`);
      expect(answer).toEqual({ amount: new LosslessNumber(digits) });
    },
  );
});

describe("answers that mean an error", () => {
  const validation = {
    message: "The account number field is required.",
    errors: { account_number: ["The account number field is required."], iban: "Odd." },
  };
  test.each([
    [
      "a 400",
      { status: 400, body: { message: "Insufficient funds." } },
      { kind: "REFUSED", outcome: "NOT_DONE", providerMessage: "Insufficient funds." },
    ],
    [
      "a flagged 400",
      { status: 400, body: { status: false, message: "No." } },
      { kind: "REFUSED", outcome: "NOT_DONE", providerMessage: "No." },
    ],
    [
      "a 422 with fields",
      { status: 422, body: validation },
      {
        kind: "REFUSED",
        outcome: "NOT_DONE",
        fieldErrors: { account_number: ["The account number field is required."], iban: ["Odd."] },
      },
    ],
    [
      "a 422 without fields",
      { status: 422, body: { message: "First." } },
      { kind: "REFUSED", outcome: "NOT_DONE", fieldErrors: {}, providerMessage: "First." },
    ],
    [
      "a 413 of a proxy",
      { status: 413, body: "<html>" },
      { kind: "UNAVAILABLE", outcome: "UNKNOWN", providerMessage: null },
    ],
    ["a 403", { status: 403, body: { message: "Access Denied" } }, { kind: "FORBIDDEN", outcome: "NOT_DONE" }],
    [
      "a 404",
      { status: 404, body: { status: false, message: "Not found" } },
      { kind: "NOT_FOUND", outcome: "NOT_DONE" },
    ],
    ["a proxy's 404 page", { status: 404, body: "<html>" }, { kind: "UNAVAILABLE", outcome: "UNKNOWN" }],
    ["a 408", { status: 408, body: "" }, { kind: "UNAVAILABLE", outcome: "UNKNOWN" }],
    [
      "a 429",
      { status: 429, body: { message: "Too Many Attempts." } },
      { kind: "RATE_LIMITED", outcome: "NOT_DONE", retryAfterSeconds: 60 },
    ],
    ["a 500", { status: 500, body: { message: "Server Error" } }, { kind: "UNAVAILABLE", outcome: "UNKNOWN" }],
    ["a gateway's 502 page", { status: 502, body: "<html>" }, { kind: "UNAVAILABLE", outcome: "UNKNOWN" }],
    [
      "a 503 with a time",
      { status: 503, headers: { "Retry-After": "7" } },
      { kind: "UNAVAILABLE", retryAfterSeconds: 7 },
    ],
    ["HTML with a 200", { body: "<html>" }, { kind: "GARBLED", outcome: "UNKNOWN" }],
    ["half of a JSON text", { body: '{"transaction": {"id": "a' }, { kind: "GARBLED", outcome: "UNKNOWN" }],
    ["nothing with a 200", { body: "" }, { kind: "GARBLED", outcome: "UNKNOWN" }],
  ] as const)("%s is told apart", async (_name, answer, expected) => {
    expect(await failWith(answer)).toMatchObject(expected);
  });

  test("text that is not UTF-8 is not guessed", async () => {
    const error = await failWith((_request, response) => {
      response.end(Buffer.from([0x22, 0xff, 0xfe, 0x22]));
      return undefined;
    });
    expect(error).toMatchObject({ kind: "GARBLED", outcome: "UNKNOWN" });
  });

  test("an error's message holds nothing of the body, the query or the credentials", async () => {
    const provider = await startStubProvider();
    provider.answer("GET /api/external/customer", { status: 400, body: { message: "Bad e-mail ada@example.com" } });
    const error = await failureOf(connect(provider).get("/customer", { email: "ada@example.com" }));
    expect(error).toMatchObject({ providerMessage: "Bad e-mail ada@example.com" });
    expect((error as Error).message).toBe("GET /customer: the provider rejected the request (HTTP 400).");
  });
});

describe("how long to wait after a 429", () => {
  const serverNow = new Date("2026-03-13T10:00:00Z");
  const reset = (offset: number) => String(serverNow.getTime() / 1000 + offset);
  test.each([
    ["the reset by the provider's own clock", { "X-RateLimit-Reset": reset(17) }, 17],
    ["a reset that is over", { "X-RateLimit-Reset": reset(-300) }, 1],
    ["a reset far away", { "X-RateLimit-Reset": reset(86_400) }, 60],
    ["seconds", { "Retry-After": "12", "X-RateLimit-Reset": reset(50) }, 12],
    ["a date", { "Retry-After": new Date(serverNow.getTime() + 9_000).toUTCString() }, 9],
    ["nonsense", { "Retry-After": "soon", "X-RateLimit-Reset": "later" }, 60],
  ])("is read from %s", async (_name, headers, seconds) => {
    const error = await failWith({ status: 429, headers: { Date: serverNow.toUTCString(), ...headers } });
    expect(error.retryAfterSeconds).toBe(seconds);
  });
});

describe("a connection that fails", () => {
  test("refused before the first byte, nothing was done", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address() as { port: number };
    server.close();
    await once(server, "close");
    const credentials = { apiKey: "key-1" };
    const client = connect({ url: `http://127.0.0.1:${address.port}` }, { credentials });
    expect(await failureOf(client.post("/payout", {}))).toMatchObject({ kind: "UNAVAILABLE", outcome: "NOT_DONE" });
  });

  test("a host that no name server knows was sent nothing", async () => {
    const client = connect({ url: "http://provider.invalid" }, { credentials: { apiKey: "key-1" } });
    expect(await failureOf(client.post("/payout", {}))).toMatchObject({ kind: "UNAVAILABLE", outcome: "NOT_DONE" });
  });

  test("lost before the answer, the outcome is not known", async () => {
    const error = await failWith((_request, response) => {
      response.destroy();
      return undefined;
    });
    expect(error).toMatchObject({ kind: "UNAVAILABLE", outcome: "UNKNOWN" });
  });

  test("lost in the middle of the answer, the outcome is not known", async () => {
    const error = await failWith((_request, response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write('{"transaction":', () => response.destroy());
      return undefined;
    });
    expect(error).toMatchObject({ kind: "UNAVAILABLE", outcome: "UNKNOWN", httpStatus: 200 });
  });

  test("a rejection whose text is lost proves nothing", async () => {
    const error = await failWith((_request, response) => {
      response.writeHead(422, { "Content-Length": "100" });
      response.write("{", () => response.destroy());
      return undefined;
    });
    expect(error).toMatchObject({ kind: "UNAVAILABLE", outcome: "UNKNOWN", httpStatus: 422 });
  });
});

describe("limits", () => {
  test("an answer that never starts ends at the deadline", async () => {
    const error = await failWith(() => undefined, { timeoutMs: 200 });
    expect(error).toMatchObject({ kind: "UNAVAILABLE", outcome: "UNKNOWN" });
    expect(error.message).toContain("in time");
  });

  test("an answer that trickles for ever ends at the deadline, and so does its connection", async () => {
    const provider = await startStubProvider();
    const closed = new Promise<number>((resolve) => {
      provider.answer(route, (_request, response) => {
        let drops = 0;
        const trickle = setInterval(() => {
          drops += 1;
          response.write(" ");
        }, 20);
        response.once("close", () => {
          clearInterval(trickle);
          resolve(drops);
        });
        return undefined;
      });
    });
    const error = await failureOf(connect(provider, { timeoutMs: 300 }).post("/payout", {}));
    expect(error).toMatchObject({ kind: "UNAVAILABLE", outcome: "UNKNOWN" });
    expect(await closed).toBeGreaterThan(2);
  });

  test("an endless answer is cut off at the limit", async () => {
    const provider = await startStubProvider();
    let written = 0;
    const closed = new Promise<void>((resolve) => {
      provider.answer(route, (_request, response) => {
        const block = Buffer.alloc(16_384, " ");
        const pour = () => {
          while (!response.destroyed && response.write(block)) written += block.length;
        };
        response.on("drain", pour).once("close", resolve);
        pour();
        return undefined;
      });
    });
    const error = await failureOf(connect(provider, { maxResponseBytes: 100_000 }).post("/payout", {}));
    await closed;
    expect(error).toMatchObject({ kind: "GARBLED", outcome: "UNKNOWN" });
    expect(written).toBeLessThan(20_000_000);
  });

  test("a redirect is not followed", async () => {
    const provider = await startStubProvider();
    provider.answer(route, { status: 307, headers: { Location: `${provider.url}/elsewhere` } });
    const error = await failureOf(connect(provider).post("/payout", {}));
    expect(error).toMatchObject({ kind: "UNAVAILABLE", outcome: "UNKNOWN", httpStatus: 307 });
    expect(provider.received("POST /elsewhere")).toHaveLength(0);
  });
});

describe("calls", () => {
  test("one connection serves calls that follow each other", async () => {
    const provider = await startStubProvider();
    provider.answer("GET /api/external/wallet", { body: [] });
    const client = connect(provider);
    for (let call = 0; call < 5; call += 1) await client.get("/wallet");
    expect(provider.connections).toBe(1);
  });

  test("they name the gateway and accept uncompressed JSON", async () => {
    const provider = await startStubProvider();
    provider.answer("PUT /api/external/customer/1", { body: {} });
    await connect(provider).put("/customer/1", { tin: null });
    expect(provider.received("PUT /api/external/customer/1")[0]).toMatchObject({
      headers: {
        "user-agent": "payout-gateway/test",
        accept: "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
      },
    });
  });

  test("the log knows of every call, but of no query, body or credential", async () => {
    const provider = await startStubProvider();
    provider.answer("GET /api/external/customer", { status: 500, body: { message: "secret answer" } });
    const lines = new PassThrough();
    const client = connect(provider, { logger: pino({ level: "trace" }, lines) });
    await failureOf(client.get("/customer", { email: "ada@example.com" }));
    const log = String(lines.read());
    expect(log).toContain("GET /customer");
    for (const secret of ["ada@example.com", "s3cret-value", "token-1", "secret answer"])
      expect(log).not.toContain(secret);
  });
});
