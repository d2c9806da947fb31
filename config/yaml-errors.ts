import type { YAMLError } from 'yaml';

/** What is wrong, and what cures it. */
export interface Saying {
  readonly message: string;
  readonly cure: string;
}

/** YAML's own words are for those who write parsers; these are for those who write cluster files. */
export function sayYamlError(error: YAMLError): Saying {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab indents this line', cure: 'indent with spaces' };
    case 'DUPLICATE_KEY':
      return { message: 'this key is written twice', cure: 'keep one of them' };
    case 'MULTIPLE_DOCS':
      return { message: 'a second document begins here', cure: 'remove the "---": one file describes one cluster' };
    case 'TAG_RESOLVE_FAILED':
      return {
        message: 'this tag means nothing here',
        cure: 'remove the word that begins with "!", or quote the text',
      };
    case 'BAD_ALIAS':
      return { message: 'a "*" begins an alias, and this one leads nowhere', cure: 'quote the text' };
    case 'MISSING_CHAR':
      return { message: `not YAML: ${error.message}`, cure: 'close or quote what was begun here' };
    case 'BAD_INDENT':
      return { message: `not YAML: ${error.message}`, cure: 'line the text up with its neighbours' };
    default:
      return { message: `not YAML: ${error.message}`, cure: 'quote the text, or look at the indentation' };
  }
}
