import { SecondSight } from "../src/http/second-sight.js";

test("what came lately is known again, and what came long ago is forgotten", () => {
  const sight = new SecondSight();
  const texts = (name: string) => Array.from({ length: 600 }, (_, index) => `${name} ${index}`.padEnd(1_000));
  expect(texts("first").filter((text) => sight.meet(text))).toEqual([]);
  expect(texts("first").filter((text) => !sight.meet(text))).toEqual([]);
  texts("second").map((text) => sight.meet(text));
  texts("third").map((text) => sight.meet(text));
  expect(texts("first").filter((text) => sight.meet(text))).toEqual([]);
});
