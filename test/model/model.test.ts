import { accounts } from "./accounts.js";
import { type Exploration, explore } from "./explore.js";
import { product } from "./machine.js";
import { mistakes } from "./mistakes.js";
import { starts } from "./starts.js";

const statesEach = 40_000;

function exploreAs(name: string | null, account: string, roots = starts): Exploration {
  const machine = mistakes.find((mistake) => mistake.name === name)?.machine ?? product;
  const kind = accounts.find((each) => each.name === account);
  if (!kind) throw new Error(`There is no account ${account}.`);
  const limits = { depth: 40, states: name === null ? statesEach : 200_000, endAt: performance.now() + 25_000 };
  return explore(machine, kind, limits, roots);
}

test.each(accounts.map(({ name }) => name))(
  "no history of responses, crashes, clocks and webhooks breaks a payout's rules: account %s",
  (account) => {
    const { states, depth, violation } = exploreAs(null, account);
    expect(violation).toBeNull();
    expect(states).toBeGreaterThanOrEqual(statesEach);
    expect(depth).toBeGreaterThanOrEqual(5);
  },
);

test("at least ten seeded mistakes are known, each by its own name", () => {
  expect(new Set(mistakes.map(({ name }) => name)).size).toBeGreaterThanOrEqual(10);
});

// What a node, the provider or somebody else does, and what is broken in the end.
test.each([
  ["no-lease-at-permission", /sent by two nodes/, /permission to send: granted$/],
  ["final-other-rejection", /ends the payout as FAILED, and the provider has it/, /records the answer: 404/],
  ["random-reference", /two payments for one key/, /accepts node .'s request/],
])("the model finds the mistake %s and tells its shortest history", (name, broken, last) => {
  const mistake = mistakes.find((each) => each.name === name);
  const { violation } = exploreAs(name, mistake?.account ?? "", [[]]);
  expect(violation?.message).toMatch(broken);
  expect(violation?.history.at(-1)).toMatch(last);
  console.log([`${name}: ${violation?.message}`, ...(violation?.history ?? [])].join("\n  "));
});
