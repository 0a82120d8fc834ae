import type { Template } from "../gateway/template.js";
import type { Section } from "../report/section.js";
import type { ServiceUrls } from "../shared/shared-services.js";

/** One run of the bench. */
export interface Bench {
  isQuick: boolean;
  /** How often each contender has its turn; medians are taken over these. */
  rounds: number;
  /** How long one turn takes, about. */
  secondsOfRound: number;
  /** A folder for databases; removed at the end. */
  directory: string;
  /** What databases and callers begin as. */
  template: Template;
  profileDirectory: string | null;
  services: ServiceUrls | null;
  log(line: string): void;
}

export type Scenario = (bench: Bench) => Promise<Section>;
