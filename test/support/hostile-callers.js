// 200 connections that do their worst, in a process of their own: node hostile-callers.js URL KEY SECONDS

import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import WebSocket from "ws";

const [url, key, seconds] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const endAt = Date.now() + Number(seconds) * 1000;
const each = 25;
const counts = {};
const goesOn = () => Date.now() < endAt;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const count = (name) => {
  counts[name] = (counts[name] ?? 0) + 1;
};

/** A raw connection that is fed piece by piece, until it is cut off or the time is over. */
function drip(name, first, piece, everyMs) {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port });
    const timer = setInterval(() => (goesOn() ? socket.write(piece()) : socket.destroy()), everyMs);
    socket.on("connect", () => socket.write(first));
    socket.on("data", () => {});
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(timer);
      count(goesOn() ? `${name} cut off` : `${name} held to the end`);
      resolve();
    });
  });
}

function post(path, headers, body) {
  return new Promise((resolve) => {
    const outgoing = request({ hostname, port, path, method: "POST", headers, agent: false }, (answer) => {
      count(`${path.slice(1)} ${answer.statusCode}`);
      answer.resume().on("end", resolve).on("error", resolve);
    });
    outgoing.on("error", resolve);
    outgoing.setTimeout(10_000, () => outgoing.destroy());
    body(outgoing);
  });
}

const bombs = [
  `{ ${"a{".repeat(3_000)} }`,
  `{ ${Array.from({ length: 4_000 }, (_, index) => `a${index}: __typename`).join(" ")} }`,
  `{ ${"__typename ".repeat(8_000)} }`,
  `query { ${"customers { nodes { payouts { nodes { customer { payouts { nodes { customer { payouts { nodes { id } } } } } } } } } }".repeat(20)} }`,
  `{ __typename ${"@skip(if: false)".repeat(3_000)} }`,
  `query A { ...F0 } ${Array.from({ length: 300 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(" ")} fragment F300 on Query { __typename }`,
  `{ customers(filter: { search: "${"%".repeat(90_000)}" }) { totalCount } }`,
];
const authorized = { authorization: `Bearer ${key}` };
const json = { "content-type": "application/json" };
const head = `POST /graphql HTTP/1.1\r\nHost: ${hostname}\r\n`;

const attacks = {
  slowHeaders: () => drip("slow headers", head, () => `X-${randomBytes(2).toString("hex")}: 1\r\n`, 900),
  slowBody: () =>
    drip(
      "slow body",
      `${head}Authorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n{`,
      () => " ",
      900,
    ),
  slowRead: () =>
    new Promise((resolve) => {
      const socket = connect({ host: hostname, port });
      const body = JSON.stringify({ query: "{ __typename }" });
      const one = `${head}Authorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      socket.on("connect", () => socket.write(one.repeat(300)));
      socket.pause();
      socket.on("error", () => {});
      socket.on("close", resolve);
      setTimeout(() => socket.destroy(), 3_000);
    }),
  bomb: async () => {
    const body = JSON.stringify({ query: bombs[Math.floor(Math.random() * bombs.length)] });
    await post(
      "/graphql",
      { ...json, ...(Math.random() < 0.5 ? authorized : {}), "content-length": Buffer.byteLength(body) },
      (outgoing) => outgoing.end(body),
    );
    await sleep(50);
  },
  upload: async () => {
    const boundary = "----hostile";
    const headers = {
      ...authorized,
      "apollo-require-preflight": "1",
      "content-type": `multipart/form-data; boundary=${boundary}`,
    };
    const operations = JSON.stringify({
      query: "mutation ($i: UploadDocumentInput!) { uploadDocument(input: $i) { userErrors { code } } }",
      variables: { i: { customerId: "x", category: "IDENTITY", file: null } },
    });
    await post("/graphql", headers, async (outgoing) => {
      const field = (name, value) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
      outgoing.write(
        `${field("operations", operations)}${field("map", '{"0":["variables.i.file"]}')}--${boundary}\r\nContent-Disposition: form-data; name="0"; filename="a.png"\r\n\r\n`,
      );
      const chunk = Buffer.alloc(262_144);
      for (let sent = 0; sent < 400 && !outgoing.destroyed && goesOn(); sent += 1) {
        if (!outgoing.write(chunk))
          await Promise.race([new Promise((resolve) => outgoing.once("drain", resolve)), sleep(2_000)]);
      }
      outgoing.end(`\r\n--${boundary}--\r\n`);
    });
    await sleep(500);
  },
  junkFrames: () =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://${hostname}:${port}/graphql`, "graphql-transport-ws");
      socket.on("error", () => {});
      socket.on("close", (code) => {
        count(`junk closed ${code}`);
        setTimeout(resolve, 50);
      });
      socket.on("open", () => {
        socket.send(JSON.stringify({ type: "connection_init", payload: authorized }));
        socket.send(Math.random() < 0.5 ? randomBytes(90_000) : randomBytes(200_000));
      });
      setTimeout(() => socket.terminate(), 3_000);
    }),
  reconnect: () =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://${hostname}:${port}/graphql`, "graphql-transport-ws");
      socket.on("error", () => {});
      socket.on("close", () => setTimeout(resolve, 20));
      socket.on("open", () => {
        count("reconnects");
        socket.send(JSON.stringify({ type: "connection_init", payload: authorized }));
        socket.send(
          JSON.stringify({
            id: "1",
            type: "subscribe",
            payload: { query: "subscription { statusChanged { cursor } }" },
          }),
        );
        setTimeout(() => socket.terminate(), 30);
      });
    }),
  forgedWebhook: async () => {
    const body = randomBytes(900_000);
    await post(
      "/webhooks",
      {
        ...json,
        "x-blaaiz-signature": "0".repeat(64),
        "x-blaaiz-timestamp": String(Math.floor(Date.now() / 1000)),
        "content-length": body.length,
      },
      (outgoing) => outgoing.end(body),
    );
    await sleep(50);
  },
};

await Promise.all(
  Object.values(attacks).flatMap((attack) =>
    Array.from({ length: each }, async () => {
      while (goesOn()) {
        await attack();
        await sleep(1);
      }
    }),
  ),
);
console.log(JSON.stringify(counts));
process.exit(0);
