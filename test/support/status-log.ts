// The status log as clients read it, and what must hold of every one.

import { type ChangeSeen, statusChangeFields, type TestClient, toChangeSeen } from "./test-client.js";

const pageSize = 100;

/** The whole log, oldest first. */
export async function readLog(client: TestClient): Promise<ChangeSeen[]> {
  const changes: ChangeSeen[] = [];
  for (;;) {
    const { statusChanges } = await client.run(
      `query ($after: Cursor, $first: Int!) { statusChanges(after: $after, first: $first) { ${statusChangeFields} } }`,
      { after: changes.at(-1)?.cursor ?? null, first: pageSize },
    );
    changes.push(...statusChanges.map(toChangeSeen));
    if (statusChanges.length < pageSize) return changes;
  }
}

/** Repeated cursors, and entries that do not go on from where the last one of their subject ended. */
export function faultsOf(log: readonly ChangeSeen[]): string[] {
  const faults: string[] = [];
  const cursors = new Set<string>();
  const reached = new Map<string, string>();
  for (const { __typename, cursor, id, from, to } of log) {
    const subject = `${__typename} ${id}`;
    if (cursors.has(cursor)) faults.push(`${subject}: the cursor of ${to} came before`);
    const last = reached.get(subject) ?? null;
    if (from !== last || from === to) faults.push(`${subject}: ${from} to ${to} after ${last}`);
    cursors.add(cursor);
    reached.set(subject, to);
  }
  return faults;
}

/** The statuses of one subject, in their order. */
export function statusesIn(log: readonly ChangeSeen[], id: string): string[] {
  return log.filter((change) => change.id === id).map(({ to }) => to);
}
