// Which errors mean that the database cannot be used now, so that the same request can succeed later. One place for both
// engines: everything that answers a caller asks here.

/** A failure of the connection that has no code of its own, or a wait that was given up. */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
}

// Connection exceptions, isolation and deadlocks, resources (disk, connections), read-only servers, sessions that were
// ended, lock timeouts, cancelled statements and shutdowns, and I/O errors of the server.
const postgresCodes = /^(08[0-9A-Z]{3}|40001|40P01|53[0-9A-Z]{3}|25006|25P0[234]|55P03|57[0-9A-Z]{3}|58[0-9A-Z]{3})$/;
const sqliteCodes = /^SQLITE_(FULL|IOERR|READONLY|BUSY|LOCKED|CANTOPEN|CORRUPT|NOTADB|PROTOCOL)(_|$)/;
const networkCodes = /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
// The driver gives these no code.
const connectionFaults =
  /^(timeout e(xceeded when trying to connect|xpired)|Connection terminated|Query read timeout|Client (has encountered a connection error|was closed))/;
const maxCauses = 5;

/** Also where the failure is the cause of the given error. */
export function isDatabaseUnavailable(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth <= maxCauses; depth += 1) {
    if (cause instanceof DatabaseUnavailable || isDatabaseCode(codeOf(cause))) return true;
    cause = cause.cause;
  }
  return false;
}

/** Of what the PostgreSQL driver throws: whether the connection itself broke or did not answer. */
export function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return networkCodes.test(codeOf(error)) || connectionFaults.test(error.message);
}

/** Of SQLite: whether what is on disk may no longer be what was committed. */
export function isDurabilityLost(error: unknown): boolean {
  return /^SQLITE_(IOERR_(DIR_)?FSYNC|CORRUPT|NOTADB)(_|$)/.test(codeOf(error));
}

// Network codes are left out: the provider's connections have the same, and theirs arrive here too.
function isDatabaseCode(code: string): boolean {
  return postgresCodes.test(code) || sqliteCodes.test(code);
}

export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "");
}
