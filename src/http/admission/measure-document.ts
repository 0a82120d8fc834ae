// How much a document asks for, counted on its text alone and before it is validated: validation itself takes long over
// a field that is repeated a thousand times. Each fragment is measured once, however often it is spread.

import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { limitExceeded } from "./refusal.js";

export interface Measures {
  /** Levels of fields. */
  depth: number;
  /** Aliases, and whatever else asks for one thing more than once. */
  aliases: number;
  directives: number;
  /** Fields of the outermost level. */
  rootFields: number;
}

const nothing: Measures = { depth: 0, aliases: 0, directives: 0, rootFields: 0 };

const sentences: Record<keyof Measures, (asked: number, limit: number) => string> = {
  depth: (asked, limit) => `The operation is ${asked} levels deep; the limit is ${limit}.`,
  aliases: (asked, limit) => `The operation has ${asked} aliases and repetitions; the limit is ${limit}.`,
  directives: (asked, limit) => `The operation has ${asked} directives; the limit is ${limit}.`,
  rootFields: (asked, limit) => `The operation has ${asked} fields at its root; the limit is ${limit}.`,
};

/** Throws a Refusal for the first definition that is over a limit. */
export function requireMeasured(document: DocumentNode, limits: Measures): void {
  const measure = measurerOf(document);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const measured = measure(definition);
    for (const name of Object.keys(nothing) as (keyof Measures)[]) {
      // A fragment's outermost fields are at the root only of an operation that spreads it there.
      if (name === "rootFields" && definition.kind === Kind.FRAGMENT_DEFINITION) continue;
      const [asked, limit] = [measured[name], limits[name]];
      if (asked > limit) throw limitExceeded(name, sentences[name](asked, limit));
    }
  }
}

function measurerOf(document: DocumentNode) {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<FragmentDefinitionNode, Measures>();

  function ofDefinition(definition: OperationDefinitionNode | FragmentDefinitionNode): Measures {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      const known = measured.get(definition);
      if (known) return known;
      // A fragment that leads back to itself counts for nothing there; validation refuses it.
      measured.set(definition, nothing);
    }
    const own = ofSelections(definition.selectionSet);
    const variables = "variableDefinitions" in definition ? (definition.variableDefinitions ?? []) : [];
    const directives = [definition, ...variables].reduce((sum, node) => sum + (node.directives?.length ?? 0), 0);
    const all = { ...own, directives: own.directives + directives };
    if (definition.kind === Kind.FRAGMENT_DEFINITION) measured.set(definition, all);
    return all;
  }

  function ofSelections(selectionSet: SelectionSetNode): Measures {
    const all = { ...nothing };
    const names = new Set<string>();
    let spreads = 0;
    const take = (selection: SelectionNode): void => {
      all.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        for (const inner of selection.selectionSet.selections) take(inner);
      } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        const { depth, aliases, directives, rootFields } = fragment ? ofDefinition(fragment) : nothing;
        // Fragments side by side are compared with each other field by field, like repeated fields.
        all.aliases += aliases + (spreads > 0 ? 1 : 0);
        all.depth = Math.max(all.depth, depth);
        all.directives += directives;
        all.rootFields += rootFields;
        spreads += 1;
      } else {
        const name = selection.alias?.value ?? selection.name.value;
        const below = selection.selectionSet ? ofSelections(selection.selectionSet) : nothing;
        if (selection.alias || names.has(name)) all.aliases += 1;
        names.add(name);
        all.aliases += below.aliases;
        // A chain of these only unwraps a type's name.
        const isLevel = selection.name.value !== "ofType";
        all.depth = Math.max(all.depth, below.depth + (isLevel ? 1 : 0));
        all.directives += below.directives;
        all.rootFields += 1;
      }
    };
    for (const selection of selectionSet.selections) take(selection);
    return all;
  }

  return ofDefinition;
}
