/**
 * Throws TypeError when the text cannot travel unchanged: a shell loses NUL bytes, and UTF-8 has no half surrogates.
 * `what` names the text in the message.
 */
export function assertShellText(text: string, what: string): void {
  const nul = text.indexOf('\0');
  if (nul !== -1) throw new TypeError(`${what} for a shell holds a NUL character at offset ${nul}`);
  const half = text.search(/\p{Surrogate}/u);
  if (half !== -1) throw new TypeError(`${what} for a shell holds half a surrogate pair at offset ${half}`);
}
