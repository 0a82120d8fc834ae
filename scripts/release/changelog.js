const heading = "## [Unreleased]\n";

/** Puts what is under Unreleased under the version and its date, and leaves Unreleased empty for what comes next. */
export function releasedChangelog(text, version, date) {
  const at = text.indexOf(heading);
  if (at < 0) throw new Error(`CHANGELOG.md has no "${heading.trim()}".`);
  const after = text.slice(at + heading.length);
  const end = after.search(/^## \[/m);
  const news = (end < 0 ? after : after.slice(0, end)).trim();
  if (news === "") throw new Error("CHANGELOG.md has nothing under Unreleased: there is nothing to release.");
  const earlier = end < 0 ? "" : `\n${after.slice(end)}`;
  return `${text.slice(0, at)}${heading}\n## [${version}] - ${date}\n\n${news}\n${earlier}`;
}
