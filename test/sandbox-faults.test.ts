import { control, createVerifiedCustomer, ngnPayout, startSandboxClient, stopAll } from "./support/sandbox-client.js";

afterEach(stopAll);

const broken = () => "broken" as const;

test("a scripted answer replaces the next one of its route, before or after acceptance", async () => {
  const client = await startSandboxClient();
  const { sandbox, call } = client;
  const customerId = await createVerifiedCustomer(client);
  sandbox.failNext({ route: "POST /payout", kind: "answer", status: 503, headers: { "retry-after": "7" } });
  sandbox.failNext({ route: "POST /payout", kind: "answer", when: "after", status: 502, body: { message: "Bad" } });
  expect((await call("GET", "/wallet")).status).toBe(200);
  const refused = await call("POST", "/payout", ngnPayout(customerId));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "7"]);
  expect(sandbox.transactions()).toHaveLength(0);
  expect(await call("POST", "/payout", ngnPayout(customerId))).toMatchObject({ status: 502, body: { message: "Bad" } });
  expect(sandbox.transactions()).toHaveLength(1);
  expect((await call("POST", "/payout", ngnPayout(customerId))).status).toBe(200);
  expect(sandbox.received("POST /payout").map(({ body }) => body)).toEqual([
    ngnPayout(customerId),
    ngnPayout(customerId),
    ngnPayout(customerId),
  ]);
});

test("a reset breaks the connection before or after acceptance", async () => {
  const client = await startSandboxClient();
  const customerId = await createVerifiedCustomer(client);
  for (const [when, accepted] of [
    ["before", 0],
    ["after", 1],
  ] as const) {
    client.sandbox.failNext({ route: "POST /payout", kind: "reset", when });
    expect(await client.call("POST", "/payout", ngnPayout(customerId)).catch(broken)).toBe("broken");
    expect(client.sandbox.transactions()).toHaveLength(accepted);
  }
});

test("a hanging answer never comes, and does not keep the sandbox from stopping", async () => {
  const client = await startSandboxClient();
  client.sandbox.failNext({ route: "GET /customer/{id}", kind: "hang", when: "before", times: 2 });
  const reads = [client.call("GET", "/customer/1"), client.call("GET", "/customer/2")].map((read) =>
    read.catch(broken),
  );
  client.sandbox.failNext({ route: "GET /wallet", kind: "delay", delayMs: 20 });
  expect((await client.call("GET", "/wallet")).status).toBe(200);
  await client.sandbox.stop();
  expect(await Promise.all(reads)).toEqual(["broken", "broken"]);
});

test("faults are scripted over HTTP too, for several requests, and taken back", async () => {
  const client = await startSandboxClient();
  const fault = {
    route: "GET /wallet",
    kind: "answer",
    status: 429,
    times: 5,
    body: { message: "Too Many Attempts." },
  };
  expect(await control(client, "/faults", fault)).toBe(201);
  expect(await control(client, "/faults", { route: "GET /wallet", kind: "explode" })).toBe(422);
  expect((await client.call("GET", "/wallet")).status).toBe(429);
  expect((await client.call("GET", "/wallet")).status).toBe(429);
  await fetch(`${client.sandbox.url}/_sandbox/faults`, { method: "DELETE" });
  expect((await client.call("GET", "/wallet")).status).toBe(200);
});

test("an answer can be a proxy's page instead of JSON", async () => {
  const { sandbox } = await startSandboxClient();
  sandbox.failNext({ route: "POST /oauth/token", kind: "answer", status: 502, body: "<html>Bad gateway</html>" });
  const answer = await fetch(`${sandbox.url}/oauth/token`, { method: "POST", body: new URLSearchParams() });
  expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
    502,
    "text/html; charset=utf-8",
    "<html>Bad gateway</html>",
  ]);
});

test("an altered answer says something else than the books", async () => {
  const client = await startSandboxClient();
  const customerId = await createVerifiedCustomer(client);
  const patch = { transaction: { amount: 1.23, reference: null, recipient: { account_number: "9999999999" } } };
  client.sandbox.failNext({ route: "POST /payout", kind: "alter", patch });
  const { status, body } = await client.call("POST", "/payout", ngnPayout(customerId));
  const { transaction } = body as { transaction: object };
  const [booked] = client.sandbox.transactions();
  expect(status).toBe(200);
  expect(transaction).toMatchObject({ id: booked?.id, amount: 1.23, recipient: { account_number: "9999999999" } });
  expect(transaction).not.toHaveProperty("reference");
  expect(Number(booked?.amount)).not.toBe(1.23);
});

test("an answer that is cut, or that has no end, follows an accepted payout", async () => {
  const client = await startSandboxClient();
  const customerId = await createVerifiedCustomer(client);
  client.sandbox.failNext({ route: "POST /payout", kind: "cut" });
  expect(await client.call("POST", "/payout", ngnPayout(customerId)).catch(broken)).toBe("broken");
  client.sandbox.failNext({ route: "POST /payout", kind: "endless", when: "after", status: 422 });
  const { url, apiKey } = client.sandbox;
  const answer = await fetch(`${url}/api/external/payout`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-blaaiz-api-key": apiKey },
    body: JSON.stringify(ngnPayout(customerId)),
  });
  expect(answer.status).toBe(422);
  const mebibyte = 1024 * 1024;
  let read = 0;
  for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
    read += chunk.length;
    if (read > 8 * mebibyte) break;
  }
  expect(read).toBeGreaterThan(8 * mebibyte);
  expect(client.sandbox.transactions()).toHaveLength(2);
});

test("a fault can be meant for the requests that contain a text, and it is told which it has hit", async () => {
  const client = await startSandboxClient();
  const customerId = await createVerifiedCustomer(client);
  const fault = { route: "POST /payout", kind: "answer", when: "after", status: 403, containing: "Invoice 2" } as const;
  client.sandbox.failNext(fault);
  const pay = (note: string) => client.call("POST", "/payout", { ...ngnPayout(customerId), note });
  expect((await pay("Invoice 21")).status).toBe(200);
  expect((await pay("Invoice 2")).status).toBe(403);
  expect((await pay("Invoice 2")).status).toBe(200);
  expect(client.sandbox.struck()).toMatchObject([{ fault, method: "POST", body: { note: "Invoice 2" } }]);
});
