const patienceMs = 10_000;
const pauseMs = 10;

/** Asks until the answer is there: for what no event tells of, such as the state of an inbox. */
export async function eventually<T>(ask: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`It did not come within ${patienceMs} ms: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
