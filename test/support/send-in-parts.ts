import { openConnection } from "./stream-upload.js";

/** Sends the head, then the parts of the body with pauses between them, and answers what came until the end. */
export async function sendInParts(url: string, head: readonly string[], parts: readonly string[]): Promise<string> {
  const socket = await openConnection(url);
  socket.write(`${[...head, "host: x", "connection: close"].join("\r\n")}\r\n\r\n`);
  for (const part of parts) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.write(part);
  }
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}
