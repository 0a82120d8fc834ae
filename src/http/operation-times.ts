// How long operations take and how they end, by what they ask for. Clients choose the names of their operations; the root
// fields are the schema's, and so is their number.

import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from "graphql";
import type { DurationSeries } from "../telemetry/duration-tally.js";
import type { Metrics } from "../telemetry/metrics.js";

/** An operation's, found once for all of its calls. */
export interface OperationSeries {
  ok: DurationSeries;
  errors: DurationSeries;
}

export class OperationTimes {
  readonly #metrics: Metrics;
  readonly #series = new WeakMap<OperationDefinitionNode, OperationSeries>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  of(document: DocumentNode, operation: OperationDefinitionNode): OperationSeries {
    let series = this.#series.get(operation);
    if (!series) {
      const { operationDuration } = this.#metrics;
      const name = nameOf(document, operation);
      series = { ok: operationDuration.of(name, "ok"), errors: operationDuration.of(name, "errors") };
      this.#series.set(operation, series);
    }
    return series;
  }
}

function nameOf(document: DocumentNode, { selectionSet }: OperationDefinitionNode): string {
  const roots = new Set<string>();
  const visited = new Set<string>();
  const collect = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) roots.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = document.definitions.find(
          (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
        );
        if (fragment?.kind === Kind.FRAGMENT_DEFINITION) collect(fragment.selectionSet);
      }
    }
  };
  collect(selectionSet);
  if (roots.size > 1) roots.delete("__typename");
  const [name = "none", ...others] = roots;
  return others.length > 0 ? "several" : name;
}
