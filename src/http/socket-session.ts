// A socket proves once whom it acts for, and may prove it anew while it is open.

import type { WebSocket } from "ws";
import { AccessError } from "../access/access-error.js";
import type { Authenticator } from "../access/authenticator.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";

export interface SocketAccess {
  authenticator: Authenticator;
  sessions: Sessions;
}

const forbidden = 4403;

/** Null where the socket was closed instead. */
export async function openSession(
  { authenticator, sessions }: SocketAccess,
  socket: WebSocket,
  authorization: unknown,
): Promise<Session | null> {
  try {
    const principal = await authenticator.authenticate(typeof authorization === "string" ? authorization : null);
    const session = sessions.open(principal, {
      expiring: (at) => {
        if (socket.readyState !== socket.OPEN) return;
        socket.send(JSON.stringify({ type: "ping", payload: { credentialExpiresAt: at.toISOString() } }));
      },
      closed: (reason) => socket.close(forbidden, reason),
    });
    socket.once("close", () => sessions.release(session));
    if (socket.readyState !== socket.OPEN) sessions.release(session);
    return session;
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    socket.close(forbidden, error.message);
    return null;
  }
}

/** The answer to a ping that brought a new credential. The old one stays in force where the new one is not taken. */
export async function renewSession(
  { authenticator }: SocketAccess,
  session: Session,
  { authorization }: Record<string, unknown>,
): Promise<{ accepted: boolean; message?: string; expiresAt?: string | null }> {
  try {
    const principal = await authenticator.authenticate(typeof authorization === "string" ? authorization : null);
    if (!session.renew(principal)) return { accepted: false, message: "The credential is somebody else's." };
    const { expiresAt } = principal;
    return { accepted: true, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    return { accepted: false, message: error.message };
  }
}
