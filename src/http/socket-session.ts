// A socket proves once whom it acts for, and may prove it anew while it is open.

import type { WebSocket } from "ws";
import { AccessError } from "../access/access-error.js";
import type { AuditTrail } from "../access/audit-trail.js";
import { Refusal } from "./admission/refusal.js";
import type { CallerLimits } from "./caller-limits.js";
import type { CredentialGuard } from "./credential-guard.js";
import { isUnavailable, serviceUnavailable } from "./service-unavailable.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";

export interface SocketAccess {
  credentials: CredentialGuard;
  callers: CallerLimits;
  sessions: Sessions;
  audit: AuditTrail;
  /** What was refused is counted. */
  onRefused: (reason: string) => void;
}

const forbidden = 4403;
const tryAgainLater = 1013;

/** Null where the socket was closed instead. */
export async function openSession(
  { credentials, callers, sessions, onRefused }: SocketAccess,
  socket: WebSocket,
  authorization: unknown,
  address: string,
): Promise<Session | null> {
  try {
    const principal = await credentials.check(textOf(authorization), address);
    callers.socket(principal);
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
  } catch (thrown) {
    const error = isUnavailable(thrown) ? serviceUnavailable() : thrown;
    if (error instanceof Refusal) {
      onRefused(error.reason);
      socket.close(tryAgainLater, error.message);
      return null;
    }
    if (!(error instanceof AccessError)) throw error;
    onRefused(error.code.toLowerCase());
    socket.close(forbidden, error.message);
    return null;
  }
}

/** The answer to a ping that brought a new credential. The old one stays in force where the new one is not taken. */
export async function renewSession(
  { credentials, audit }: SocketAccess,
  session: Session,
  { authorization }: Record<string, unknown>,
  address: string,
): Promise<{ accepted: boolean; message?: string; expiresAt?: string | null }> {
  try {
    const principal = await credentials.check(textOf(authorization), address);
    if (!session.renew(principal)) {
      audit.note({ principal, action: "renewCredential", detail: { code: "FORBIDDEN" } });
      return { accepted: false, message: "The credential is somebody else's." };
    }
    const { expiresAt } = principal;
    return { accepted: true, expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString() };
  } catch (thrown) {
    const error = isUnavailable(thrown) ? serviceUnavailable() : thrown;
    if (!(error instanceof AccessError || error instanceof Refusal)) throw error;
    return { accepted: false, message: error.message };
  }
}

function textOf(authorization: unknown): string | null {
  return typeof authorization === "string" ? authorization : null;
}
