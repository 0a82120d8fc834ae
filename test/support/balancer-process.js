// A small reverse proxy before several nodes, as an operator's would be set: it asks /readyz who may be sent something,
// tries another node only where nothing can have been done, and passes sockets through. A process of its own, since one
// that shares its turns with hundreds of clients hears too late that a node is leaving.

import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { connect } from "node:net";

const hostname = "127.0.0.1";
const everyMs = 100;
const maxTries = 4;
const pauseMs = 50;

const agent = new Agent({ keepAlive: true });
const nodes = process.argv.slice(2).map((port) => ({ port: Number(port), isReady: false, isBeingLookedAt: false }));
let turn = 0;

/** One at a time: an answer that was slow must not undo a later one. */
async function look(node) {
  if (node.isBeingLookedAt) return;
  node.isBeingLookedAt = true;
  node.isReady = await fetch(`http://${hostname}:${node.port}/readyz`).then(
    async (answer) => (await answer.arrayBuffer()) && answer.ok,
    () => false,
  );
  node.isBeingLookedAt = false;
  process.send(nodes.filter(({ isReady }) => isReady).length);
}

function pick(not) {
  const ready = nodes.filter((node) => node.isReady && node !== not);
  turn += 1;
  return ready[turn % Math.max(1, ready.length)] ?? null;
}

async function serve(incoming, outgoing) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  let last = null;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const node = pick(last) ?? pick();
    if (node && (await hand(node, incoming, Buffer.concat(chunks), outgoing))) return;
    last = node;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  outgoing.writeHead(502).end("No node took it.");
}

/** Answers false where the node cannot have begun on it. */
function hand(node, incoming, body, outgoing) {
  const { port } = node;
  const { method, url: path, headers } = incoming;
  return new Promise((resolve) => {
    const inner = request({ agent, hostname, port, method, path, headers });
    inner.on("response", (answer) => {
      const { connection: _hopByHop, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, rest);
      answer.pipe(outgoing);
      answer.on("error", () => outgoing.destroy());
      resolve(true);
    });
    inner.on("error", ({ code }) => {
      if (code === "ECONNREFUSED") return resolve(false);
      const why = `${code}${inner.reusedSocket ? " on a connection that was used before" : ""}`;
      if (!outgoing.headersSent) outgoing.writeHead(502).end(why);
      resolve(true);
    });
    inner.end(body);
  });
}

function pass(incoming, near, head) {
  const node = pick();
  near.on("error", () => near.destroy());
  if (!node) return near.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
  const far = connect(node.port, hostname, () => {
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
      lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
    }
    far.write(`${lines.join("\r\n")}\r\n\r\n`);
    far.write(head);
    far.pipe(near).pipe(far);
  });
  far.on("error", () => near.destroy());
  far.once("close", () => near.destroy());
  near.once("close", () => far.destroy());
}

const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
server.on("upgrade", pass);
server.listen(0, hostname);
await once(server, "listening");
setInterval(() => {
  for (const node of nodes) void look(node);
}, everyMs);
process.on("disconnect", () => process.exit());
process.send(`http://${hostname}:${server.address().port}`);
