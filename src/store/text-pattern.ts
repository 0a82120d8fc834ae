/** For `like … escape '\'`: the caller's % and _ are letters here, not wildcards. */
export function textPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, (letter) => `\\${letter}`)}%`;
}
