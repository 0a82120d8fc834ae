import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Metrics } from "../telemetry/metrics.js";

/** Closes what one address opens beyond its share, before a byte of it is read. */
export function limitConnections(server: Server, perAddress: number, metrics: Metrics): void {
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = open.get(address) ?? 0;
    if (count >= perAddress) {
      metrics.refusals.inc({ reason: "connectionsPerAddress" });
      socket.destroy();
      return;
    }
    open.set(address, count + 1);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
