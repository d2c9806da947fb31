/**
 * Splits shell text into commands (one a line) of words, as the product writes it: words bare or in single quotes, with
 * `'\''` for a quote inside. A quoted word may hold newlines.
 */
export function shellCommands(text: string): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | null = null;
  const endWord = (): void => {
    if (word !== null) words.push(word);
    word = null;
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === "'") {
      const end = text.indexOf("'", i + 1);
      const stop = end === -1 ? text.length : end;
      word = (word ?? '') + text.slice(i + 1, stop);
      i = stop;
    } else if (char === '\\') {
      i += 1;
      word = (word ?? '') + (text[i] ?? '');
    } else if (char === ' ' || char === '\n') {
      endWord();
      if (char === '\n' && words.length > 0) {
        commands.push(words);
        words = [];
      }
    } else {
      word = (word ?? '') + char;
    }
  }
  endWord();
  return words.length > 0 ? [...commands, words] : commands;
}
