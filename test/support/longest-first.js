// Where nothing is known of an earlier run, files go by their size. The longest one is among the smallest: begun last, it
// would have the machine to itself for minutes.

import sequencer from "@jest/test-sequencer";

const Sequencer = sequencer.default ?? sequencer;
const longest = "faults.test.ts";

export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = [...(await super.sort(tests))];
    const isLongest = ({ path }) => path.endsWith(longest);
    return [...sorted.filter(isLongest), ...sorted.filter((test) => !isLongest(test))];
  }
}
